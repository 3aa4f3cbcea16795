"""After the start: what to try next, then a view that follows what happens until somebody stops it."""

import time
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.local.api import Api, Json, RefusedError
from infra.local.installation import Installation
from infra.local.narrator import Narrator

REFRESH_SECONDS = 2.0
ROWS = 12


def watch(installation: Installation, narrator: Narrator) -> None:
    """Show until a signal ends it: a table in a terminal, a line for each change elsewhere."""
    _next_steps(installation, narrator)
    if narrator.live:
        _follow_in_terminal(installation, narrator)
    else:
        _follow_in_lines(installation, narrator)


def _next_steps(installation: Installation, narrator: Narrator) -> None:
    url = installation.engine.base_url
    env = installation.env_file
    narrator.line()
    narrator.line(f"Leitplanke is running at {url}   API: {url}/docs   stop: Ctrl-C", style="bold green")
    narrator.line()
    narrator.line("Try next, in another terminal:", style="bold")
    for line in (
        f". {env}",
        'curl -s -H "Authorization: Bearer $LEITPLANKE_TOKEN" "$LEITPLANKE_URL/v1/incidents"',
        'curl -s -H "Authorization: Bearer $LEITPLANKE_TOKEN" "$LEITPLANKE_URL/v1/problems"',
        'curl -s -H "Authorization: Bearer $LEITPLANKE_KEY" -H "Content-Type: application/json" '
        '"$LEITPLANKE_URL/api/v2/alerts" '
        """-d '[{"labels": {"alertname": "DatabaseDown", "service": "registry-database"}}]'""",
        'curl -s "$LEITPLANKE_URL/_dev/inbox"',
    ):
        narrator.line(f"  {line}")
    narrator.line()


def _follow_in_terminal(installation: Installation, narrator: Narrator) -> None:
    with Live(console=narrator.console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(_picture(installation), refresh=True)
            time.sleep(REFRESH_SECONDS)


def _follow_in_lines(installation: Installation, narrator: Narrator) -> None:
    seen: dict[str, int] = {}
    told = len(installation.inbox())
    while True:
        for item in reversed(_incidents(installation.api)):
            if seen.get(item["id"]) != item["revision"]:
                seen[item["id"]] = item["revision"]
                narrator.line(_line(item))
        notifications = installation.inbox()
        for notification in notifications[told:]:
            narrator.line(f"told {notification['inbox']}: {_headline(notification)}")
        told = len(notifications)
        time.sleep(REFRESH_SECONDS)


def _incidents(api: Api) -> list[Json]:
    try:
        items: list[Json] = api.get("/v1/incidents", limit=ROWS)["incidents"]
    except RefusedError:
        return []
    return items


def _line(item: Json) -> str:
    return (
        f"incident {item['id']}: {item['state']}, {item['priority'] or '-'}, lane {item['lane'] or '-'}, "
        f"{item['service']}: {item['title']}"
    )


def _picture(installation: Installation) -> Group:
    table = Table("incident", "state", "prio", "lane", "team", "service", "cut off", "what", expand=True)
    for item in _incidents(installation.api):
        table.add_row(*_cells(item))
    lines = [Text(f"told {note['inbox']}: {_headline(note)}") for note in installation.inbox()[-4:]]
    return Group(table, *lines)


def _cells(item: Json) -> tuple[str, ...]:
    people = f"{item['heads']:,} people" if item["heads"] else "nobody"
    values: tuple[Any, ...] = (
        item["id"],
        item["state"],
        item["priority"],
        item["lane"],
        item["team"],
        item["service"],
        people,
        item["title"],
    )
    return tuple("-" if value is None else str(value) for value in values)


def _headline(notification: Json) -> str:
    body = notification["body"]
    text = body.get("title") or body.get("message") or "" if isinstance(body, dict) else str(body)
    return str(text).splitlines()[0] if text else ""
