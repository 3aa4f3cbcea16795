"""`make chaos`: events while calls fail, workers die, the engine restarts; then every one is accounted for.

SEED=7        the inputs and the schedule of faults of that seed (a new one each time if left out)
EVENTS=500    how many events; 10,000 if left out
"""

import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.chaos import snapshot
from infra.chaos.account import Account, account
from infra.chaos.conduct import Stage, Suffered, conduct
from infra.chaos.faults import draw_schedule
from infra.chaos.news import Books
from infra.chaos.plan import draw_plan
from infra.chaos.proxy import Proxy
from infra.chaos.quiet import Stillness
from infra.chaos.report import summary
from infra.chaos.rig import EngineLostError, Rig
from infra.local.inbox import FILE as INBOX_FILE
from infra.local.stopping import Stopped, stop_on_signals

app = typer.Typer(add_completion=False)
_SHOWN = 20
_LOOKS = 3
"""A finding counts only if it stays: clocks go on while the table is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to."""

    books: Books
    suffered: Suffered
    fired: Counter[str]
    calls: int
    redriven: int
    found: Account
    unquiet: str


@app.command(help=__doc__)
def main(
    seed: Annotated[int | None, typer.Option(envvar="SEED", help="Inputs and faults follow from it.")] = None,
    events: Annotated[int, typer.Option(envvar="EVENTS", min=50, max=100_000, help="How many.")] = 10_000,
) -> None:
    """Exit status 1 if anything is lost or doubled, 2 if the run itself failed."""
    console = Console(highlight=False)
    chosen = random.randrange(10_000) if seed is None else seed  # noqa: S311
    state = Path(tempfile.mkdtemp(prefix="leitplanke-chaos-"))
    try:
        with stop_on_signals():
            status = run(console, seed=chosen, events=events, state=state)
    except Stopped:
        status = 130
    except (EngineLostError, RuntimeError, TimeoutError) as error:
        console.print(f"the run failed: {error}; its state is in {state}", style="bold red", markup=False)
        raise typer.Exit(2) from error
    if status == 0:
        shutil.rmtree(state, ignore_errors=True)
    else:
        console.print(
            f"state and logs: {state}; again: make chaos SEED={chosen} EVENTS={events}", markup=False
        )
    raise typer.Exit(status)


def run(console: Console, *, seed: int, events: int, state: Path) -> int:
    """One run; the exit status."""
    begun = time.monotonic()
    result = play(console, seed=seed, events=events, state=state)
    console.print()
    console.print(
        summary(
            seed=seed,
            books=result.books,
            suffered=result.suffered,
            fired=result.fired,
            calls=result.calls,
            redriven=result.redriven,
            found=result.found,
        )
    )
    for finding in result.found.findings[:_SHOWN]:
        console.print(f"{finding.what}: {finding.text}", style="red", markup=False, soft_wrap=True)
    if result.unquiet:
        console.print(f"it did not become quiet: {result.unquiet}", style="red", markup=False)
    passed = not result.found.findings and not result.unquiet and not result.books.counts["given up"]
    verdict = "every event is accounted for" if passed else "NOT every event is accounted for"
    console.print(f"{verdict} ({time.monotonic() - begun:.0f} s)", style="green" if passed else "bold red")
    return 0 if passed else 1


def play(console: Console, *, seed: int, events: int, state: Path) -> Result:
    """Build, break, wait, count. Raises EngineLostError, NeverHappenedError."""
    lanes, schedule = draw_plan(seed, events), draw_schedule(seed, events)
    total = sum(lane.events for lane in lanes)
    rig, books = Rig(state), Books()
    with _progress(console) as progress:
        task = progress.add_task("deploying", total=total)
        tell = progress.console.print
        try:
            rig.start(lambda doing: progress.update(task, description=doing))
            log = state / "microburst.log"
            with Proxy(rig.engine.aws.url, seed=seed, log=log) as proxy:
                rig.redirect(proxy.url)
                tell(f"seed {seed}: {total:,} events by {len(lanes)} senders", markup=False)
                stage = Stage(
                    rig=rig,
                    proxy=proxy,
                    books=books,
                    tell=lambda line: tell(line, markup=False, soft_wrap=True),
                    show=lambda sent: progress.update(
                        task, completed=min(sent, total), description="sending"
                    ),
                )
                suffered = conduct(lanes, schedule, stage)
                progress.update(task, completed=total, description="until nothing moves any more")
                return _count(stage, suffered, table=rig.names["Table"], inbox=state / INBOX_FILE)
        finally:
            if hasattr(rig, "installation"):
                rig.installation.close()
            if hasattr(rig, "engine"):
                rig.engine.stop()


def _count(stage: Stage, suffered: Suffered, *, table: str, inbox: Path) -> Result:
    stillness = Stillness(stage.rig, table, tell=stage.tell)
    for _ in range(_LOOKS):
        quiet = stillness.wait()
        found = account(snapshot.take(stage.rig.table(), table), stage.books, inbox)
        if quiet and not found.findings:
            break
        if not quiet:
            break
    return Result(
        books=stage.books,
        suffered=suffered,
        fired=stage.proxy.fired(),
        calls=stage.proxy.requests(),
        redriven=stillness.redriven,
        found=found,
        unquiet="" if quiet else stillness.why,
    )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
