"""`leitplanke guardrails`: what each did, and whether to keep it."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.moments import day
from infra.cli.options import AsJson
from leitplanke_client.guardrail_models import GuardrailReport, ReportedGuardrail

_STYLES = {"keep": "green", "soften": "yellow", "retire": "red"}


def guardrails(
    *,
    first: Annotated[
        date | None, typer.Option("--from", parser=day, metavar="DAY", help="First day (UTC), 2026-01-01.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=day, metavar="DAY", help="Last day (UTC), 2026-03-31.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what each guardrail did in these days, and whether to keep, soften or retire it.

    Regretted: gone past, and then reopened, escalated, prioritised again or restored late. False stop: gone
    past, and none of these. Takes the scope read.
    """
    with connect("read") as client:
        report = client.guardrails.report(first=first, last=last)
    if as_json:
        screen.show_json(report.as_json())
        return
    _show(screen.out(), report)


def _show(console: Console, report: GuardrailReport) -> None:
    numbers = ("asked", "fired", "heeded", "overridden", "regretted", "false stops")
    table = screen.new_table("guardrail", *numbers, right=numbers)
    table.columns[0].overflow = "fold"
    for one in report.guardrails:
        name = Text(one.id, style="bold" if one.in_force else "dim")
        counts = (one.evaluated, one.fired, one.heeded, one.overridden, one.regretted, one.false_stops)
        table.add_row(name, *(f"{number:,}" for number in counts))
    if report.since and report.until:
        console.print(Text(f"{report.since} to {report.until}", style="dim"))
    console.print(table)
    console.print()
    for one in report.guardrails:
        _say(console, one)


def _say(console: Console, one: ReportedGuardrail) -> None:
    soft = not console.is_terminal
    text = Text.assemble(
        (one.id, "bold"), ": ", (screen.printable(one.sentence), _STYLES.get(one.advice, ""))
    )
    if not one.in_force:
        text.append(" (not in force)", style="dim")
    console.print(text, soft_wrap=soft)
    if one.by:
        people = ", ".join(
            f"{name} {number}" for name, number in sorted(one.by.items(), key=lambda it: -it[1])
        )
        console.print(Text(f"  gone past by {screen.printable(people)}", style="dim"), soft_wrap=soft)
