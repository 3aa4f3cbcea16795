"""The summary of a run as a table."""

from collections import Counter
from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from infra.chaos.account import Account
from infra.chaos.conduct import Suffered
from infra.chaos.news import Books

Line = tuple[str, str, str]


def summary(  # noqa: PLR0913 - keyword-only, each a part of the table
    *,
    seed: int,
    books: Books,
    suffered: Suffered,
    fired: Counter[str],
    calls: int,
    redriven: int,
    found: Account,
) -> Table:
    """What was sent, what was broken, and what became of it."""
    table = Table(title=f"Chaos run, seed {seed}", title_justify="left")
    table.add_column("what")
    table.add_column("number", justify="right")
    table.add_column("meaning")
    for section in (
        _sent(books),
        _broken(suffered, fired, calls),
        _became(books, redriven, found),
    ):
        for what, number, meaning in section:
            bad = what in ("lost", "doubled", "given up") and number != "0"
            table.add_row(Text(what, style="bold red" if bad else ""), number, meaning)
        table.add_section()
    return table


def _sent(books: Books) -> Iterator[Line]:
    counts = books.counts
    yield "sent", _(counts["sent"]), f"events, in {counts['requests']:,} requests, tries included"
    yield "accepted", _(counts["accepted"]), "answered with a 2xx"
    yield "refused", _(counts["refused"]), "made no sense on purpose"
    yield "retried", _(counts["retried"]), "sent once more by a sender that tries again"
    yield (
        "not taken",
        _(counts["not taken, said again later"]),
        "dropped by Prometheus, which says them again",
    )
    yield "given up", _(counts["given up"]), "by a sender that had tried for minutes"


def _broken(suffered: Suffered, fired: Counter[str], calls: int) -> Iterator[Line]:
    yield "calls", _(calls), "to AWS, through microburst"
    for kind, number in sorted(fired.items()):
        yield f"  {kind}", _(number), "of them, by microburst's own count"
    killed = ", ".join(f"{name} {number}" for name, number in sorted(suffered.killed.items()))
    yield "workers killed", _(sum(suffered.killed.values())), killed
    yield "restarts", _(suffered.restarts), "of the engine, on its kept state"
    if suffered.cut_short:
        yield "cut short", _(suffered.cut_short), "phases ended by the clock: senders waited too long"


def _became(books: Books, redriven: int, found: Account) -> Iterator[Line]:
    yield "redriven", _(redriven), "dead letters sent home after the faults"
    yield (
        "accounted",
        _(found.accounted),
        f"of {len(books.alerts):,} alerts and {len(books.nonsense):,} refused items",
    )
    yield (
        "told",
        _(found.told),
        f"notifications; {found.told_twice} of them again, where the first was not recorded",
    )
    yield "lost", _(found.number("lost")), ""
    yield "doubled", _(found.number("doubled")), "without such a reason"


def _(number: int) -> str:
    return f"{number:,}"
