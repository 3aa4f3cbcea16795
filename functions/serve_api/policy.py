"""GET and PUT /v1/policy: YAML in, the same YAML out, or JSON for programs."""

import json
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.serve_api.admin_shapes import PolicyPut
from functions.serve_api.answers import json_text, shown
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import IfMatch
from functions.serve_api.scopes import needs
from leitplanke.domain.errors import Fault, InvalidInputError, PolicyError
from leitplanke.domain.yaml_text import read_yaml
from leitplanke.edge.conditions import etag, expected_revision
from leitplanke.edge.identity import Scope
from leitplanke.usecases.manage_policy import StoredPolicy, put_policy, stored_policy

router = new_router()
TAG = "Policy"

YAML = "application/yaml"  # RFC 9512
JSON = "application/json"

_PUT_BODY = {
    "requestBody": {
        "required": True,
        "description": "The whole policy. docs/guides/policy.md says what it may hold.",
        "content": {YAML: {"schema": {"type": "object"}}, JSON: {"schema": {"type": "object"}}},
    }
}


@router.get("/v1/policy", tags=[TAG], security=needs(Scope.READ), summary="Read the policy")
def get_policy(
    version: Annotated[
        int | None, Query(ge=1, le=999_999, description="A version of the past. Left out: the one in force.")
    ] = None,
) -> Response[Any]:
    """YAML exactly as it was put; JSON if `Accept` asks for it. Empty, with version 0, before the first."""
    stored = stored_policy(here_of(router).stores.policies, version)
    headers: dict[str, str | list[str]] = {
        "etag": etag(stored.version),
        "cache-control": "no-store",
        "vary": "accept",
    }
    if _wants_json(router.current_event.headers.get("accept", "")):
        return Response(200, content_type=JSON, body=_as_json(stored), headers=headers)
    return Response(200, content_type=YAML, body=stored.text, headers=headers)


@router.put(
    "/v1/policy",
    tags=[TAG],
    security=needs(Scope.MANAGE),
    summary="Put a policy in force",
    openapi_extensions=_PUT_BODY,
)
def put_the_policy(if_match: IfMatch = None) -> Response[PolicyPut]:
    """Checked as a whole first: 422 names every fault of its form, or of its sense, and nothing changes."""
    here = here_of(router)
    done = put_policy(
        here.stores.policies,
        _text_of(
            router.current_event.decoded_body or "", router.current_event.headers.get("content-type", "")
        ),
        expected=expected_revision(if_match),
        by=here.actor,
        at=here.now,
    )
    return shown(PolicyPut(version=done.version, changed=done.changed), revision=done.version)


def _wants_json(accept: str) -> bool:
    """Whether JSON is asked for by name; whoever takes anything gets what was put."""
    named = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return JSON in named and not any("yaml" in name for name in named)


def _as_json(stored: StoredPolicy) -> str:
    return json_text(read_yaml(stored.text).data if stored.text else {})


def _text_of(body: str, content_type: str) -> str:
    """The text to store. JSON is laid out anew: as YAML its escapes and tabs would mean other things."""
    is_json = content_type.split(";", maxsplit=1)[0].strip().lower() == JSON
    if not is_json and not body.lstrip().startswith("{"):
        return body
    try:
        document = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise InvalidInputError(
            "the body is nested too deep", field="body", remedy="send a policy"
        ) from error
    except ValueError as error:
        if not is_json:
            return body  # YAML's own braces
        raise InvalidInputError(
            f"the body is not JSON: {error}", field="body", remedy="send JSON, or YAML as application/yaml"
        ) from error
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise PolicyError([Fault(path=name, message="is there twice", remedy="keep one of them")])
        found[name] = value
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
