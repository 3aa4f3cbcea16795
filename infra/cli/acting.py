"""What all actions on incidents share: who is meant, guardrails on the way, and what came of it."""

from collections.abc import Callable

from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.guardrails_met import past_guardrails
from infra.cli.names import incident_id
from infra.cli.options import Manner
from infra.cli.typed import command
from infra.cli.words import STYLES, holder
from leitplanke_client import Client
from leitplanke_client.acting import How
from leitplanke_client.incident_models import ActedOn, Incident

Do = Callable[[Client, str, How], ActedOn]


def act(typed: str, do: Do, how: Manner) -> None:
    """Do it to the incident that is meant, and tell what came of it. Raises CliError."""
    with connect("respond") as client:
        ident = incident_id(client, typed)
        done = past_guardrails(
            lambda overrides: do(client, ident, How(if_match=how.if_match, overrides=overrides)), how
        )
    if how.as_json:
        screen.show_json(done.as_json())
        return
    console = screen.out()
    if not done.changed:
        console.print(Text("It was so already; nothing changed.", style="dim"))
    show_incident(done, notice=done.notice)


def show_incident(done: Incident, *, notice: str | None = None) -> None:
    """The incident as it is now, what else to know, and what comes next."""
    console = screen.out()
    soft = not console.is_terminal
    line = Text.assemble(
        (done.id, "bold"),
        "  ",
        (done.priority or "not routed yet", STYLES.get(done.priority or "", "")),
        f"  {done.state}, {screen.printable(holder(done))}",
        (f"  {screen.printable(done.title)}, revision {done.revision}", "dim"),
    )
    console.print(line, soft_wrap=soft)
    if notice:
        console.print(Text(screen.printable(notice), style="yellow"), soft_wrap=soft)
    if following := _following(done):
        console.print(Text(following, style="dim"), soft_wrap=True)


def _following(done: Incident) -> str:
    if done.state == "open":
        return f"Take it: {command('ack', done.id)}"
    if done.state == "acknowledged":
        return f'Once they can work again: {command("restore", done.id)} --workaround "..."'
    return f"File it: {command('close', done.id)}" if done.state == "restored" else ""
