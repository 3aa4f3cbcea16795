"""After the start: what to try next, then a view that follows what happens until somebody stops it."""

import time

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.local.api import Api, Json, RefusedError
from infra.local.installation import Installation
from infra.local.narrator import Narrator

REFRESH_SECONDS = 2.0
ROWS = 10
SHOWN_NOTES = 4
_STYLES = {"P1": "bold red", "P2": "red", "P3": "yellow"}


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
    narrator.line(
        f"Leitplanke is running. Board: {url}/board   API: {url}/docs   stop: Ctrl-C", style="bold green"
    )
    narrator.line()
    narrator.line("Try next, in another terminal:", style="bold")
    newest = [f"./leitplanke show {item['id']}" for item in _incidents(installation.api)[:1]]
    for line in (
        f"set -a; . {env}; set +a",
        "./leitplanke incidents",
        *newest,
        "./leitplanke problems",
        './leitplanke send db/1 "The database is down" --service registry-database --severity critical',
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


def _problems(api: Api) -> list[Json]:
    try:
        items: list[Json] = api.get("/v1/problems", limit=ROWS)["problems"]
    except RefusedError:
        return []
    return items


def _line(item: Json) -> str:
    return (
        f"incident {item['id']}: {item['state']}, {item['priority'] or '-'}, lane {item['lane'] or '-'}, "
        f"{item['service']}: {item['title']}"
    )


def _picture(installation: Installation) -> Group:
    api = installation.api
    notes = installation.inbox()[-SHOWN_NOTES:]
    told = [
        Text(f"told {note['inbox']}: {_headline(note)}", overflow="ellipsis", no_wrap=True) for note in notes
    ]
    return Group(_incident_table(_incidents(api)), _problem_table(_problems(api)), *told)


def _incident_table(items: list[Json]) -> Table:
    table = Table(title="Open incidents", title_justify="left", expand=True, box=SIMPLE_HEAD)
    for column in ("incident", "prio", "lane", "team", "state", "service", "cut off"):
        table.add_column(column, no_wrap=True)
    table.add_column("what", ratio=1, overflow="ellipsis", no_wrap=True)
    for item in items:
        cut_off = f"{item['heads']:,} people" if item["heads"] else "nobody"
        names = ("id", "priority", "lane", "team", "state", "service")
        cells = [str(item[name] or "-") for name in names]
        table.add_row(*cells, cut_off, item["title"], style=_STYLES.get(item["priority"]))
    if not items:
        table.add_row("none")
    return table


def _problem_table(items: list[Json]) -> Table:
    table = Table(title="Problems", title_justify="left", expand=True, box=SIMPLE_HEAD)
    for column in ("problem", "state", "team", "service", "incidents"):
        table.add_column(column, no_wrap=True)
    table.add_column("opened because", ratio=1, overflow="ellipsis", no_wrap=True)
    for item in items:
        cells = [str(item[name] or "-") for name in ("id", "state", "team", "service", "incident_count")]
        table.add_row(*cells, item["reason"])
    if not items:
        table.add_row("none")
    return table


def _headline(notification: Json) -> str:
    body = notification["body"]
    text = body.get("title") or body.get("message") or "" if isinstance(body, dict) else str(body)
    return str(text).splitlines()[0] if text else ""
