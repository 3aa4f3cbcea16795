"""`leitplanke ack`, `assign`, `escalate`, `note`, `prioritise`, `suppress`: what people do while it lasts."""

from datetime import datetime
from typing import Annotated, get_args

import typer

from infra.cli.acting import act
from infra.cli.options import (
    AsJson,
    IfMatch,
    IncidentId,
    NeededReason,
    Overrides,
    Reason,
    Until,
    manner,
)
from infra.cli.words import chosen
from leitplanke_client.words import Priority

_AS_COMPUTED = "computed"


def ack(
    incident: IncidentId,
    *,
    override: Overrides = None,
    reason: Reason = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Take an incident: you have it, and nobody else is woken.

    Takes the scope respond.
    """
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(incident, lambda client, ident, more: client.incidents.acknowledge(ident, **more), how)


def assign(
    incident: IncidentId,
    *,
    to: Annotated[str | None, typer.Option("--to", help="Who gets it, by the name in timelines.")] = None,
    team: Annotated[str | None, typer.Option(help="The team that gets it.")] = None,
    override: Overrides = None,
    reason: Reason = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Hand an incident over to a person, a team, or both. Takes the scope respond.

    They have not said yes yet: until they `ack` it the clock goes on.
    """
    if to is None and team is None:
        raise typer.BadParameter("say who gets it: --to NAME, --team TEAM, or both")
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(
        incident,
        lambda client, ident, more: client.incidents.assign(
            ident, assignee=to, team=team, reason=reason, **more
        ),
        how,
    )


def escalate(
    incident: IncidentId,
    *,
    reason: NeededReason,
    override: Overrides = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Have more people told, one step further than now.

    Takes the scope respond.
    """
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(incident, lambda client, ident, more: client.incidents.escalate(ident, reason=reason, **more), how)


def note(
    incident: IncidentId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The remark.")],
    *,
    override: Overrides = None,
    reason: Reason = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Write a remark into an incident's timeline, also after it was closed.

    Takes the scope respond.
    """
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(incident, lambda client, ident, more: client.incidents.note(ident, text, **more), how)


def prioritise(
    incident: IncidentId,
    priority: Annotated[
        str, typer.Argument(metavar="PRIORITY", help="P1 to P5, or `computed`: as it is computed again.")
    ],
    *,
    reason: NeededReason,
    override: Overrides = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Give an incident another priority than it computes to.

    Takes the scope respond.
    """
    computed = priority.lower() == _AS_COMPUTED
    wanted = None if computed else chosen(priority.upper(), get_args(Priority))
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(
        incident,
        lambda client, ident, more: client.incidents.prioritise(ident, wanted, reason=reason, **more),
        how,
    )


def suppress(
    incident: IncidentId,
    *,
    reason: NeededReason,
    until: Until = None,
    no_end: Annotated[
        bool, typer.Option("--no-end", help="Until somebody ends it. A guardrail may speak against it.")
    ] = False,
    override: Overrides = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody be told of an incident until then; --until now ends it. Takes the scope respond.

    What still lasts then is told again.
    """
    end = _end(until, no_end=no_end)
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(
        incident,
        lambda client, ident, more: client.incidents.suppress(ident, until=end, reason=reason, **more),
        how,
    )


def _end(until: datetime | None, *, no_end: bool) -> datetime | None:
    if (until is None) != no_end:
        raise typer.BadParameter("say until when: --until 2h, or --no-end")
    return until
