"""`python -m infra.local.run`, which is `make run`; the options are in infra/local/command.py."""

import signal


def main() -> None:
    """Run the command."""
    # Loading it takes a second, and Ctrl-C shall end that without a traceback; the command then takes over.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from infra.local.command import app  # noqa: PLC0415

    app(prog_name="make run")


if __name__ == "__main__":
    main()
