"""`./leitplanke` starts this. Exit codes: 0 done, 1 not done, 2 wrong usage, 130 Ctrl-C."""

import os
import signal
import sys


def main() -> int:
    """Run the command that was typed; what goes wrong is told in two lines."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while loading, which takes a moment
    from pydantic import ValidationError  # noqa: PLC0415

    from infra.cli import screen  # noqa: PLC0415
    from infra.cli.app import app  # noqa: PLC0415
    from infra.cli.errors import CliError  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        app(prog_name="leitplanke")
    except CliError as error:
        screen.show_error(error)
        return 1
    except ValidationError as error:
        screen.show_error(
            CliError(
                f"the API's answer is not what this command line knows: {error.error_count()} fields differ",
                remedy="take the version of this folder that was deployed, or deploy this one",
            )
        )
        return 1
    except Exception as error:
        if os.environ.get("LEITPLANKE_DEBUG"):
            raise
        screen.show_error(
            CliError(
                f"a fault in this program: {type(error).__name__}: {error}",
                remedy="please report it with what LEITPLANKE_DEBUG=1 shows",
            )
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
