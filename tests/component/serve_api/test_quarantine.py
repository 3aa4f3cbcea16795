"""GET /v1/quarantine: what senders said and we could not use."""

from datetime import UTC, datetime, timedelta

from leitplanke.domain.integrations import Capability, Integration
from leitplanke.domain.quarantine import RefusedItem
from leitplanke.table.client import Table
from leitplanke.table.quarantine import Quarantine
from tests.component.serve_api.conftest import NOW, Api, Calls

OWNER = Integration(
    integration_id="blue",
    name="Alertmanager, blue cluster",
    sender=None,
    capabilities=frozenset({Capability.EVENTS}),
    created_at=NOW,
    created_by="Ada Example",
)


def refused(position: int) -> RefusedItem:
    return RefusedItem(
        field="labels", reason="is empty", remedy="send labels", excerpt='{"labels":{}}', position=position
    )


def test_a_day_is_told_exactly_like_this(api: Api, table: Table, calls: Calls) -> None:
    Quarantine(table).keep(OWNER, "alertmanager", NOW, [refused(3)])
    with calls.counted() as seen:
        answer = api.get("/v1/quarantine", day="2026-03-01")
    (entry,) = answer.json["quarantine"]
    assert entry.pop("id")
    assert entry == {
        "received_at": "2026-03-01T09:00:00Z",
        "last_at": "2026-03-01T09:00:00Z",
        "times": 1,
        "integration_id": "blue",
        "integration_name": "Alertmanager, blue cluster",
        "sender": "alertmanager",
        "items": [
            {
                "position": 3,
                "field": "labels",
                "reason": "is empty",
                "remedy": "send labels",
                "excerpt": '{"labels":{}}',
            }
        ],
    }
    assert (answer.json["day"], answer.json["next"]) == ("2026-03-01", None)
    assert seen == {"Query": 4}


def test_without_a_day_it_is_today(api: Api, table: Table) -> None:
    now = datetime.now(UTC)
    Quarantine(table).keep(OWNER, "json", now, [refused(0)])
    answer = api.get("/v1/quarantine").json
    assert (answer["day"], len(answer["quarantine"])) == (now.date().isoformat(), 1)


def test_a_long_day_comes_in_pages(api: Api, table: Table) -> None:
    for number in range(23):
        Quarantine(table).keep(OWNER, "json", NOW + timedelta(minutes=number), [refused(number)])
    page = api.get("/v1/quarantine", day="2026-03-01", limit="10").json
    found = [entry["items"][0]["position"] for entry in page["quarantine"]]
    while page["next"] is not None:
        page = api.get("/v1/quarantine", day="2026-03-01", limit="10", page=page["next"]).json
        found.extend(entry["items"][0]["position"] for entry in page["quarantine"])
    assert sorted(found) == list(range(23))


def test_a_day_that_is_none_is_told_so(api: Api) -> None:
    answer = api.get("/v1/quarantine", day="2026-02-30")
    assert (answer.status, answer.json["field"]) == (422, "day")
