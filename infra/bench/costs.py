"""`make costs`: what a million alert events cost on AWS, and what a storm asks of the table.

Nothing runs: the counts are those of tests/budgets/budgets.yaml, which the tests hold against the code. The
same tables stand in docs/costs.md, where `make budgets` puts them.
"""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from infra.bench.model import (
    KEY_LIMIT,
    MORE,
    PROFILES,
    REPEATS,
    ROOT,
    STORM,
    TABLE_LIMIT,
    YARDSTICK,
    Load,
    load_of,
    rounded,
    usd_per_million,
)

DOCUMENT = ROOT / "docs" / "costs.md"
BEGIN, END = "<!-- computed by `make budgets` -->", "<!-- end of what is computed -->"
Rows = list[tuple[str, ...]]


def money() -> Rows:
    """The first row is the heading: what is paid for, then a column for each profile."""
    columns = [usd_per_million(profile) for profile in PROFILES]
    rows: Rows = [("USD per million alert events", *(profile.name for profile in PROFILES))]
    rows += [(name, *(rounded(column[name]) for column in columns)) for name in columns[0]]
    rows.append(("**total**", *(f"**{rounded(sum(column.values()))}**" for column in columns)))
    yardstick = zip(*YARDSTICK.values(), strict=True)
    rows.append(("yardstick", *(rounded(sum(column)) for column in yardstick)))
    return rows


def storms() -> Rows:
    """The first row is the heading: what is asked, then identical and distinct alerts, then the limit."""
    repeats, distinct = load_of(REPEATS), load_of(MORE)
    both = (repeats, distinct)
    per_minute = f"{STORM:,} alerts in a minute"
    return [
        (f"write units/s, {per_minute}", "identical", "distinct", "limit"),
        (
            "table, worked off in that minute",
            *(f"{one.table_per_s:,.0f}" for one in both),
            f"{TABLE_LIMIT:,}",
        ),
        ("table, consumers at their fastest", *_highest(both), f"{TABLE_LIMIT:,}"),
        ("busiest index", *(f"{one.index_per_s:,.0f}" for one in both), f"{TABLE_LIMIT:,}"),
        ("hottest key", *(f"{one.hottest[1]:,.0f} ({one.hottest[0]})" for one in both), f"{KEY_LIMIT:,}"),
        ("all is worked off after", *(f"{one.lasts_s[0]:.0f} to {one.lasts_s[1]:.0f} s" for one in both), ""),
    ]


def _highest(loads: Iterable[Load]) -> list[str]:
    return [f"{one.highest_table_per_s:,.0f}" for one in loads]


def markdown(rows: Rows) -> str:
    """A table for the document."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|---|" + "---:|" * (len(rows[0]) - 1))
    return "\n".join(lines)


def computed() -> str:
    """What stands between the marks of the document."""
    return f"{BEGIN}\n\n{markdown(money())}\n\n{markdown(storms())}\n\n{END}"


def rewrite_document() -> None:
    """Put the computed tables into docs/costs.md."""
    text = DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    DOCUMENT.write_text(before + computed() + rest.partition(END)[2], "utf-8")


def show(rows: Sequence[tuple[str, ...]], console: Console) -> None:
    """A table for a terminal."""
    table = Table(*rows[0][:1], show_edge=False)
    for heading in rows[0][1:]:
        table.add_column(heading, justify="right")
    for row in rows[1:]:
        table.add_row(*(text.replace("**", "") for text in row), style="bold" if "**" in row[0] else None)
    console.print(table)


def main() -> None:
    """Print both tables."""
    console = Console()
    console.print()
    show(money(), console)
    console.print()
    show(storms(), console)
    console.print("\nHow this is computed, and what is assumed: docs/costs.md")


if __name__ == "__main__":
    main()
