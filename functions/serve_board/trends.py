"""Whether it gets better: percentiles, what customers lost, what comes back; pictures with their numbers."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.figures import Figure, Series
from functions.serve_board.headers import HEADERS
from functions.serve_board.here import Here
from functions.serve_board.pages import View, page
from functions.serve_board.ranges import DAYS, Range, range_of
from leitplanke.domain.plain_text import counted
from leitplanke.domain.trends import Percentiles, Summary, Trends

HOME = "/board/trends"
_USUAL_DAYS = 28
_FORMULA = re.compile(r"[=+\-@\t\r]")
"""How a cell begins that a spreadsheet takes for a formula (OWASP, CSV Injection)."""


def trends_page(here: Here, said: Mapping[str, str]) -> Response[str]:
    """The page. A query a shard, and one for each further thousand rows."""
    asked = range_of(said, usual=_USUAL_DAYS)
    seen = here.stores.trends.read(asked.days, now=here.now)
    found = seen.trends
    return page(
        "trends",
        View.of(here, path=HOME),
        scripts=("charts",),
        home=HOME,
        range=asked,
        first=found.first,
        last=found.last,
        closed=found.now.closed,
        whole=seen.whole,
        sentences=_sentences(found, asked),
        figures_of_it=_figures(found) if found.now.closed else (),
    )


def trends_file(here: Here, name: str, said: Mapping[str, str]) -> Response[str] | None:
    """The numbers of one figure (RFC 4180); None if there is no such."""
    asked = range_of(said, usual=_USUAL_DAYS)
    if asked.wrong:
        return Response(
            int(HTTPStatus.BAD_REQUEST),
            content_type="text/plain; charset=utf-8",
            body=f"There are files of {', '.join(map(str, DAYS))} days: choose one of them.\n",
            headers={**HEADERS, "cache-control": "no-store"},
        )
    seen = here.stores.trends.read(asked.days, now=here.now)
    figure = next((one for one in _figures(seen.trends) if f"{one.name}.csv" == name), None)
    if figure is None:
        return None
    text = io.StringIO()
    writer = csv.writer(text)
    unit = f" ({figure.unit})" if figure.unit else ""
    writer.writerow([figure.head, *(f"{one.name}{unit}" for one in figure.series)])
    for label, values in figure.rows:
        writer.writerow([_cell(label), *("" if value is None else value for value in values)])
    headers: dict[str, str | list[str]] = {
        **HEADERS,
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="leitplanke-{figure.name}-{asked.days}-days.csv"',
    }
    return Response(
        int(HTTPStatus.OK),
        content_type="text/csv; charset=utf-8",
        body=text.getvalue(),
        headers=headers,
        compress=True,
    )


def _cell(text: str) -> str:
    """Text of others stays text, whatever program opens it."""
    return f"'{text}" if _FORMULA.match(text) else text


def _sentences(found: Trends, asked: Range) -> list[str]:
    """The numbers that people ask for first, each beside what it was before."""
    now, before = found.now, found.before

    def beside(value: str, earlier: str | None) -> str:
        return f"{value} (before: {earlier})" if earlier is not None else value

    restored, was_restored = now.restored(), before.restored()
    taken, was_taken = now.acknowledged(), before.acknowledged()
    said = [beside(f"{counted(now.closed, 'incident', 'incidents')} closed", f"{before.closed:,}")]
    if restored:
        said.append(
            beside(f"of those that were restored, half within {_span(restored)}", _maybe(was_restored))
        )
    if taken:
        said.append(beside(f"of those that somebody took, half within {_span(taken)}", _maybe(was_taken)))
    said.append(beside(f"{now.customer_minutes:,} customer-minutes lost", f"{before.customer_minutes:,}"))
    if now.recurring is not None:
        earlier = None if before.recurring is None else f"{before.recurring:g}"
        said.append(beside(f"{now.recurring:g} of 100 belong to a problem, or came back", earlier))
    said.append(f"before: the {asked.days} days before these")
    return said


def _span(times: Percentiles) -> str:
    return f"{times.p50:g} min"


def _maybe(times: Percentiles | None) -> str | None:
    return _span(times) if times else None


def _figures(found: Trends) -> tuple[Figure, ...]:
    priorities = list(found.now.by_priority)
    return (
        _times("restored", "Time until customers could work again", found, Summary.restored),
        _times("acknowledged", "Time until somebody took it", found, Summary.acknowledged),
        _times_by_priority(
            "restored-by-priority", "Until customers could work again, by priority", found, Summary.restored
        ),
        _times_by_priority(
            "acknowledged-by-priority", "Until somebody took it, by priority", found, Summary.acknowledged
        ),
        Figure(
            name="closed",
            title="Closed incidents",
            kind="stacked",
            head="When",
            labels=_labels(found),
            series=[
                Series(
                    name=priority,
                    values=[summary.by_priority.get(priority, 0) for _, summary in found.over_time],
                )
                for priority in priorities
            ],
        ),
        _one("lost", "Customer-minutes lost", found, lambda one: one.customer_minutes, unit="min"),
        _most("lost-by-service", "Customer-minutes lost, by service", "Service", found.by_service),
        _most("lost-by-cause", "Customer-minutes lost, by cause: what fired", "Cause", found.by_cause),
        _one(
            "recurring",
            "Of 100 incidents, how many belong to a problem or came back",
            found,
            lambda one: one.recurring,
        ),
        _one("hand-overs", "Hand-overs per incident", found, lambda one: one.hand_overs),
    )


def _labels(found: Trends) -> list[str]:
    return [label for label, _ in found.over_time]


def _times(name: str, title: str, found: Trends, times: Callable[[Summary], Percentiles | None]) -> Figure:
    return Figure(
        name=name,
        title=title,
        kind="line",
        head="When",
        labels=_labels(found),
        series=_percentiles([times(summary) for _, summary in found.over_time]),
        unit="min",
    )


def _times_by_priority(
    name: str, title: str, found: Trends, times: Callable[[Summary, str], Percentiles | None]
) -> Figure:
    priorities = list(found.now.by_priority)
    return Figure(
        name=name,
        title=title,
        kind="bars",
        head="Priority",
        labels=priorities,
        series=_percentiles([times(found.now, priority) for priority in priorities]),
        unit="min",
    )


def _percentiles(found: Sequence[Percentiles | None]) -> list[Series]:
    return [
        Series(name="half within", values=[None if one is None else one.p50 for one in found]),
        Series(name="9 of 10 within", values=[None if one is None else one.p90 for one in found]),
        Series(name="19 of 20 within", values=[None if one is None else one.p95 for one in found]),
    ]


def _one(
    name: str, title: str, found: Trends, value: Callable[[Summary], float | None], *, unit: str = ""
) -> Figure:
    values = [value(summary) for _, summary in found.over_time]
    series = [Series(name=title, values=values)]
    return Figure(
        name=name, title=title, kind="bars", head="When", labels=_labels(found), series=series, unit=unit
    )


def _most(name: str, title: str, head: str, ranked: Sequence[tuple[str, int]]) -> Figure:
    series = [Series(name="Customer-minutes", values=[minutes for _, minutes in ranked])]
    labels = [label for label, _ in ranked]
    return Figure(name=name, title=title, kind="across", head=head, labels=labels, series=series, unit="min")
