"""Rules about the HTTP API: every route leads somewhere, and none is open by accident."""

from collections.abc import Iterator

from infra.template.reading import FUNCTION, INTEGRATION, PERMISSION, ROUTE, Template, one_of, referenced

SCOPES = ("read", "respond", "manage", "admin")
"""Each implies the ones before it, so a route accepts the one it needs and all after it."""

OPEN_ROUTES = frozenset(
    {
        # The function checks the integration key.
        "POST /v1/events",
        "POST /v1/events/{sender}",
        "OPTIONS /v1/events",
        "POST /api/v2/alerts",
        "POST /v2/enqueue",
        "ANY /i/{key}/{proxy+}",
        # The function checks the session.
        "GET /",
        "GET /board",
        "GET /board/{proxy+}",
        "POST /board/{proxy+}",
        # For everybody.
        "GET /health",
        "GET /openapi.json",
        "GET /docs",
    }
)


def routes_lead_to_functions(template: Template) -> Iterator[str]:
    """Every route has an integration with a function that the API is allowed to call."""
    integrations, functions = template.of_type(INTEGRATION), template.of_type(FUNCTION)
    permitted = {
        one_of(permission.get("FunctionName"))
        for permission in template.of_type(PERMISSION).values()
        if permission.get("Principal") == "apigateway.amazonaws.com"
    }
    for name, route in template.of_type(ROUTE).items():
        integration = one_of(route.get("Target"))
        if integration not in integrations:
            yield f"{name}: Target names no integration of this template"
            continue
        function = one_of(integrations[integration].get("IntegrationUri"))
        if function not in functions:
            yield f"{name}: {integration} names no function of this template"
        elif function not in permitted:
            yield f"{name}: no AWS::Lambda::Permission lets the API call {function}"


def route_keys_are_unique(template: Template) -> Iterator[str]:
    """One route per method and path."""
    seen: dict[str, str] = {}
    for name, route in template.of_type(ROUTE).items():
        first = seen.setdefault(route["RouteKey"], name)
        if first != name:
            yield f"{name}: {route['RouteKey']} is already the key of {first}"


def routes_are_guarded(template: Template) -> Iterator[str]:
    """A route is on the list of open ones, or asks for a token with one of the scopes that suffice."""
    for name, route in template.of_type(ROUTE).items():
        if route.get("AuthorizationType") != "JWT":
            if route["RouteKey"] not in OPEN_ROUTES:
                yield f"{name}: {route['RouteKey']} is open; add AuthorizationType: JWT, or list it as open"
            continue
        if not referenced(route.get("AuthorizerId")):
            yield f"{name}: add AuthorizerId"
        if scopes_of(route.get("AuthorizationScopes", [])) not in _SUFFICIENT:
            yield (
                f"{name}: AuthorizationScopes must be ${{ScopePrefix}} with one of {', '.join(SCOPES)}"
                " and every scope after it"
            )


def scopes_of(values: list[object]) -> tuple[str, ...]:
    """The scopes of a route without their prefix; what has no prefix stays as it is and fits nowhere."""
    return tuple(
        text.removeprefix("${ScopePrefix}") if text.startswith("${ScopePrefix}") else f"unprefixed {text}"
        for text in (str(value["Fn::Sub"]) if isinstance(value, dict) else str(value) for value in values)
    )


_SUFFICIENT = frozenset(SCOPES[start:] for start in range(len(SCOPES)))
