"""`make mutants`: change the table and the use cases in every way that must hurt, and see whether it does.

Exit status 1 if a removed condition or write, or a swapped pair of writes, survives without an explanation.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.mutants.covering import KEPT, Cover
from tests.mutants.explained import explanations
from tests.mutants.nets import learn
from tests.mutants.operators import MUST_DIE, OURS, STANDARD
from tests.mutants.reaching import tests_of
from tests.mutants.report import Tally, show, tell_survivor
from tests.mutants.session import Candidate, Wanted, candidates, new_session, note, old_session
from tests.mutants.trying import Job, Verdict, Warm

_warm: list[Warm] = []
"""The one of this worker."""


def main(arguments: Sequence[str]) -> int:
    """Parse, learn, try, report."""
    given = _parser().parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=150)
    began = time.monotonic()
    cover = _cover(console)
    if cover is None:
        return 1
    operators = (*OURS, *STANDARD) if given.all else MUST_DIE
    session = old_session(operators) if given.resume else new_session(operators)
    wanted = Wanted(only=given.only, operators=operators, sample=given.sample, seed=given.seed)
    chosen = candidates(session, wanted)
    console.print(f"{len(chosen):,} mutants, {given.at_once} at once")
    tally = Tally(explanations())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("mutants", total=len(chosen))
        for candidate, verdict in _judged(chosen, cover, given.at_once, began + 60 * given.minutes):
            note(session, candidate, verdict)
            if tally.note(candidate, verdict) == "survived":
                tell_survivor(console, candidate, verdict)
            progress.update(task, advance=1, description=str(candidate.name.module))
    show(console, tally, planned=len(chosen), seconds=time.monotonic() - began)
    return 1 if tally.open else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "--only",
        default="",
        help="only mutants in whose operator, file, function or change this is found (a regular expression)",
    )
    parser.add_argument(
        "--all", action="store_true", help="conditions of the code and the standard operators as well"
    )
    parser.add_argument("--sample", type=int, default=0, help="so many, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1, help="another sample (1)")
    parser.add_argument("--minutes", type=float, default=120, help="begin none after so long (120)")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 2, help="mutants at the same time")
    parser.add_argument("--resume", action="store_true", help="those that the last run did not try")
    return parser


def _cover(console: Console) -> Cover | None:
    """Who comes by where; learnt in a process of its own, since it loads everything."""
    if (cover := Cover.load()) is not None:
        return cover
    console.print("running all tests once, to learn which of them comes by which lines")
    KEPT.mkdir(exist_ok=True)
    log = KEPT / "learning.txt"
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_write_to, initargs=(str(log),)) as pool:
        failure = pool.submit(learn).result()
    if failure:
        console.print(f"[red]{failure} fails without any mutant; see {log}")
        return None
    return Cover.load()


def _write_to(path: str) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _judged(
    chosen: Sequence[Candidate], cover: Cover, at_once: int, until: float
) -> Iterator[tuple[Candidate, Verdict]]:
    """Each with what became of it, in the order in which they end."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(at_once, mp_context=context, initializer=_warm_up, initargs=(cover,)) as pool:
        running: dict[Future[Verdict | None], Candidate] = {}
        for one in chosen:
            tests = tuple(sorted(tests_of(one.path, one.lines, cover)))
            job = Job(path=str(one.path), source=one.source, tests=tests)
            running[pool.submit(_judge, job, until)] = one
        for done in as_completed(running):
            verdict = done.result()
            if verdict is not None:
                yield running[done], verdict


def _warm_up(cover: Cover) -> None:
    _warm.append(Warm(cover))


def _judge(job: Job, until: float) -> Verdict | None:
    return _warm[0].judge(job) if time.monotonic() < until else None


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets is part of what a seed must reproduce, in the crash points above all.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.mutants", *sys.argv[1:]])  # noqa: S606
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(KEPT / "hypothesis")
    sys.exit(main(sys.argv[1:]))
