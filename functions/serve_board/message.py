"""A page that says one thing: what went wrong and what to do, or that somebody signed out."""

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
) -> Response[str]:
    """The page."""
    return page("message", view, status=status, title=title, text=text, remedy=remedy, link=link, href=href)
