"""`make fuzz`: coverage-guided fuzzing of every protocol, each in a process of its own, a few minutes in all.

SECONDS=60       for each protocol (40)
TARGET=pagerduty one of them, TARGET=api only the work API: what its document allows, and what it does not
SEED=7           libFuzzer's seed (a new one each time)
INPUT=file       that input once more, with TARGET
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.fuzz.inputs import seeds, words
from tests.hostile.senders import SENDERS, Sender

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / ".local" / "fuzz"
LONGEST_BYTES = 16_384
HANGS_SECONDS = 20
"""One input may take so long, on a machine with much else to do. A usual one takes milliseconds."""
MEMORY_MB = 1_024
API = "api"
EXAMPLES_A_SECOND = 3
_LINE = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+)")
_SAID = re.compile(r"^(?:\w*Error\b|\S*Broken: |\S*Error: |==\d+==\s*ERROR|ALARM)")

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What became of one protocol. `covered`: places in the code reached, after the seeds and at the end."""

    sender: str
    inputs: int
    covered: tuple[int, int]
    finding: Path | None
    said: str


@app.command(help=__doc__)
def main(
    seconds: Annotated[int, typer.Option(envvar="SECONDS", min=5, max=3_600, help="For each protocol.")] = 40,
    target: Annotated[str, typer.Option(envvar="TARGET", help="One protocol.")] = "",
    seed: Annotated[int | None, typer.Option(envvar="SEED", help="libFuzzer's seed.")] = None,
    again: Annotated[Path | None, typer.Option("--input", envvar="INPUT", help="Once more.")] = None,
) -> None:
    """Exit status 1 if anything is found, 2 if nothing could be tried."""
    console = Console(highlight=False)
    if not _has_fuzzer():
        console.print("atheris has no wheel for this machine: fuzzing needs Linux on x86-64", style="red")
        raise typer.Exit(2)
    number = random.randrange(1, 1_000_000) if seed is None else seed  # noqa: S311
    if target == API:
        raise typer.Exit(_work_api(seconds, number, console))
    chosen = [one for one in SENDERS if target in ("", one.name)]
    if not chosen:
        console.print(
            f"no such target; there are {', '.join(one.name for one in SENDERS)}, {API}", style="red"
        )
        raise typer.Exit(2)
    if again is not None:
        raise typer.Exit(_once_more(chosen[0], again))
    console.print(f"seed {number}, {seconds} s for each of {len(chosen)} protocols", markup=False)
    runs = [_watched(one, seconds, number, console) for one in chosen]
    console.print(_table(runs))
    for run in runs:
        if run.finding is not None:
            console.print(f"{run.sender}: {run.said}", style="red", markup=False, soft_wrap=True)
            place = os.path.relpath(run.finding, ROOT)
            console.print(f"    make fuzz TARGET={run.sender} INPUT={place}", markup=False, soft_wrap=True)
    if any(run.inputs == 0 for run in runs):
        raise typer.Exit(2)
    api_status = _work_api(seconds, number, console) if not target else 0
    raise typer.Exit(1 if api_status or any(run.finding for run in runs) else 0)


def _work_api(seconds: int, seed: int, console: Console) -> int:
    """The document against the API's behaviour: so many requests of each kind for each operation."""
    examples = seconds * EXAMPLES_A_SECOND
    console.print(f"work API, seed {seed}, {examples} requests of each kind for each operation", markup=False)
    command = [*(sys.executable, "-m", "pytest", "-q", "tests/component/serve_api/test_document.py")]
    return subprocess.run(
        [*command, f"--hypothesis-seed={seed}"],
        cwd=ROOT,
        env={**os.environ, "API_EXAMPLES": str(examples)},
        check=False,
    ).returncode


def _has_fuzzer() -> bool:
    asked = [sys.executable, "-c", "import atheris"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _watched(sender: Sender, seconds: int, seed: int, console: Console) -> Run:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(sender.name, total=seconds)
        with tempfile.TemporaryDirectory(prefix="leitplanke-fuzz-") as folder:
            with _started(sender, seconds, seed, Path(folder)) as process:
                began = time.monotonic()
                while process.poll() is None:
                    progress.update(task, completed=time.monotonic() - began)
                    try:
                        process.wait(timeout=1.0)
                    except subprocess.TimeoutExpired:
                        continue
            return _told(sender, process.returncode, Path(folder))


def _started(sender: Sender, seconds: int, seed: int, folder: Path) -> "subprocess.Popen[bytes]":
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, one in enumerate(seeds(sender)):
        (corpus / f"seed-{number}").write_bytes(one)
    lines = (_dictionary_line(word) for word in sorted(words(sender)))
    (folder / "words").write_text("\n".join(lines) + "\n")
    FOUND.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "tests.fuzz.target", sender.name),
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={LONGEST_BYTES}",
        f"-timeout={HANGS_SECONDS}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-dict={folder / 'words'}",
        f"-artifact_prefix={FOUND / sender.name}-",
        str(corpus),
    ]
    log = (folder / "log").open("wb")
    return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


def _told(sender: Sender, status: int, folder: Path) -> Run:
    """What libFuzzer says of a run."""
    log = (folder / "log").read_text("utf-8", "replace")
    lines = [(int(inputs), int(covered)) for inputs, covered, _ in _LINE.findall(log)]
    finding = re.search(r"Test unit written to (\S+)", log)
    said = next((line.strip() for line in log.splitlines() if _SAID.match(line)), "")
    if status and not finding:
        said = log[-2_000:]
    return Run(
        sender=sender.name,
        inputs=lines[-1][0] if lines else 0,
        covered=(lines[0][1], lines[-1][1]) if lines else (0, 0),
        finding=Path(finding[1]) if finding else (folder / "log" if status else None),
        said=said,
    )


def _once_more(sender: Sender, data: Path) -> int:
    command = [sys.executable, "-m", "tests.fuzz.target", sender.name, str(data.resolve())]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _dictionary_line(word: str) -> str:
    """As libFuzzer reads it: quotes and backslashes escaped, other bytes in hexadecimal."""
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word.encode()
    )
    return f'"{escaped}"'


def _table(runs: list[Run]) -> Table:
    table = Table(
        "protocol", "inputs", "places reached", "found", title="Hostile input", title_justify="left"
    )
    for run in runs:
        found = "[red]yes[/]" if run.finding else "[green]nothing[/]"
        table.add_row(run.sender, f"{run.inputs:,}", f"{run.covered[0]:,} → {run.covered[1]:,}", found)
    return table


if __name__ == "__main__":
    app()
