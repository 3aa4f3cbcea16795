"""The run as people see it: progress, a table of function x call x fault, exceptions, and what went wrong."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.crash.faults import Fault
from tests.crash.judging import ALLOWED, Verdict, judge
from tests.crash.running import Choice, Outcome, explore, prepared, undisturbed
from tests.crash.scenarios import Scenario

_SHOWN = 40
"""Failures that are told in full."""
_CHARS = 3_000


@dataclass
class Tally:
    """Counts by (function, call) and fault, and what was found."""

    right: Counter[tuple[str, str, Fault]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str, Fault]] = field(default_factory=Counter)
    excepted: dict[str, Counter[tuple[str, Fault]]] = field(default_factory=lambda: defaultdict(Counter))
    failures: list[tuple[Outcome, Verdict]] = field(default_factory=list)

    def note(self, outcome: Outcome, verdict: Verdict) -> None:
        """One disturbed run."""
        call = outcome.call
        counts = self.right if verdict.is_right else self.wrong
        counts[call.function, call.name, outcome.fault] += 1
        if not verdict.is_right:
            self.failures.append((outcome, verdict))
            return
        for name in verdict.exceptions:
            self.excepted[name][f"{call.function} {call.name}", outcome.fault] += 1


def run(scenarios: Sequence[Scenario], choice: Choice, *, at_once: int) -> int:
    """Play everything that was chosen; 0 if all of it ended as it should."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=130)
    began = time.monotonic()
    tally = Tally()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        stage = prepared(choice.seed)
        references = {one.name: undisturbed(one, stage) for one in scenarios}
        total = sum(len(choice.faults_at(call.number)) for one in references.values() for call in one.calls)
        task = progress.add_task("points", total=total)
        for scenario in scenarios:
            progress.update(task, description=scenario.name)
            if not console.is_terminal:
                count = sum(len(choice.faults_at(call.number)) for call in references[scenario.name].calls)
                console.print(f"{scenario.name}: {count:,} runs")
            for outcome in explore(scenario, stage, choice, references[scenario.name], at_once=at_once):
                verdict = judge(outcome, references[scenario.name])
                tally.note(outcome, verdict)
                if not verdict.is_right and len(tally.failures) <= _SHOWN:
                    _tell(console, outcome, verdict)
                progress.advance(task)
    tried = sum(tally.right.values()) + sum(tally.wrong.values())
    if tried != total:
        console.print(f"[red]{total} points were planned, {tried} were tried")
    _show(console, tally, tried)
    console.print(f"{len(scenarios)} scenarios, seed {choice.seed}, {time.monotonic() - began:.0f} s")
    return 0 if not tally.failures and tried == total and tried else 1


def _tell(console: Console, outcome: Outcome, verdict: Verdict) -> None:
    """One failure at once: a whole run takes a while. The last line repeats it alone."""
    call = outcome.call
    what = f"call {call.number} ({call.function} {call.name}), {outcome.fault.value}"
    console.print(f"[red]{outcome.scenario}[/], {what}")
    for line in verdict.differences[:12]:
        console.print(f"    {line[-_CHARS:]}", markup=False, soft_wrap=True)
    arguments = f'--scenario "{outcome.scenario}" --point {call.number} --fault {outcome.fault.name}'
    console.print(f"    python -m tests.crash {arguments}", markup=False, soft_wrap=True)


def _show(console: Console, tally: Tally, tried: int) -> None:
    if len(tally.failures) > _SHOWN:
        console.print(f"... and {len(tally.failures) - _SHOWN} more that end differently")
    console.print(_table(tally))
    for exception in ALLOWED:
        where = tally.excepted.get(exception.name)
        if where:
            console.print(f"[yellow]{exception.name}[/], {sum(where.values())} runs: {exception.reason}.")
            for (call_name, fault), count in sorted(
                where.items(), key=lambda item: (item[0][0], item[0][1].name)
            ):
                console.print(f"    {call_name}, {fault.value}: {count}", markup=False)
    right = sum(tally.right.values())
    share = 100 * right / tried if tried else 0.0
    colour = "green" if right == tried else "red"
    text = f"{right:,} of {tried:,} runs end like the undisturbed one: {share:.4g} %"
    console.print(f"[{colour}]{text}[/]")


def _table(tally: Tally) -> Table:
    table = Table("function", "call", *(fault.value for fault in Fault), title="Crash at every call")
    rows = sorted({(function, name) for function, name, _ in [*tally.right, *tally.wrong]})
    last = ""
    for function, name in rows:
        cells = [_cell(tally, function, name, fault) for fault in Fault]
        table.add_row(function if function != last else "", name, *cells, end_section=False)
        last = function
    totals = [
        f"{sum(count for key, count in (tally.right + tally.wrong).items() if key[2] is fault):,}"
        for fault in Fault
    ]
    table.add_section()
    table.add_row("all", "", *totals)
    return table


def _cell(tally: Tally, function: str, name: str, fault: Fault) -> str:
    right, wrong = (counts[function, name, fault] for counts in (tally.right, tally.wrong))
    if wrong:
        return f"[red]{wrong} of {right + wrong} differ[/]"
    return str(right) if right else ""
