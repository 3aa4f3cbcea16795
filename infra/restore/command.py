"""`make restore`: the table was lost or spoilt, and comes back. docs/runbook.md says when to do what.

    make restore ARGS="pause"                            nobody reads the queues, what senders say waits there
    make restore ARGS="table --at 2026-11-25T02:40:00Z"  the table as it was then, as a new table
    make restore ARGS="resume"                           the queues are read again, then the clocks tick
    make restore ARGS="gap --since 2026-11-25T02:40:00Z" what fell into the gap, in words

It works with your AWS credentials, because the API may be down and could not be trusted with such rights.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from infra.cli import screen
from infra.cli.errors import CliError
from infra.local.waiting import NeverHappenedError
from infra.restore import pausing, report, tables
from infra.restore.finding import find_gap
from infra.restore.stack import Account, RestoreError, Stack

app = typer.Typer(
    name="make restore ARGS=...",
    help=__doc__,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_Name = Annotated[str, typer.Option("--stack", envvar="STACK", help="The stack's name.")]
_At = Annotated[str, typer.Option(help="A time with its zone: 2026-11-25T02:40:00Z.")]


def main() -> None:
    """Run what was typed; what goes wrong is told in two lines."""
    try:
        app()
    except RestoreError as error:
        _refuse(str(error), error.remedy)
    except (BotoCoreError, ClientError) as error:
        _refuse(str(error), "check credentials, region and rights; every step may be run again")
    except NeverHappenedError as error:
        _refuse(str(error), "run the same step again: it goes on where it was")


@app.command()
def pause(stack: _Name = "leitplanke") -> None:
    """Stop reading the queues and the clocks. The door stays open, the stream goes on."""
    pausing.pause(Stack(Account(), stack), tell=_tell)


@app.command()
def table(
    at: _At = "",
    lost: Annotated[str, typer.Option(help="The table to restore; that of the stack if not given.")] = "",
    into: Annotated[str, typer.Option(help="Name of the new table; from the time if not given.")] = "",
    backup: Annotated[str, typer.Option(help="ARN of a backup to take instead of a time.")] = "",
    stack: _Name = "leitplanke",
) -> None:
    """Restore the table into a new one with all that it needs, and say how to deploy on it.

    A table that was deleted has no point-in-time recovery any more: then its last backup is taken, which
    DynamoDB makes at the deletion and keeps for 35 days. There --at is not needed.
    """
    clients = Account()
    source = lost or Stack(clients, stack).output("TableName")
    if not backup and not tables.exists(clients, source):
        backup = tables.last_backup(clients, source)
        _tell(f"{source} is gone; taking the backup of its end: {backup}")
    if not backup and not at:
        raise RestoreError("it takes a time", remedy="--at 2026-11-25T02:40:00Z, just before it was spoilt")
    moment = None if backup else time_of(at)
    name = into or f"{stack}-Table-{moment or datetime.now(UTC):%Y%m%d-%H%M%S}"
    found = tables.restore(
        clients, tables.Source(table=source, at=moment, backup_arn=backup), name=name, tell=_tell
    )
    parameters = " ".join(f"{key}={value}" for key, value in found.parameters.items())
    _tell("next, deploy on it (the stack's own table is kept, and leaves the stack):")
    print(f'make deploy STACK={stack} PARAMETERS="{parameters}"')


@app.command()
def resume(stack: _Name = "leitplanke") -> None:
    """Read the queues again, and let the clocks tick once what has gathered is worked off."""
    pausing.resume(Stack(Account(), stack), tell=_tell)


@app.command()
def gap(
    since: Annotated[str, typer.Option(help="The restore point, as given to `table --at`.")],
    lost: Annotated[str, typer.Option(help="The old table, for integrations and policy.")] = "",
    carry_over: Annotated[
        bool, typer.Option(help="Make and revoke integrations in the new table as in the old one.")
    ] = False,
    archived: Annotated[bool, typer.Option("--archive/--no-archive", help="Ask the bus's archive.")] = True,
    stack: _Name = "leitplanke",
) -> None:
    """Name everything that was said since the restore point and is not in the table. May be run again."""
    found = find_gap(
        Stack(Account(), stack),
        since=time_of(since),
        lost=lost,
        archived=archived,
        carry_over=carry_over,
        tell=_tell,
    )
    report.show(found, screen.out())


def time_of(text: str) -> datetime:
    """A time with its zone. Raises RestoreError: an hour's error would cost an hour's incidents."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RestoreError(f"{text!r} is not a time", remedy="write it as 2026-11-25T02:40:00Z") from None
    if moment.tzinfo is None:
        raise RestoreError(f"{text!r} does not say its zone", remedy="end it with Z for UTC")
    return moment.astimezone(UTC)


def _tell(line: str) -> None:
    screen.err().print(line, soft_wrap=True)


def _refuse(message: str, remedy: str) -> None:
    screen.show_error(CliError(message, remedy=remedy))
    sys.exit(1)
