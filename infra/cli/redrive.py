"""`leitplanke redrive`: dead letters go home, once the cause is gone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.options import AsJson
from infra.cli.places import name_of, unknown_place
from leitplanke_client import Client, ClientError
from leitplanke_client.dead_letter_models import Place, Redriven

PER_REQUEST = 100
"""The most that the API redrives at once (functions/serve_api/dead_letter_shapes.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What became of one place."""

    place: Place
    moved: int = 0
    looks: int = 0
    dropped: int = 0
    kept: int = 0
    left: int = 0
    error: ClientError | None = None

    @property
    def done(self) -> int:
        """Messages that are no longer dead letters."""
        return self.moved + self.looks + self.dropped

    def plus(self, step: Redriven) -> "Total":
        """With what one more request did."""
        return replace(
            self,
            moved=self.moved + step.moved,
            looks=self.looks + step.looks,
            dropped=self.dropped + step.dropped,
            kept=step.kept,
            left=step.left,
        )


def redrive(
    queue: Annotated[
        str | None, typer.Argument(help="One place, as `leitplanke dead-letters` shows it. Left out: all.")
    ] = None,
    *,
    at_most: Annotated[
        int | None, typer.Option("--max", min=1, help="Messages at most, of all places.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send dead letters home, once their cause is gone.

    Each is stored where it came from before it is deleted here: breaking off in the middle may double a
    message and loses none. Everybody who reads them bears what is doubled, late or old, so this may be run at
    any time. What fails again comes back after ten more tries. Takes the scope admin.
    """
    with connect("admin") as client:
        places = _places(client, queue)
        if dry_run:
            _say_what_would_be(places, at_most, url=client.url, as_json=as_json)
            return
        totals = _redrive_all(client, places, at_most)
        _show(totals, url=client.url, as_json=as_json)
        if error := next((total.error for total in totals if total.error), None):
            raise error
    if any(total.kept for total in totals):
        raise typer.Exit(1)


def _places(client: Client, queue: str | None) -> list[Place]:
    """The one that is named, or all that hold something."""
    found = list(client.dead_letters.places().dead_letters)
    if queue is None:
        return [place for place in found if place.messages]
    name = name_of(queue)
    named = [place for place in found if place.id == name]
    if not named:
        raise unknown_place(client, name)
    return named


def _redrive_all(client: Client, places: list[Place], at_most: int | None) -> list[Total]:
    totals: list[Total] = []
    left = at_most
    with _progress() as progress:
        for place in places:
            if left == 0:
                break
            expected = place.messages if left is None else min(place.messages, left)
            task = progress.add_task(place.id, total=expected)
            total = _redrive_one(client, place, left, partial(_advance, progress, task))
            totals.append(total)
            left = None if left is None else left - total.done
            if total.error:
                break
    return totals


def _redrive_one(client: Client, place: Place, at_most: int | None, progress: Callable[[int], None]) -> Total:
    """Ask until nothing is left, nothing moves any more, or the limit is reached."""
    total = Total(place=place, left=place.messages)
    while at_most is None or total.done < at_most:
        wanted = PER_REQUEST if at_most is None else min(PER_REQUEST, at_most - total.done)
        try:
            step = client.dead_letters.redrive(place.id, at_most=wanted)
        except ClientError as error:
            return replace(total, error=error)
        total = total.plus(step)
        progress(total.done)
        if step.empty or not step.done:
            break
    return total


def _advance(progress: Progress, task: TaskID, completed: int) -> None:
    progress.update(task, completed=completed)


def _progress() -> Progress:
    console = screen.err()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _say_what_would_be(places: list[Place], at_most: int | None, *, url: str, as_json: bool) -> None:
    left = at_most
    would: list[tuple[Place, int]] = []
    for place in places:
        number = place.messages if left is None else min(place.messages, left)
        left = None if left is None else left - number
        would.append((place, number))
    if as_json:
        screen.show_json(
            {"dry_run": True, "would": [{"id": p.id, "messages": n, "home": p.home} for p, n in would]}
        )
        return
    console = screen.out()
    if not any(number for _, number in would):
        console.print(Text("Nothing to redrive.", style="green"))
        return
    for place, number in would:
        console.print(Text(f"{place.id}: {_WOULD[place.home].format(screen.counted(number, 'message'))}"))
    console.print(Text(f"Nothing was changed. {url}", style="dim"))


_WOULD = {
    "queue": "would send {} to the queue again",
    "look": "would look into {} and publish what is owed",
    "nowhere": "would drop {}, whose work is done",
}


def _show(totals: list[Total], *, url: str, as_json: bool) -> None:
    if as_json:
        screen.show_json({"dry_run": False, "redriven": [_plain(total) for total in totals]})
        return
    console = screen.out()
    if not any(total.done or total.left or total.kept for total in totals):
        console.print(Text("Nothing to redrive.", style="green"))
        return
    for total in totals:
        console.print(_line(total), soft_wrap=not console.is_terminal)
    console.print(Text(url, style="dim"))


def _line(total: Total) -> Text:
    parts = [
        f"{screen.counted(number, 'message')} {words}"
        for number, words in (
            (total.moved, "sent to the queue again"),
            (total.looks, "looked into: what is owed is published within a minute"),
            (total.dropped, "dropped, whose work is done"),
        )
        if number
    ]
    text = Text.assemble((total.place.id, "bold"), ": ", ("; ".join(parts) or "nothing done", ""))
    if total.kept:
        text.append(f"; the queue did not take {total.kept:,}, try again in a minute", style="red")
    if total.left:
        text.append(f"; {total.left:,} still there", style="yellow")
    return text


def _plain(total: Total) -> dict[str, Any]:
    return {
        "id": total.place.id,
        "moved": total.moved,
        "looks": total.looks,
        "dropped": total.dropped,
        "kept": total.kept,
        "left": total.left,
        "error": total.error.message if total.error else None,
    }
