"""`leitplanke dead-letters`: what nobody could handle, counted, or one place looked into."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.options import AsJson
from infra.cli.places import name_of, the_place
from leitplanke_client import Client
from leitplanke_client.dead_letter_models import Letter, Place, PlaceWithLetters

KEPT = timedelta(days=14)
"""Counted from when a message was first sent (template.yaml: MessageRetentionPeriod of dead letters)."""
_SOON = timedelta(days=4)
_BODY_CHARS = 400

_HOMES = {
    "queue": "A redrive sends them to their queue again.",
    "look": "A redrive has the clocks publish what was not published.",
    "nowhere": "A redrive drops them: later rounds have done their work.",
}


def dead_letters(
    queue: Annotated[
        str | None,
        typer.Argument(
            help="One place: routing, RoutingQueue, RoutingDeadLetters and its alarm's name all do."
        ),
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=50, help="With a QUEUE: messages at most.")] = 20,
    contains: Annotated[
        str, typer.Option(help="With a QUEUE: only messages with this in their text, reason or id.")
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Without a QUEUE: empty places as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what nobody could handle.

    Without QUEUE: which places hold dead letters, how many, and since when. With it: the messages there, why
    they are there, and what they say. They stay where they are. Takes the scope manage.
    """
    with connect("manage") as client:
        if queue is None:
            _list(client, everything=everything, as_json=as_json)
        else:
            _look(client, name_of(queue), limit=limit, contains=contains, as_json=as_json)


def _list(client: Client, *, everything: bool, as_json: bool) -> None:
    answer = client.dead_letters.places()
    if as_json:
        screen.show_json(answer.as_json())
        return
    places = answer.dead_letters
    shown = [place for place in places if everything or place.messages or place.in_work]
    console, now = screen.out(), datetime.now(UTC)
    if shown:
        console.print(_table(shown, now))
        console.print()
    console.print(_summary(places, now), soft_wrap=not console.is_terminal)
    console.print(Text(client.url, style="dim"))


def _table(places: list[Place], now: datetime) -> Table:
    table = screen.new_table("queue", "messages", "oldest", "what they are", right=("messages", "oldest"))
    for place in places:
        number = f"{place.messages:,}" + (f" +{place.in_work:,}" if place.in_work else "")
        since = Text(screen.age(place.oldest_at, now), style=_urgency(place, now)) if place.oldest_at else "-"
        style = "" if place.messages or place.in_work else "dim"
        table.add_row(
            Text(place.id, style="bold" if place.messages else ""),
            Text(number, style="red" if place.messages else ""),
            since,
            Text(screen.printable(place.holds)),
            style=style,
        )
    return table


def _urgency(place: Place, now: datetime) -> str:
    if place.oldest_at is None:
        return ""
    left = place.oldest_at + KEPT - now
    return "bold red" if left < _SOON else "yellow" if left < KEPT / 2 else ""


def _summary(places: tuple[Place, ...], now: datetime) -> Text:
    """What to do next."""
    full = [place for place in places if place.messages]
    worked_on = sum(place.in_work for place in places)
    text = Text()
    if not full and not worked_on:
        return Text("No dead letters: nothing waits for anybody.", style="green")
    for place in full:
        if place.oldest_at and place.oldest_at + KEPT - now < _SOON:
            left = screen.age(now, place.oldest_at + KEPT)
            text.append(f"The oldest of {place.id} is deleted for good in {left}.\n", style="bold red")
    if worked_on:
        words = "is" if worked_on == 1 else "are"
        text.append(
            f"{screen.counted(worked_on, 'message')} (+) {words} being looked at or redriven; "
            "what stays is back within a minute.\n"
        )
    if full:
        name = full[0].id
        text.append(
            f"See why: leitplanke dead-letters {name}\n"
            f"Once the cause is gone: leitplanke redrive {name if len(full) == 1 else '[QUEUE]'}"
        )
    text.rstrip()
    return text


def _look(client: Client, name: str, *, limit: int, contains: str, as_json: bool) -> None:
    place = the_place(client, name, limit=limit)
    wanted = [letter for letter in place.letters if _has(letter, contains)]
    if as_json:
        screen.show_json({**place.as_json(), "letters": [letter.as_json() for letter in wanted]})
        return
    console, now = screen.out(), datetime.now(UTC)
    _head(console, place, shown=len(wanted))
    for letter in wanted:
        console.print()
        console.print(_block(letter, now))
    if place.messages:
        console.print()
        console.print(Text(_HOMES.get(place.home, "")), soft_wrap=not console.is_terminal)
        console.print(Text(f"Once the cause is gone: leitplanke redrive {name}"))
    console.print(Text(client.url, style="dim"))


def _has(letter: Letter, contains: str) -> bool:
    texts = (letter.about, letter.reason, letter.excerpt, letter.message_id)
    return any(contains.lower() in text.lower() for text in texts)


def _head(console: Console, place: PlaceWithLetters, *, shown: int) -> None:
    if not place.messages and not place.letters:
        console.print(Text(f"{place.id}: no dead letters.", style="green"))
        if place.in_work:
            console.print(f"{screen.counted(place.in_work, 'message')} in work; look again in a minute.")
        return
    total = max(place.messages, len(place.letters))
    title = Text.assemble(
        (place.id, "bold"),
        ": ",
        (screen.counted(total, "message"), "red"),
        f", {screen.printable(place.holds)}",
    )
    if shown != total:
        title.append(f"; {shown:,} shown")
    console.print(title, soft_wrap=not console.is_terminal)
    console.print(
        Text(f"Read by {place.reader}; its log has each message's id.", style="dim"),
        soft_wrap=not console.is_terminal,
    )


def _block(letter: Letter, now: datetime) -> Table:
    table = screen.new_grid()
    table.add_row("message", Text(screen.printable(letter.message_id), style="bold"))
    tries = f"tried or looked at {screen.counted(letter.received, 'time')}"
    table.add_row("sent", Text(f"{screen.age(letter.sent_at, now)} ago ({_time(letter.sent_at)}), {tries}"))
    if letter.first_received_at:
        table.add_row("first try", Text(_time(letter.first_received_at)))
    if letter.about:
        table.add_row("about", Text(screen.printable(letter.about)))
    table.add_row("reason", Text(screen.printable(letter.reason), style="yellow"))
    body = screen.printable(letter.excerpt)
    cut = f"{body[:_BODY_CHARS]} ..." if len(body) > _BODY_CHARS else body
    table.add_row("body", Text(cut))
    return table


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
