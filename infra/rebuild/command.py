"""`make rebuild`: the board and its trends are compared with the incidents, and mended where they differ.

    make rebuild                          mend until nothing differs; everybody goes on working meanwhile
    make rebuild ARGS=--check             only compare: exit status 1 if anything differs

After a table was restored, after a version that shows more than the last one, or whenever somebody doubts it.
It works with your AWS credentials, from the table alone, and may be ended and begun again.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from infra.cli import screen
from infra.cli.errors import CliError
from infra.rebuild.differences import Look
from infra.restore.stack import Account, RestoreError, Stack
from leitplanke.domain.errors import LeitplankeError, LostRaceError
from leitplanke.table.client import ConditionFailedError, Table

ROUNDS = 5
"""Looks at everything: the first mends, the second finds nothing, the others are for a busy system."""
_SHOWN = 20

app = typer.Typer(
    name="make rebuild",
    help=__doc__,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run what was typed; what goes wrong is told in two lines."""
    try:
        app()
    except RestoreError as error:
        _refuse(str(error), error.remedy)
    except (BotoCoreError, ClientError, LeitplankeError) as error:
        _refuse(
            str(error), "check credentials, region and rights; then run it again, it goes on where it was"
        )


@app.command()
def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Only compare; change nothing.")] = False,
    stack: Annotated[str, typer.Option("--stack", envvar="STACK", help="The stack's name.")] = "leitplanke",
) -> None:
    """Compare the board's read model with the incidents, and mend what differs."""
    clients = Account()
    table = Table(clients.client("dynamodb"), Stack(clients, stack).output("TableName"))
    if check:
        found = look_once(table, mend=False)
        _say(f"{found} differ; `make rebuild` mends them" if found else "nothing differs", good=not found)
        sys.exit(1 if found else 0)
    left = rebuilt(table)
    if left:
        _refuse(f"{left} still differ after {ROUNDS} looks", "run it again when less is going on")
    _say("the board and its trends are what the incidents say", good=True)


def rebuilt(table: Table) -> int:
    """Mend until nothing differs, or for so many looks; how many differences the last one found."""
    found = 0
    for number in range(1, ROUNDS + 1):
        found = look_once(table, mend=True)
        if not found:
            return 0
        _say(f"look {number}: {found} differed; looking again")
    return found


def look_once(table: Table, *, mend: bool) -> int:
    """Compare everything once, and mend as it goes if so wanted; how many differences there were."""
    look, found = Look(table=table, now=datetime.now(UTC)), 0
    with screen.err().status("comparing ...") as status:
        for difference in look.differences():
            found += 1
            if found <= _SHOWN:
                _say(f"  {difference.what}")
            elif found == _SHOWN + 1:
                _say("  and more")
            status.update(f"{look.seen:,} incidents, {found:,} differences")
            if mend:
                try:
                    difference.mend()
                except (ConditionFailedError, LostRaceError):
                    continue  # somebody moved it: the next look tells whether it is right now
    return found


def _say(line: str, *, good: bool = False) -> None:
    screen.err().print(line, style="green" if good else "", soft_wrap=True)


def _refuse(message: str, remedy: str) -> None:
    screen.show_error(CliError(message, remedy=remedy))
    sys.exit(1)
