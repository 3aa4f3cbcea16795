"""`make bench`: the timings of this machine. Shown, never asserted: a busy machine is not a fault."""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.bench.board import OPEN, Looked, look_at_many
from infra.bench.cpu import ALERTS, Cpu
from infra.local.installation import EXAMPLE_POLICY, Installation
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from infra.local.waiting import NeverHappenedError, wait_for

POSTS = 20
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `target`: at most so much; None where there is none."""

    what: str
    value: float
    unit: str
    target: float | None = None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.value <= self.target else "[red]missed[/red]"


def main(
    posts: Annotated[int, typer.Option(help="Alerts posted one by one for the latency.")] = POSTS,
    cpu: Annotated[bool, typer.Option(help="Only the CPU per alert, without starting the system.")] = False,
) -> None:
    """Start times, the way from POST to a routed incident, the board when much is open, and CPU per alert."""
    console = Console()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, console.status("measuring"):
        if not cpu:
            figures += _system(Path(folder) / "system", posts)
            figures += _board(Path(folder) / "board")
        figures += _cpu(Path(folder) / "cpu")
    table = Table("what", show_edge=False)
    for heading in ("here", "target", ""):
        table.add_column(heading, justify="right")
    for one in figures:
        target = "" if one.target is None else f"{one.target:g} {one.unit}"
        table.add_row(one.what, f"{one.value:,.3g} {one.unit}", target, one.verdict)
    console.print(table)


def _system(state: Path, posts: int) -> list[Figure]:
    first_s, _ = _started(state, lambda _: None)
    second_s, waits = _started(state, lambda installation: _latencies(installation, posts))
    return [
        Figure(what="first start, until everything answers", value=first_s, unit="s"),
        Figure(what="second start, on the kept state", value=second_s, unit="s", target=15),
        *(
            Figure(
                what=f"POST to routed incident at rest, {name} of {posts}", value=value, unit="s", target=5
            )
            for name, value in (("p50", statistics.median(waits)), ("p95", _p95(waits)))
        ),
    ]


def _board(state: Path) -> list[Figure]:
    looked: list[Looked] = []
    _started(state, lambda installation: looked.append(look_at_many(installation)))
    (found,) = looked
    return [
        Figure(
            what=f"board: first page, {OPEN:,} open, p50",
            value=statistics.median(found.pages),
            unit="s",
            target=1,
        ),
        Figure(what=f"board: first page, {OPEN:,} open, p95", value=_p95(found.pages), unit="s", target=1),
        Figure(what="board: a look at the same, p50", value=statistics.median(found.unchanged), unit="s"),
        Figure(what="board: the first page, packed", value=found.packed_bytes / 1_000, unit="KB"),
    ]


def _started(state: Path, then: Callable[[Installation], list[float] | None]) -> tuple[float, list[float]]:
    begun = time.monotonic()
    with EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=state, log_level="ERROR")) as engine:
        installation = Installation(engine, state)
        installation.open()
        installation.put_policy(EXAMPLE_POLICY.read_text("utf-8"))
        taken = time.monotonic() - begun
        measured = then(installation) or []
        installation.close()
    return taken, measured


def _latencies(installation: Installation, posts: int) -> list[float]:
    """Seconds from a POST until the API shows the incident with a lane, one after the other."""
    waits: list[float] = []
    for number in range(posts):
        service = f"bench-{number}"
        alert = {"labels": {"alertname": "NotAnswering", "service": service}}

        def routed(service: str = service) -> bool:
            page = installation.api.get("/v1/incidents", service=service)
            return any(item["lane"] for item in page["incidents"])

        begun = time.monotonic()
        installation.api.ingest("/api/v2/alerts", [alert], key=installation.key)
        with suppress(NeverHappenedError):  # then it took that long, and the table says so
            wait_for(routed, timeout=LONGEST_S, what="routing", interval=0.02)
        waits.append(time.monotonic() - begun)
    return waits


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def _cpu(state: Path) -> list[Figure]:
    settings = EngineSettings(port=0, aws_port=0, state_dir=state, keep=False, log_level="ERROR")
    with EngineProcess(settings) as engine:
        bench = Cpu(engine.aws)
        figures: list[tuple[str, float, float | None]] = [
            ("door, 1 alert a request", bench.door(per_request=1), None),
            ("door, 100 alerts a request", bench.door(per_request=100), None),
        ]
        bench.open_incident()
        figures += [
            (f"correlate, {ALERTS:,} repeats in a batch", bench.correlate(range(1)), 21.0),
            (f"correlate, {ALERTS:,} distinct in a batch", bench.correlate(range(1, ALERTS + 1)), 1_130.0),
        ]
    return [
        Figure(what=f"CPU per alert: {what}", value=value, unit="µs", target=target)
        for what, value, target in figures
    ]


if __name__ == "__main__":
    typer.run(main)
