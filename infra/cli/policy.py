"""`leitplanke policy`: the one document that says who owns what."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.errors import CliError, Exit
from infra.cli.options import AsJson
from infra.cli.typed import command
from leitplanke_client import WrongFieldsError

app = typer.Typer(no_args_is_help=True)

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="YAML; - reads standard input.")]
Version = Annotated[int | None, typer.Option("--version", min=1, help="An earlier one; left out: in force.")]


@app.command()
def check(file: PolicyFile, as_json: AsJson = False) -> None:
    """Look for every fault in a policy, without asking anybody. Exit code 1 if there is one."""
    from leitplanke.domain.errors import PolicyError  # noqa: PLC0415 - conditions take a while to load
    from leitplanke.domain.policy import load_policy  # noqa: PLC0415

    text, faults = read(file), []
    try:
        load_policy(text)
    except PolicyError as wrong:
        faults = [{"path": one.path, "message": one.message, "remedy": one.remedy} for one in wrong.faults]
    if as_json:
        screen.show_json({"ok": not faults, "faults": faults})
        if faults:
            raise typer.Exit(Exit.NOT_DONE)
        return
    if faults:
        raise _faulty(file, faults)
    console = screen.out()
    console.print(Text(f"{file}: no faults.", style="green"))
    console.print(
        Text(f"Put it in force: {command('policy', 'put', str(file))}", style="dim"), soft_wrap=True
    )


@app.command()
def get(
    *,
    version: Version = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the policy as it was put, with its comments.

    Takes the scope read.
    """
    with connect("read") as client:
        found = client.policy.get(version)
    if output is not None:
        _write(output, found.text)
        put = command("policy", "put", str(output), "--if-match", str(found.version))
        told = f"version {found.version} is in {output}; put it back with: {put}"
        screen.err().print(Text(told), soft_wrap=True)
    if as_json:
        screen.show_json({"version": found.version, "text": found.text})
    elif output is None:
        sys.stdout.write(found.text)


@app.command()
def put(
    file: PolicyFile,
    *,
    if_match: Annotated[
        int | None, typer.Option(min=0, help="Only if this version is still in force, which `get -o` tells.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a policy in force, if it has no fault; else name every one.

    Takes the scope manage.
    """
    text = read(file)
    with connect("manage") as client:
        try:
            done = client.policy.put(text, if_match=if_match)
        except WrongFieldsError as wrong:
            raise _faulty(file, wrong.faults) from wrong
    if as_json:
        screen.show_json(done.as_json())
        return
    told = f"Version {done.version} is in force; all functions use it within 15 seconds."
    if not done.changed:
        told = f"That is version {done.version}, which is in force already."
    screen.out().print(Text(told, style="green"))


def read(file: Path) -> str:
    """The text of a file, or of standard input. Raises CliError."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CliError(f"{file} is not UTF-8: {error.reason}", remedy="save it as UTF-8") from error
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise CliError(message, remedy="name a file that there is", code=Exit.WRONG_USAGE) from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise CliError(message, remedy="name another --output", code=Exit.WRONG_USAGE) from error


def _faulty(file: Path, faults: Sequence[Mapping[str, str]]) -> CliError:
    details = [(one["path"], f"{one['message']}; {one['remedy']}") for one in faults]
    number = screen.counted(len(faults), "fault")
    return CliError(f"{file} has {number}", details=details, remedy="mend all of them, then try again")
