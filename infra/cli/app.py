"""The command line: what people do with an installation, here or in the cloud.

It speaks to the work API alone, so it needs no AWS credentials: LEITPLANKE_URL and LEITPLANKE_TOKEN say where
and as whom. Without both it takes what `make run` started in this folder.
"""

import typer

from infra.cli.dead_letters import dead_letters
from infra.cli.redrive import redrive

app = typer.Typer(
    name="leitplanke",
    help=__doc__,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each command has its own --help. docs/guides/command-line.md shows them at work.",
)
app.command("dead-letters")(dead_letters)
app.command("redrive")(redrive)


@app.callback()
def _group() -> None:
    """Makes it a group of commands, however few there are."""
