"""A run as people see it: progress, survivors with their reasons, a table, and what there is to do."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.mutants.explained import Name
from tests.mutants.session import Candidate
from tests.mutants.trying import Verdict


@dataclass
class Tally:
    """What became of every mutant that was tried."""

    known: Mapping[Name, str]
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    open: list[Candidate] = field(default_factory=list)
    """Survived, must not, and nobody says why."""
    explained: list[Candidate] = field(default_factory=list)
    others: list[Candidate] = field(default_factory=list)
    """Survivors of the standard operators."""
    died_after_all: list[Candidate] = field(default_factory=list)
    """Explained, and yet killed."""

    def note(self, candidate: Candidate, verdict: Verdict) -> str:
        """Count it; returns in what column."""
        is_known = candidate.name in self.known
        column = verdict.outcome
        if verdict.outcome != "survived":
            if is_known:
                self.died_after_all.append(candidate)
        elif is_known:
            column = "explained"
            self.explained.append(candidate)
        else:
            (self.open if candidate.must_die else self.others).append(candidate)
        self.counts[candidate.operator][column] += 1
        return column


def tell_survivor(console: Console, candidate: Candidate, verdict: Verdict) -> None:
    """One survivor, at once: a whole run takes a while."""
    by = f"  ({verdict.by})" if verdict.by else ""
    console.print(f"[yellow]survived[/] {escape(candidate.where)} in {escape(candidate.name.place)}{by}")
    console.print(f"         {escape(candidate.name.change)}", highlight=False, soft_wrap=True)


def show(console: Console, tally: Tally, *, planned: int, seconds: float) -> None:
    """Everything, at the end."""
    _list(console, "Known survivors, and why that is right", tally.explained, tally.known)
    _list(console, "Survivors of standard operators", tally.others, {})
    _list(
        console,
        "Explained, and killed all the same: take them out of survivors.yaml",
        tally.died_after_all,
        {},
    )
    _list(console, "[red]Survivors that must not be", tally.open, {})
    table = Table("operator", "mutants", "killed", "timed out", "explained", "survived")
    total: Counter[str] = Counter()
    for operator in sorted(tally.counts, key=lambda name: (not name.startswith("leitplanke"), name)):
        _row(table, operator, tally.counts[operator])
        total.update(tally.counts[operator])
    _row(table, "all", total)
    console.print(table)
    tried = total.total()
    left = f", {planned - tried:,} not tried for want of time" if tried < planned else ""
    console.print(f"{tried:,} mutants in {seconds / 60:.0f} min{left}")


def _row(table: Table, name: str, counts: Counter[str]) -> None:
    columns = ("killed", "timed out", "explained", "survived")
    short = name.rpartition("/")[2]
    table.add_row(short, f"{counts.total():,}", *(f"{counts[one]:,}" for one in columns))


def _list(console: Console, title: str, found: Iterable[Candidate], why: Mapping[Name, str]) -> None:
    listed = list(found)
    if listed:
        console.print(f"\n[bold]{title}")
    for one in listed:
        console.print(f"  {one.where} {one.name.place}: {one.name.change}", markup=False, soft_wrap=True)
        if one.name in why:
            console.print(f"      {why[one.name]}", markup=False, style="dim")
