"""Rows of the board: an incident's mark, and its place in a column. `table.board` says what they are for."""

from datetime import date, datetime
from typing import Any

from leitplanke.domain.board import Column, Place, place_of
from leitplanke.domain.incidents import Incident
from leitplanke.domain.trends import Tally, tally
from leitplanke.table import keys, rows
from leitplanke.table.client import Row

COUNTED = "counted"
COUNTS_KIND = "board_counts"


def mark_row(incident: Incident) -> Row:
    """Where it stands, as of its revision, and what trends have of it."""
    known: dict[str, Any] = {}
    if (place := place_of(incident)) is not None:
        known = {"column": place.column.value, "priority": place.priority, "opened_at": place.opened_at}
    if (counted := tally(incident)) is not None:
        known[COUNTED] = {
            "day": counted.day.isoformat(),
            "service": counted.service,
            "cause": counted.cause,
            "counts": dict(counted.counts),
        }
    key = keys.board_mark(incident.incident_id)
    return rows.plain_row(key, "board_mark", revision=incident.revision, **known)


def counted_in(mark: Row | None) -> Tally | None:
    """What trends have of the incident of this mark."""
    if mark is None or COUNTED not in mark:
        return None
    stored = mark[COUNTED]
    return Tally(
        day=date.fromisoformat(stored["day"]),
        service=stored["service"],
        cause=stored["cause"],
        counts=stored["counts"],
    )


def place_in(mark: Row | None) -> Place | None:
    """Where the incident of this mark stands."""
    if mark is None or "column" not in mark:
        return None
    return Place(
        column=Column(mark["column"]),
        priority=mark["priority"],
        opened_at=datetime.fromisoformat(mark["opened_at"]),
    )


def place_key(place: Place, incident_id: str) -> keys.Key:
    """Its row in the column."""
    return keys.board_place(place.column, place.priority, place.opened_at, incident_id)


def place_row(place: Place, incident_id: str) -> Row:
    """That it stands there."""
    return rows.plain_row(place_key(place, incident_id), "board_place")


def count_name(place: Place) -> str:
    """Under which name it is counted."""
    return f"{place.column}/{place.priority}"
