"""`leitplanke audit` and `quarantine`: who changed the rules, and what senders said that was no use."""

import re
from datetime import UTC, date
from typing import Annotated

import typer
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.moments import day as a_day
from infra.cli.options import AsJson, Limit
from infra.cli.words import told

_PAGE = 200


def audit(
    *,
    month: Annotated[
        str | None, typer.Option(metavar="MONTH", help="A UTC month, 2026-03; left out: this one.")
    ] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Tell who changed the policy and keys, and who used a role, newest first.

    Takes the scope admin.
    """
    if month is not None and not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        raise typer.BadParameter(f"{month!r} is no month; write it like 2026-03")
    with connect("admin") as client:
        found, more = client.audit.list(month=month, limit=min(limit, _PAGE)).first(limit)
    if as_json:
        screen.show_json({"audit": [one.as_json() for one in found], "more": more})
        return
    console = screen.out()
    table = screen.new_table("when (UTC)", "who", "did", "to what", "facts")
    table.columns[0].no_wrap = True
    for one in found:
        roles = f" ({', '.join(one.roles)})" if one.roles else ""
        cells = (f"{one.by}{roles}", one.did, one.subject, told(one.facts))
        moment = f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        table.add_row(Text(moment, style="dim"), *(Text(screen.printable(cell)) for cell in cells))
    console.print(table if found else Text("Nothing in that month.", style="green"))
    if more:
        console.print(Text(f"There is more: --limit {len(found) * 4}", style="dim"))


def quarantine(
    *,
    day: Annotated[
        date | None, typer.Option(parser=a_day, metavar="DAY", help="A UTC day; left out: today.")
    ] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Show what senders said that could not be used, and what to send instead.

    Takes the scope manage.
    """
    with connect("manage") as client:
        found, more = client.quarantine.list(day=day, limit=min(limit, _PAGE)).first(limit)
    if as_json:
        screen.show_json({"quarantine": [one.as_json() for one in found], "more": more})
        return
    console = screen.out()
    soft = not console.is_terminal
    if not found:
        console.print(Text("Nothing on that day: senders were understood.", style="green"))
    for one in found:
        often = f", {one.times:,} times" if one.times > 1 else ""
        head = f"{one.integration_name} ({one.sender}), {screen.clock(one.received_at)}{often}"
        console.print(Text(screen.printable(head), style="bold"), soft_wrap=soft)
        for item in one.items:
            fault = Text.assemble("  ", (screen.printable(item.field), "red"))
            fault.append(screen.printable(f": {item.reason}; {item.remedy}"))
            console.print(fault, soft_wrap=soft)
            console.print(Text(f"  {screen.printable(item.excerpt)}", style="dim"), soft_wrap=soft)
    if more:
        console.print(Text(f"There is more: --limit {len(found) * 4}", style="dim"))
