"""What goes back over HTTP: a status, headers, a body; a sender's own protocol or problem+json (RFC 9457)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROBLEM_TYPES = "urn:leitplanke:error:"
"""Problem types are URNs: stable names to compare with, and no promise of a page behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer. Header names are lower-case; the body is text."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the sender is told that all is well."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110, section 15.3


def json_answer(
    status: int,
    content: object,
    *,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Any JSON value as an answer."""
    return Answer(
        status=status,
        headers={"content-type": media_type, "cache-control": "no-store", **(headers or {})},
        body=json.dumps(content, ensure_ascii=False, separators=(",", ":")),
    )


def problem(
    status: int,
    kind: str,
    title: str,
    *,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Answer:
    """A problem document (RFC 9457). `kind` ends its type, `members` are its further members."""
    document = {"type": PROBLEM_TYPES + kind, "title": title, "status": status}
    if detail:
        document["detail"] = detail
    document.update(members)
    return json_answer(status, document, media_type="application/problem+json", headers=headers)
