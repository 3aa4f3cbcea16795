"""The scope a route needs, said once: OpenAPI shows it, the function checks it, a test asks the template."""

from aws_lambda_powertools.event_handler.api_gateway import Route

from leitplanke.edge.identity import Scope

SCHEME = "token"
"""The name of the security scheme in the OpenAPI document."""

Security = list[dict[str, list[str]]]


def needs(scope: Scope) -> Security:
    """For a route's `security`: the least scope that suffices."""
    return [{SCHEME: [scope.word]}]


def scope_of(route: Route) -> Scope | None:
    """The scope that a route needs, None if it is open."""
    for requirement in route.security or []:
        for word in requirement.get(SCHEME, []):
            return Scope[word.upper()]
    return None
