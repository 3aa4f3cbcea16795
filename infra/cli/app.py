"""The command line: what people do with an installation, here or in the cloud.

It speaks to the API alone, so it needs no AWS credentials: LEITPLANKE_URL and LEITPLANKE_TOKEN say where and
as whom, LEITPLANKE_KEY as which sender. Without them it takes what `make run` started in this folder.
"""

from collections.abc import Callable

import typer

from infra.cli import integrations, policy, problems
from infra.cli.actions import ack, assign, escalate, note, prioritise, suppress
from infra.cli.card import show
from infra.cli.dead_letters import dead_letters
from infra.cli.endings import close, reopen, report, restore
from infra.cli.guardrails import guardrails
from infra.cli.incidents import incidents
from infra.cli.records import audit, quarantine
from infra.cli.redrive import redrive
from infra.cli.replay import replay
from infra.cli.send import send
from infra.cli.story import alerts, timeline, why
from infra.cli.typed import RememberingGroup

app = typer.Typer(
    name="leitplanke",
    cls=RememberingGroup,
    help=__doc__,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each command has its own --help. docs/guides/command-line.md shows them at work.",
)


def _add(panel: str, *commands: Callable[..., None]) -> None:
    for command in commands:
        app.command(command.__name__.replace("_", "-"), rich_help_panel=panel)(command)


_add("Look at incidents", incidents, show, why, timeline, alerts)
_add("Act on an incident", report, ack, assign, escalate, note, prioritise, suppress, restore, close, reopen)
app.add_typer(problems.app, name="problems", rich_help_panel="So that it comes back less often")
_add("So that it comes back less often", guardrails)
_add("Senders", send, replay, quarantine)
app.add_typer(
    integrations.app, name="integrations", help="Say which senders may speak.", rich_help_panel="Senders"
)
app.add_typer(
    policy.app, name="policy", help="Check, get and put the policy.", rich_help_panel="Run the installation"
)
_add("Run the installation", audit, dead_letters, redrive)


@app.callback()
def _group() -> None:
    """Keeps the help of the whole."""
