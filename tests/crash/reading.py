"""The end of a run as the API tells it, in words that two runs can share: no ids, no times, no repeats."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from leitplanke.domain.board import Column
from leitplanke.edge import clients
from leitplanke.table import keys
from leitplanke.table.board import Board
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.keys import Key
from leitplanke.table.ledger import Ledger
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from tests.crash.engine import TABLE
from tests.crash.people import People

End = dict[str, Any]
_DROPPED = frozenset({"revision", "occurrences", "times", "links", "next", "signature", "key", "policy"})
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00| UTC)?")
_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d |[A-Z][a-z]{2} \d+ [A-Z][a-z]+,? )?\d\d:\d\d UTC")
_SPAN = re.compile(
    r"(less than )?\b(\d+|an?) (second|minute|hour|day)s?\b( ago)?|\b\d+ ?(s|min|h|d)\b|just now"
)


def end_of(people: People) -> End:
    """Everything that people and the next functions can see, with names instead of ids."""
    cloud = people.cloud
    table = Table(clients.dynamodb(), TABLE)
    incidents = sorted(
        people.get("/v1/incidents?state=all")["incidents"],
        key=lambda one: (one["opened_at"], one["service"], one["title"]),
    )
    problems = sorted(people.get("/v1/problems?state=all")["problems"], key=lambda one: one["opened_at"])
    plain = naming(incidents, problems)
    told = Counter((one.channel, plain(one.title), " ".join(plain(one.body).split())) for one in cloud.told)
    again = Counter((one.channel, plain(one.title)) for one in cloud.told if one.allowed_again)
    return {
        "incidents": {plain(one["id"]): _incident(people, table, one["id"], plain) for one in incidents},
        "problems": {plain(one["id"]): _problem(people, table, one["id"], plain) for one in problems},
        "services": {name: state.down for name, state in sorted(Services(table).all().items())},
        "causes": {
            name: sorted(plain(one) for one in Services(table).causes(name)) for name in Services(table).all()
        },
        "integrations": sorted(str(plain(one)) for one in people.get("/v1/integrations")["integrations"]),
        "policy": people.ask("GET", "/v1/policy").text,
        "board": _board(table, plain),
        "quarantine": sorted(str(plain(one)) for one in people.get("/v1/quarantine")["quarantine"]),
        "dead letters": sorted(one.split(":")[0] for one in cloud.dead),
        "owed": _owed(table, people),
        "told": {" | ".join(what): count for what, count in sorted(told.items())},
        "may be doubled": {" | ".join(what): count for what, count in sorted(again.items())},
    }


def _incident(people: People, table: Table, ident: str, plain: Callable[[Any], Any]) -> End:
    path = f"/v1/incidents/{ident}"
    lines = people.get(f"{path}/timeline")["timeline"]
    kinds = {line["revision"]: line["kind"] for line in lines}
    why = people.get(f"{path}/why")["decisions"]
    return {
        "card": plain(people.get(path)),
        "timeline": [plain({name: line[name] for name in ("kind", "by", "loud", "data")}) for line in lines],
        "why": plain(why[:1]),
        "decisions": len(why),
        "alerts": sorted(str(plain(one)) for one in people.get(f"{path}/alerts")["alerts"]),
        "ledger": _ledger(table, keys.incident(ident), kinds),
    }


def _problem(people: People, table: Table, ident: str, plain: Callable[[Any], Any]) -> End:
    path = f"/v1/problems/{ident}"
    lines = people.get(f"{path}/timeline")["timeline"]
    kinds = {line["revision"]: line["kind"] for line in lines}
    card = people.get(path)
    return {
        "card": plain({name: value for name, value in card.items() if name != "incidents"}),
        "incidents": [plain(one["id"]) for one in card["incidents"]],
        "timeline": [plain({name: line[name] for name in ("kind", "by", "loud", "data")}) for line in lines],
        "ledger": _ledger(table, keys.problem(ident), kinds),
    }


def _ledger(table: Table, owner: Key, kinds: Mapping[int, str]) -> list[str]:
    entries = Ledger(table).read(owner)
    return sorted(
        f"{kinds[one.revision]} {one.channel or one.text.split(':')[0]} {one.state}" for one in entries
    )


def _board(table: Table, plain: Callable[[Any], Any]) -> End:
    """Where incidents stand, and how many are counted where."""
    board = Board(table)
    counts = board.overview().counts
    return {
        "places": {
            column.value: sorted(plain(list(board.standing(column, limit=1_000).items))) for column in Column
        },
        "counts": {
            f"{column} {priority}": number
            for column, some in counts.items()
            for priority, number in some.items()
            if number
        },
    }


def _owed(table: Table, people: People) -> list[str]:
    """What a reconciler would still have to do. At the end of a story there must be none of it."""
    owed: list[str] = []
    for shown in people.get("/v1/incidents?state=all")["incidents"]:
        one = Incidents(table).get(shown["id"])
        if one.published_revision < one.revision:
            owed.append(f"{one.service}: revisions that nobody published")
        if one.routed_pulse < one.pulse and one.is_live:
            owed.append(f"{one.service}: alerts that routing has not seen")
    for shown in people.get("/v1/problems?state=all")["problems"]:
        problem = Problems(table).get(shown["id"])
        if problem.published_revision < problem.revision:
            owed.append(f"{problem.title}: revisions that nobody published")
    for state in Services(table).all().values():
        if state.published_revision < state.revision:
            owed.append(f"{state.service}: flips that nobody published")
    return owed


def naming(incidents: list[Any], problems: list[Any]) -> Callable[[Any], Any]:
    """Makes values comparable: ids become names in the order of opening, times lose their digits."""
    names = {one["id"]: f"incident {number}" for number, one in enumerate(incidents, 1)}
    names |= {one["id"]: f"problem {number}" for number, one in enumerate(problems, 1)}
    known = re.compile("|".join(map(re.escape, names)) or r"(?!)")

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: _hidden(name, plain(item)) for name, item in value.items() if name not in _DROPPED}
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, str):
            text = known.sub(lambda found: names[found[0]], value)
            return _SPAN.sub("<span>", _CLOCK.sub("<time>", _TIME.sub("<time>", text)))
        return value

    return plain


def _hidden(name: str, value: Any) -> Any:
    """Ids of alerts and integrations are random; that there is one is all that counts."""
    is_named = name == "id" and str(value).startswith(("incident ", "problem "))
    return "<id>" if value and name in ("id", "integration_id", "alert_id") and not is_named else value
