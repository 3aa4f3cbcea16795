"""`./leitplanke` starts this. Its exit codes are in infra/cli/errors.py; 130 is Ctrl-C."""

import os
import signal
import sys


def main() -> int:
    """Run the command that was typed; what goes wrong is told in two lines."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while loading, which takes a moment
    from infra.cli import screen  # noqa: PLC0415
    from infra.cli.app import app  # noqa: PLC0415
    from infra.cli.errors import CliError  # noqa: PLC0415
    from infra.cli.typed import wants_json  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        app(prog_name="leitplanke")
    except CliError as error:
        screen.show_error(error, as_json=wants_json(sys.argv))
        return int(error.code)
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
