"""`make drill`: the table is spoilt and comes back, on this machine; nothing is lost that is not named.

    life ──▶ restore point ──▶ more life ──▶ a script ruins the table ──▶ pause
         ──▶ restore, deploy on it, resume ──▶ senders say again, clocks, redrive ──▶ what fell into the gap

The steps in the middle are those of `make restore`, by the same code.
"""

import shutil
import tempfile
import time
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.chaos.account import Finding
from infra.chaos.rig import EngineLostError, Rig
from infra.chaos.snapshot import Snapshot
from infra.cli import screen
from infra.drill import judge
from infra.drill.acts import Drill
from infra.drill.deeds import MADE, REVOKED
from infra.local.stopping import Stopped, stop_on_signals
from infra.local.waiting import wait_for
from infra.restore import report
from infra.restore.finding import Gap, find_gap
from infra.restore.stack import RestoreError

app = typer.Typer(add_completion=False)
KEYS_SECONDS = 120.0
"""Twice as long as the door remembers a key."""


@app.command(help=__doc__)
def main() -> None:
    """Exit status 1 if anything is lost and not named, or doubled; 2 if the drill itself failed."""
    console = screen.out()
    state = Path(tempfile.mkdtemp(prefix="leitplanke-drill-"))
    try:
        with stop_on_signals():
            status = run(console, state)
    except Stopped:
        status = 130
    except (EngineLostError, RestoreError, RuntimeError, TimeoutError) as error:
        console.print(f"the drill failed: {error}; its state is in {state}", style="bold red", markup=False)
        raise typer.Exit(2) from error
    if status == 0:
        shutil.rmtree(state, ignore_errors=True)
    else:
        console.print(f"state and logs: {state}", markup=False)
    raise typer.Exit(status)


def run(console: Console, state: Path) -> int:
    """The whole drill; the exit status."""
    begun = time.monotonic()
    rig = Rig(state)

    def tell(line: str) -> None:
        console.print(f"{time.monotonic() - begun:5.0f} s  {line}", markup=False, soft_wrap=True)

    try:
        gap, found = _play(Drill(rig, tell), console)
    finally:
        if hasattr(rig, "installation"):
            rig.installation.close()
        if hasattr(rig, "engine"):
            rig.engine.stop()
    console.print(_summary(gap))
    for finding in found:
        console.print(f"{finding.what}: {finding.text}", style="red", markup=False, soft_wrap=True)
    verdict = "NOT everything came back or is named" if found else "everything came back or is named"
    console.print(f"{verdict} ({time.monotonic() - begun:.0f} s)", style="bold red" if found else "green")
    return 1 if found else 0


def _play(drill: Drill, console: Console) -> tuple[Gap, list[Finding]]:
    drill.open()
    drill.tell("deployed; life before the restore point")
    before = drill.before()
    drill.tell(f"restore point, {_counted(before)}; life goes on")
    in_the_gap = drill.in_the_gap()
    drill.tell(f"{_counted(in_the_gap)}; a script ruins the table")
    ruined = drill.ruin()
    drill.pause()
    drill.restore()
    after = drill.afterwards()
    drill.tell(f"at rest again, {_counted(after)}; {drill.redriven} dead letters went home")
    gap = find_gap(
        drill.stack, since=drill.restore_point, lost=drill.lost_table, tell=drill.tell, wait_seconds=1
    )
    console.print()
    report.show(gap, console)
    found = judge.findings(before=before, lost=(in_the_gap, ruined), after=after, gap=gap)
    return gap, [*found, *_senders(drill, gap)]


def _senders(drill: Drill, gap: Gap) -> list[Finding]:
    """Integrations and policy are named; carried over, keys open and do not open as people wanted."""
    found = []
    if [one.name for one in gap.senders.made] != [MADE] or drill.people.may_come_in(drill.made_key):
        found.append(Finding(what="unnamed", text="an integration that was made in the gap"))
    if [one.name for one in gap.senders.revoked] != [REVOKED] or not drill.people.may_come_in(
        drill.revoked[1]
    ):
        found.append(Finding(what="unnamed", text="an integration that was revoked in the gap"))
    if len(gap.senders.policies) != 1:
        found.append(Finding(what="unnamed", text="the policy that was put in the gap"))
    again = find_gap(
        drill.stack,
        since=drill.restore_point,
        lost=drill.lost_table,
        archived=False,
        carry_over=True,
        tell=drill.tell,
    ).senders
    if again.made or again.revoked:
        found.append(Finding(what="lost", text="integrations that were carried over"))
    drill.tell("integrations are carried over; the door may remember keys for a minute")
    wait_for(lambda: drill.people.may_come_in(drill.made_key), timeout=KEYS_SECONDS, what="a key made anew")
    wait_for(
        lambda: not drill.people.may_come_in(drill.revoked[1]), timeout=KEYS_SECONDS, what="a revocation"
    )
    return found


def _counted(snap: Snapshot) -> str:
    incidents = list(snap.incidents.values())
    live = sum(one.is_live for one in incidents)
    return f"{len(incidents)} incidents ({live} live), {len(snap.problems)} problems"


def _summary(gap: Gap) -> Table:
    table = Table(title="What was done in the gap, and what became of it", title_justify="left")
    for column in ("done", "service", "the report says", "as it should"):
        table.add_column(column)
    for one in judge.verdicts(gap):
        said = one.found.fate.value if one.found else "nothing"
        table.add_row(
            one.deed.what,
            one.deed.service,
            said,
            Text("yes", style="green") if one.is_right else Text(f"no: {one.deed.fate}", style="bold red"),
        )
    return table
