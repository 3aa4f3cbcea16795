"""Is anything stuck? Every part by itself, whatever the others do; and the way home for dead letters."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from functions.serve_board import handler as function
from leitplanke.domain.attempts import Actor
from leitplanke.domain.integrations import Integration
from leitplanke.domain.quarantine import RefusedItem
from leitplanke.edge import clients
from leitplanke.edge.identity import Scope
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from leitplanke.table.policies import Policies
from leitplanke.table.quarantine import Quarantine
from tests.component.serve_board.conftest import HOSTILE, NOW, Calls, form_of, signed_in
from tests.support.places import Places

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

PATH = "/board/plumbing"
ADA = Actor(name="Ada Example")
POLICY = "teams:\n  network: {}\nrouting:\n  team: network\n"


@dataclass
class CloudWatch:
    """Says of each metric what it is told here: by the name of the function or queue, and the metric."""

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    fails: bool = False
    asked: int = 0

    def get_paginator(self, _name: str) -> "CloudWatch":
        return self

    def paginate(self, *, MetricDataQueries: list[Any], **_: Any) -> Iterator[Any]:  # noqa: N803 - AWS's name
        self.asked += 1
        if self.fails:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetMetricData")
        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            key = (metric["Dimensions"][0]["Value"], metric["MetricName"])
            results.append({"Id": query["Id"], "Values": self.values.get(key, [])})
        yield {"MetricDataResults": results}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> CloudWatch:
    made = CloudWatch()
    monkeypatch.setattr(clients, "cloudwatch", lambda *_: made)
    return made


@pytest.fixture
def places(
    sqs: "SQSClient", table: Table, cloudwatch: CloudWatch, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Places]:
    made = Places(sqs, ["event", "routing", "stream"])
    monkeypatch.setenv("DEAD_LETTERS", json.dumps(made.urls))
    monkeypatch.setenv("FUNCTIONS", '{"correlate_alerts": "stack-Correlate"}')
    monkeypatch.setattr(clients, "sqs", lambda *_: sqs)
    settings.cache_clear()
    function._stores.cache_clear()
    Policies(table).put(POLICY, expected=None, by=ADA, at=NOW)
    yield made
    made.delete()


def sender(table: Table, name: str = "prometheus-north", **fields: Any) -> None:
    ident = fields.pop("integration_id", "blue")
    made = Integration(
        integration_id=ident,
        name=name,
        sender="prometheus",
        capabilities=frozenset(),
        created_at=NOW - timedelta(days=1),
        created_by="Ada Example",
        **fields,
    )
    Integrations(table).create(made, by=ADA)


@pytest.mark.usefixtures("places")
def test_where_nothing_is_stuck_it_says_so(cloudwatch: CloudWatch) -> None:
    page = signed_in(Scope.READ).get(PATH)
    assert page.status == 200
    assert "Nothing is stuck" in page.said
    assert "event events that have not become alerts 0 - none" in page.said
    assert "Not measured here" in page.said
    assert "version 1 is in force" in page.said


def test_what_is_stuck_stands_first(table: Table, places: Places, cloudwatch: CloudWatch) -> None:
    sender(table, quiet_after_s=300, heard_at=NOW - timedelta(days=30))
    places.fill("routing", {"detail": {}}, {"detail": {}})
    cloudwatch.values = {
        ("test-event-queue", "ApproximateAgeOfOldestMessage"): [3_600.0],
        ("stack-Correlate", "Invocations"): [100.0],
        ("stack-Correlate", "Errors"): [3.0, 4.0],
    }
    page = signed_in().get(PATH)
    verdict = page.said.split("Senders")[0]
    for words in (
        "sender prometheus-north is silent",
        "2 dead letters in routing",
        "event: a message waits for 60 minutes",
        "correlate_alerts failed 7 times in an hour",
    ):
        assert words in verdict, words
    assert "correlate_alerts 100 7 0" in page.said


@pytest.mark.usefixtures("places")
def test_metrics_are_asked_for_once_a_minute_however_many_look(cloudwatch: CloudWatch) -> None:
    for _ in range(3):
        signed_in().get(PATH)
    assert cloudwatch.asked == 1


def test_what_was_refused_is_for_those_who_may_manage(table: Table, places: Places) -> None:
    item = RefusedItem(field="labels", reason="is no object", remedy="send an object", excerpt="{}")
    owner = Integration(
        integration_id="blue",
        name="prometheus-north",
        sender=None,
        capabilities=frozenset(),
        created_at=NOW,
        created_by="Ada Example",
    )
    Quarantine(table).keep(owner, "prometheus", NOW, [item])
    assert "labels: is no object. send an object" in signed_in(Scope.MANAGE).get(PATH).said
    page = signed_in(Scope.RESPOND).get(PATH)
    assert "is no object" not in page.said
    assert "Whoever may manage (scope manage) sees it here." in page.said


def test_dead_letters_go_home_when_somebody_who_may_says_so(places: Places) -> None:
    places.fill("event", {"a": 1}, {"a": 2})
    admin = signed_in(Scope.ADMIN)
    form = form_of(admin.get(PATH).text, "redrive")
    done = admin.post(f"{PATH}/redrive", **form)
    assert done.status == 200
    assert "event: 2 messages sent home." in done.said
    assert sorted(places.arrived("event")) == ['{"a": 1}', '{"a": 2}']
    assert "event: 0 messages sent home." in admin.post(f"{PATH}/redrive", **form).said


def test_nobody_else_sends_them_home(places: Places) -> None:
    places.fill("event", {"a": 1})
    manager, admin = signed_in(Scope.MANAGE), signed_in(Scope.ADMIN)
    page = manager.get(PATH).text
    assert f'action="{PATH}/redrive"' not in page
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    assert manager.post(f"{PATH}/redrive", csrf=csrf, place="event").status == 403
    assert admin.post(f"{PATH}/redrive", csrf=csrf, place="event").status == 403
    own = form_of(admin.get(PATH).text, "redrive")
    assert admin.post(f"{PATH}/redrive", **{**own, "place": "nowhere"}).status == 404
    assert places.arrived("event") == []


def test_what_cannot_be_read_keeps_nothing_else_away(
    table: Table, places: Places, cloudwatch: CloudWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender(table)
    cloudwatch.fails = True
    places.delete()
    page = signed_in().get(PATH)
    assert page.status == 200
    assert page.said.count("This cannot be read just now") == 2
    assert "prometheus-north" in page.said
    assert "version 1 is in force" in page.said
    assert "Nothing that can be read is stuck" in page.said
    places.urls = {}


def test_what_the_last_policy_changed_is_shown_line_by_line(table: Table, places: Places) -> None:
    Policies(table).put(POLICY.replace("network", "platform"), expected=1, by=Actor(name=HOSTILE), at=NOW)
    page = signed_in().get(PATH)
    assert "What version 2 changed" in page.said
    assert "removed: network: {}" in page.said
    assert "added: platform: {}" in page.said
    assert "<script>alert" not in page.text
    assert HOSTILE in page.said


@pytest.mark.parametrize("number", [1, 90])
def test_the_reads_are_the_same_with_few_and_with_many(
    table: Table, places: Places, calls: Calls, number: int
) -> None:
    for one in range(number):
        sender(table, f"sender {one}", integration_id=f"int-{one}")
    signed_in().get("/board")
    with calls.counted() as seen:
        signed_in(Scope.ADMIN).get(PATH)
    # senders and their rows; what was refused, of four shards; versions of the policy, and which is in force
    assert seen == {"Query": 6, "BatchGetItem": 1, "GetItem": 1}


def test_names_of_senders_and_what_they_sent_are_text(table: Table, places: Places) -> None:
    sender(table, HOSTILE)
    places.fill("event", HOSTILE)
    page = signed_in().get(PATH)
    assert HOSTILE in page.said
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
