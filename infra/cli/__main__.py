"""`./leitplanke` starts this. Its exit codes are in infra/cli/errors.py; 130 is Ctrl-C."""

import os
import signal
import sys
from collections.abc import Sequence
from typing import cast


def main() -> int:
    """Run the command that was typed; what goes wrong is told in two lines, or as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while loading, which takes a moment
    from infra.cli import screen  # noqa: PLC0415
    from infra.cli.errors import CliError  # noqa: PLC0415
    from infra.cli.typed import wants_json  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.default_int_handler)
    as_json = wants_json(sys.argv)
    try:
        return _run(sys.argv[1:], as_json=as_json)
    except CliError as error:
        screen.show_error(error, as_json=as_json)
        return int(error.code)
    except Exception as error:
        if os.environ.get("LEITPLANKE_DEBUG"):
            raise
        fault = CliError(
            f"a fault in this program: {type(error).__name__}: {error}",
            remedy="please report it with what LEITPLANKE_DEBUG=1 shows",
        )
        screen.show_error(fault, as_json=as_json)
        return 1


def _run(arguments: Sequence[str], *, as_json: bool) -> int:
    """Raises CliError. People get what was typed wrongly as Typer shows it, programs as JSON."""
    import typer  # noqa: PLC0415

    from infra.cli.app import app  # noqa: PLC0415
    from infra.cli.errors import CliError, Exit  # noqa: PLC0415

    for one in arguments:
        if not _is_text(one):
            message = f"{one!r} is not UTF-8"
            raise CliError(message, remedy="type it again, in a UTF-8 terminal", code=Exit.WRONG_USAGE)
    usage_error = cast(
        "type[Exception]", typer.BadParameter.__base__
    )  # of all that is typed wrongly; has no public name
    try:
        return app(prog_name="leitplanke", standalone_mode=not as_json) or 0
    except usage_error as wrong:
        message = str(getattr(wrong, "format_message", wrong.__str__)()).rstrip(".")
        remedy = "add --help for what the command takes"
        raise CliError(message, remedy=remedy, code=Exit.WRONG_USAGE) from wrong
    except typer.Abort:
        return 130


def _is_text(argument: str) -> bool:
    """Bytes that are no text come in as half characters (PEP 383)."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
