"""`leitplanke integrations`: which senders may speak."""

from datetime import UTC, datetime
from typing import Annotated, get_args

import typer
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.moments import length_of
from infra.cli.names import integration_id
from infra.cli.options import AsJson, Limit
from infra.cli.typed import command
from infra.cli.words import chosen
from leitplanke_client.admin_models import Integration
from leitplanke_client.words import Capability

app = typer.Typer(no_args_is_help=True)

_PAGE = 200


@app.command("list")
def list_integrations(limit: Limit = 200, as_json: AsJson = False) -> None:
    """List senders, newest first, revoked ones among them.

    Takes the scope admin.
    """
    with connect("admin") as client:
        found, more = client.integrations.list(limit=min(limit, _PAGE)).first(limit)
        url = client.url
    if as_json:
        screen.show_json({"integrations": [one.as_json() for one in found], "more": more})
        return
    console, now = screen.out(), datetime.now(UTC)
    table = screen.new_table("integration", "name", "may", "heard", "state")
    table.columns[0].no_wrap = True
    for one in found:
        heard = f"{screen.age(one.heard_at, now)} ago" if one.heard_at else "never"
        may = ", ".join(one.capabilities)
        table.add_row(
            Text(one.id, style="bold"), Text(screen.printable(one.name)), may, heard, _state(one, now)
        )
    console.print(table)
    if more:
        console.print(Text(f"There are more than these {len(found)}: --limit {len(found) * 4}"))
    console.print(Text(url, style="dim"))


def _state(one: Integration, now: datetime) -> Text:
    if one.revoked_at is not None:
        by = screen.printable(one.revoked_by or "-")
        return Text(f"revoked {screen.age(one.revoked_at, now)} ago by {by}", style="dim")
    if one.silent_since is not None:
        return Text(f"silent for {screen.age(one.silent_since, now)}", style="red")
    return Text("good", style="green")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    *,
    sender: Annotated[str | None, typer.Option(help="Which protocol it speaks: alertmanager, ...")] = None,
    capability: Annotated[
        list[str] | None, typer.Option(help="events (left out), silences or read. May be repeated.")
    ] = None,
    quiet_after: Annotated[
        str | None, typer.Option(metavar="TIME", help="Without a word for so long (10min) it is an incident.")
    ] = None,
    limit_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Requests a minute; storms are the point, so none if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a sender in. Its key is printed, and can never be shown again.

    Takes the scope admin.
    """
    quiet = length_of(quiet_after) if quiet_after else None
    if quiet_after and quiet is None:
        raise typer.BadParameter(f"{quiet_after!r} is no time; write 10min, 2h or 1d")
    words = [chosen(word.lower(), get_args(Capability)) for word in capability or ["events"]]
    with connect("admin") as client:
        made = client.integrations.create(
            name,
            sender=sender,
            capabilities=words,
            quiet_after_s=int(quiet.total_seconds()) if quiet else None,
            limit_per_minute=limit_per_minute,
        )
    if as_json:
        screen.show_json(made.as_json())
        return
    console = screen.out()
    console.print(Text.assemble("key  ", (made.key, "bold green")), soft_wrap=True)
    console.print(Text("Keep it: it is not stored and cannot be shown again.", style="yellow"))
    console.print(Text(f"Integration {made.id}. Where senders put it: docs/guides/senders.md", style="dim"))
    console.print(Text(f"To shut it out: {command('integrations', 'revoke', made.id)}", style="dim"))


@app.command()
def revoke(
    ident: Annotated[str, typer.Argument(metavar="INTEGRATION", help="Its whole id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Shut a sender out: its key opens nothing any more, within a minute.

    Takes the scope admin.
    """
    with connect("admin") as client:
        done = client.integrations.revoke(integration_id(ident))
    if as_json:
        screen.show_json(done.as_json())
        return
    text = f"{done.id} ({done.name}) is revoked; its key opens nothing any more, within a minute."
    screen.out().print(Text(screen.printable(text)))
