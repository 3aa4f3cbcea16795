"""The first page: who cannot work, and what is being done about it."""

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.here import Here
from functions.serve_board.pages import View, etag_of, not_modified, page
from leitplanke.domain.board import Column

TITLES = {
    Column.UNROUTED: "Being routed",
    Column.EXPEDITE: "Expedite",
    Column.STANDARD: "Standard",
    Column.BACKLOG: "Backlog",
    Column.SUPPRESSED: "Suppressed",
    Column.RESTORED: "Restored, not yet closed",
}


def now_page(here: Here, *, if_none_match: str | None) -> Response[str]:
    """The page; 304, from one read, if it looks as the browser has it.

    Ages are as of its making: whoever has no script sees the time beside them.
    """
    session = here.signed_in
    tag = etag_of(here.stores.board.version(), here.policy_version, session.csrf)
    if if_none_match == tag:
        return not_modified(tag)
    seen = here.stores.board.now(here.now)
    tag = etag_of(seen.overview.version, seen.policy_version, session.csrf)
    columns = [
        (column.value, TITLES[column], seen.columns[column], seen.overview.total(column))
        for column in Column
        if seen.overview.total(column) or column in (Column.EXPEDITE, Column.STANDARD, Column.BACKLOG)
    ]
    return page(
        "now",
        View.of(here, path="/board"),
        etag=tag,
        cannot_work=seen.cannot_work,
        heads=sum(one.heads for one in seen.cannot_work),
        columns=columns,
    )
