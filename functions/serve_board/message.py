"""A page that says one thing: what went wrong and what to do, or that somebody signed out."""

from collections.abc import Sequence
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.pages import View, page


def message(  # noqa: PLR0913 - the parts of one page
    view: View,
    title: str,
    text: str,
    *,
    remedy: str = "",
    link: str = "To the board",
    href: str = "/board",
    status: HTTPStatus = HTTPStatus.OK,
    written: Sequence[str] = (),
) -> Response[str]:
    """The page. `written` is what somebody wrote in vain: they take it along."""
    return page(
        "message",
        view,
        status=status,
        title=title,
        text=text,
        remedy=remedy,
        link=link,
        href=href,
        written=written,
    )
