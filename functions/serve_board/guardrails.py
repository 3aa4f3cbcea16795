"""The guardrails themselves are measured: which helped, which only slowed people down."""

from collections.abc import Mapping
from datetime import timedelta

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.figures import Figure, Series
from functions.serve_board.here import Here
from functions.serve_board.pages import View, page
from functions.serve_board.ranges import range_of
from leitplanke.domain.guardrail_report import Reported

HOME = "/board/guardrails"
_USUAL_DAYS = 90
"""A quarter: a guardrail that fires once a week has its ten cases by then."""


def guardrails_page(here: Here, said: Mapping[str, str]) -> Response[str]:
    """The page. A query a month and shard of the range."""
    asked = range_of(said, usual=_USUAL_DAYS)
    today = here.now.date()
    found = here.stores.guardrails.report(today - timedelta(days=asked.days - 1), today, now=here.now)
    fired = [one for one in found.guardrails if one.counts.fired]
    return page(
        "guardrails",
        View.of(here, path=HOME),
        scripts=("charts",),
        home=HOME,
        range=asked,
        report=found,
        figure_of_it=_figure(fired) if fired else None,
        fired=sum(one.counts.fired for one in fired),
        overridden=sum(one.counts.overridden for one in fired),
        regretted=sum(one.counts.regretted for one in fired),
    )


def _figure(fired: list[Reported]) -> Figure:
    """Each case once, by what became of it; together they are how often it fired."""
    parts = {
        "heeded": [one.counts.heeded for one in fired],
        "overridden, regretted": [one.counts.regretted for one in fired],
        "overridden, not regretted": [one.counts.false_stops for one in fired],
        "overridden, not judged yet": [one.counts.awaiting for one in fired],
    }
    return Figure(
        name="guardrails",
        title="How often each fired, and what became of it",
        kind="across",
        head="Guardrail",
        labels=[one.id for one in fired],
        series=[Series(name=name, values=values) for name, values in parts.items()],
    )
