"""Arguments and options that several commands share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import typer

from infra.cli.completing import incidents, problems
from infra.cli.moments import moment_ago, moment_ahead
from leitplanke_client import Override

AsJson = Annotated[bool, typer.Option("--json", help="Print what the API answers, for programs.")]
IncidentId = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT",
        help="Its id, or the first or last characters of it (3 and more).",
        autocompletion=incidents,
    ),
]
ProblemId = Annotated[
    str,
    typer.Argument(
        metavar="PROBLEM",
        help="Its id, or the first or last characters of it (3 and more).",
        autocompletion=problems,
    ),
]
Reason = Annotated[
    str | None, typer.Option("--reason", "-r", help="Why; also why --override goes past a guardrail.")
]
NeededReason = Annotated[
    str, typer.Option("--reason", "-r", help="Why; also why --override goes past a guardrail.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--override",
        metavar="GUARDRAIL",
        help="Go past this guardrail, for the --reason; or GUARDRAIL=WHY. May be repeated.",
    ),
]
IfMatch = Annotated[
    int | None,
    typer.Option(min=1, help="Only if it still has this revision, which `show` tells."),
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")]
Since = Annotated[
    datetime | None,
    typer.Option(parser=moment_ago, metavar="WHEN", help="From then on: 2h, 1d, 2026-03-01T06:00Z."),
]
Before = Annotated[
    datetime | None,
    typer.Option(parser=moment_ago, metavar="WHEN", help="Up to then: 2h (ago), 1d, 2026-03-01T06:00Z."),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        parser=moment_ahead, metavar="WHEN", help="Up to then: 2h (from now), 2026-03-01T06:00Z; now ends it."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an action is done, besides what it says."""

    overrides: Sequence[Override] = field(default=())
    reason: str | None = None
    if_match: int | None = None
    as_json: bool = False


def manner(
    overrides: Sequence[str] | None,
    *,
    reason: str | None,
    if_match: int | None,
    as_json: bool,
) -> Manner:
    """From the options: an override without words of its own has those of --reason."""
    split = [one.partition("=") for one in overrides or ()]
    found = [Override(guardrail=name.strip(), reason=why or reason or "") for name, _, why in split]
    return Manner(overrides=tuple(found), reason=reason, if_match=if_match, as_json=as_json)
