"""The first page: who cannot work, and what is being done about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.headers import not_modified
from functions.serve_board.here import Here
from functions.serve_board.pages import View, etag_of, page
from leitplanke.domain.board import Column
from leitplanke.domain.incidents import Incident
from leitplanke.domain.storms import Together

TITLES = {
    Column.UNROUTED: "Being routed",
    Column.EXPEDITE: "Expedite",
    Column.STANDARD: "Standard",
    Column.BACKLOG: "Backlog",
    Column.SUPPRESSED: "Suppressed",
    Column.RESTORED: "Restored, not yet closed",
}
_ALWAYS = (Column.EXPEDITE, Column.STANDARD, Column.BACKLOG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A column as it is shown. `further` incidents of it are not, and `wanted` is the list that has them."""

    name: str
    title: str
    total: int
    together: tuple[Together, ...]
    further: int
    wanted: str


def now_page(here: Here, *, if_none_match: str | None) -> Response[str]:
    """The page; 304, from one read, if it looks as the browser has it."""
    session = here.signed_in
    tag = etag_of(here.stores.board.version(), here.policy_version, session.secret)
    if if_none_match == tag:
        return not_modified(tag)
    seen = here.stores.board.now(here.now)
    tag = etag_of(seen.overview.version, seen.policy_version, session.secret)
    lanes = [
        Lane(
            name=column.value,
            title=TITLES[column],
            total=seen.overview.total(column),
            together=seen.columns[column],
            further=seen.further[column],
            wanted=_wanted(column),
        )
        for column in Column
        if seen.overview.total(column) or column in _ALWAYS
    ]
    live = [lane for lane in lanes if lane.name not in (Column.SUPPRESSED, Column.RESTORED)]
    waiting = [one for lane in live for one in _all(lane)]
    late = [one for one in waiting if one.is_late(here.now)]
    return page(
        "now",
        View.of(here, path="/board"),
        etag=tag,
        live=True,
        cannot_work=seen.cannot_work,
        heads=sum(one.heads for one in seen.cannot_work),
        lanes=lanes,
        open=sum(lane.total for lane in live),
        suppressed=seen.overview.total(Column.SUPPRESSED),
        part=any(lane.further for lane in live),
        late=late,
        unheld=[one for one in waiting if one.assignee is None],
    )


def _all(lane: Lane) -> Iterable[Incident]:
    return (one for some in lane.together for one in (some.leader, *some.followers))


def _wanted(column: Column) -> str:
    if column is Column.RESTORED:
        return "state=restored"
    return f"lane={column.value}" if column in _ALWAYS else ""
