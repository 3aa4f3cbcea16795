"""Incidents in a terminal, a line each, with as many columns as there is room for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from infra.cli import screen
from infra.cli.words import STYLES, what, who
from leitplanke_client.incident_models import Incident


def show_table(console: Console, found: Sequence[Incident]) -> None:
    """These incidents, a line each, with as many columns as there is room for."""
    now = datetime.now(UTC)
    columns = [column for column in _COLUMNS if console.width >= column.from_width]
    table = screen.new_table(*(column.name for column in columns), right=("people",))
    table.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
    table.expand = True
    for column in table.columns[:-1]:
        column.no_wrap, column.overflow = True, "ellipsis"
        column.min_width = _MIN_WIDTHS.get(str(column.header))
        column.max_width = 28
    for one in found:
        cells = [column.cell(one, now) for column in columns]
        table.add_row(*cells, Text(what(one.service, one.title)))
    console.print(table)


def _state(incident: Incident, _: datetime) -> Text:
    if incident.suppressed is not None:
        return Text("suppressed", style="dim")
    style = {"open": "red", "acknowledged": "yellow", "restored": "green"}.get(incident.state, "dim")
    word = "escalated" if incident.state == "open" and incident.escalated else incident.state
    return Text(word, style=style)


def _cut_off(incident: Incident, _: datetime) -> Text:
    others = incident.cut_off_count - 1
    if not incident.cut_off:
        return Text("nobody")
    first = screen.printable(incident.cut_off[0].name)
    return Text(f"{first} +{others}" if others > 0 else first)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is shown from this width of the terminal on."""

    name: str
    cell: Callable[[Incident, datetime], Text]
    from_width: int = 0


_COLUMNS = (
    _Column("incident", lambda one, _: Text(one.id, style="bold")),
    _Column("prio", lambda one, _: Text(one.priority or "-", style=STYLES.get(one.priority or "", ""))),
    _Column("state", _state),
    _Column("age", lambda one, now: Text(screen.age(one.began_at, now))),
    _Column("people", lambda one, _: Text(f"{one.heads:,}" if one.heads else "-")),
    _Column("who has it", lambda one, _: Text(screen.printable(who(one))), from_width=100),
    _Column("team", lambda one, _: Text(screen.printable(one.team or "-")), from_width=110),
    _Column("lane", lambda one, _: Text(one.lane or "-"), from_width=140),
    _Column("cut off", _cut_off, from_width=170),
    _Column("opened", lambda one, _: Text(screen.clock(one.opened_at)), from_width=170),
)

_MIN_WIDTHS = {"incident": 10, "prio": 4, "state": 12, "age": 6}
