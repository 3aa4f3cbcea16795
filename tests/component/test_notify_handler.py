"""The whole function: a message from a lane's queue in, a real HTTP call to a channel on this machine out."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.notify_responders import handler as function
from infra.local.aws import Aws
from leitplanke.domain.announcements import about_incident
from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import SYSTEM, Changed, opened
from leitplanke.edge import clients
from leitplanke.edge.settings import settings
from leitplanke.table import keys
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.ledger import Ledger, TellingState
from leitplanke.table.policies import Policies
from tests.support.inbox import Inbox, open_inbox
from tests.support.notices import change, incident

POLICY = """
teams:
  network:
    channels:
      - {name: pager, url: "ssm:/leitplanke/channels/network"}
      - {name: chat, url: "env:NETWORK_CHAT"}
services:
  vpn-gateway-2: {team: network}
"""


@dataclass(frozen=True)
class Context:
    """What Lambda says of the time that is left."""

    seconds: float = 30

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with open_inbox() as opened_inbox:
        yield opened_inbox


@pytest.fixture(autouse=True)
def _environment(aws: Aws, table_name: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": table_name,
        "PUBLIC_URL": "https://leitplanke.example/",
        "NETWORK_CHAT": f"{inbox.address}/chat",
    }.items():
        monkeypatch.setenv(name, value)
    ssm = aws.client("ssm")
    ssm.put_parameter(
        Name="/leitplanke/channels/network",
        Value=f"{inbox.address}/pager",
        Type="SecureString",
        Overwrite=True,
    )
    _forget()
    yield
    ssm.delete_parameter(Name="/leitplanke/channels/network")
    _forget()


def _forget() -> None:
    clients.forget_clients()
    settings.cache_clear()
    function._notifier.cache_clear()


@pytest.fixture
def table(dynamodb: Any, table_name: str) -> Table:
    return Table(dynamodb, table_name)


@pytest.fixture
def message(table: Table) -> str:
    """What the rule of the bus puts into a lane's queue when a P1 has been routed."""
    Policies(table).put(POLICY, expected=None, by=Actor(name="kim.jensen"), at=datetime.now(UTC))
    incidents = Incidents(table)
    stored = incidents.open(opened(incident(revision=1, team=None), by=SYSTEM), replaces=None)
    news = change("incident.routed", minutes=1)
    routed = incidents.commit(
        stored, Changed(incident=replace(stored, revision=2, team="network"), change=news)
    )
    envelope = {
        "version": "0",
        "id": "1",
        "source": "leitplanke",
        "detail-type": news.kind,
        "detail": about_incident(routed, 2, news),
    }
    return json.dumps(envelope)


Metrics = Callable[[], Counter[str]]


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Metrics:
    """What the function counted since it was last asked."""

    def read() -> Counter[str]:
        counted: Counter[str] = Counter()
        for line in capsys.readouterr().out.splitlines():
            entry = json.loads(line)
            for directive in entry.get("_aws", {}).get("CloudWatchMetrics", []):
                for metric in directive["Metrics"]:
                    counted[metric["Name"]] += int(entry[metric["Name"]][0])
        return counted

    return read


def deliver(body: str, context: Context | None = None) -> list[str]:
    """Message ids that have to come again."""
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:ExpediteQueue",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1770000000000"},
    }
    answer = function.handler({"Records": [record]}, context or Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def told(table: Table) -> dict[str, TellingState]:
    return {one.channel: one.state for one in Ledger(table).read(keys.incident("inc-1"))}


def test_a_message_of_the_expedite_queue_reaches_the_channels(
    message: str, inbox: Inbox, table: Table, metrics: Metrics
) -> None:
    assert deliver(message) == []

    assert inbox.titles == ["P1 vpn-gateway-2 down: 1,840 people cannot work"] * 2
    assert {one["type"] for one in inbox.received} == {"failure"}
    assert "https://leitplanke.example/board/incidents/inc-1" in inbox.received[0]["message"]
    assert told(table) == {"network/pager": TellingState.SENT, "network/chat": TellingState.SENT}
    assert metrics() == {"ChannelsTold": 2}


def test_the_same_message_again_tells_nobody(message: str, inbox: Inbox, metrics: Metrics) -> None:
    deliver(message)
    metrics()

    assert deliver(message) == []

    assert len(inbox.received) == 2
    assert metrics() == {"ChannelsToldBefore": 2}


def test_a_refusing_channel_brings_the_message_back_and_leaks_nothing(
    message: str, inbox: Inbox, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.status = 500

    assert deliver(message) == ["m-1"]

    assert "network/pager: the channel answered 500" in caplog.text
    assert "s3cr3t-token" not in caplog.text
    assert "s3cr3t-token" not in repr(Ledger(table).read(keys.incident("inc-1")))

    inbox.status = 200
    assert deliver(message) == []
    assert told(table) == {"network/pager": TellingState.SENT, "network/chat": TellingState.SENT}


def test_a_missing_secret_is_named_and_holds_up_nobody(
    message: str,
    inbox: Inbox,
    table: Table,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("NETWORK_CHAT")

    assert deliver(message) == ["m-1"]

    assert "env:NETWORK_CHAT is empty or missing" in caplog.text
    assert len(inbox.received) == 1
    assert told(table) == {"network/pager": TellingState.SENT, "network/chat": TellingState.FAILED}


def test_nobody_to_tell_is_an_error_in_the_log_and_a_metric(
    message: str, inbox: Inbox, table: Table, metrics: Metrics
) -> None:
    Policies(table).put(
        "teams: {network: {}}", expected=None, by=Actor(name="kim.jensen"), at=datetime.now(UTC)
    )

    assert deliver(message) == []

    assert inbox.received == []
    assert metrics() == {"NobodyToTell": 1}
    (note,) = Ledger(table).read(keys.incident("inc-1"))
    assert note.text == "nobody to tell: team 'network' has no channels"


def test_shortly_before_the_end_no_call_begins(message: str, inbox: Inbox) -> None:
    assert deliver(message, Context(seconds=5)) == ["m-1"]

    assert inbox.received == []


def test_what_the_table_does_not_know_is_told_nobody_and_does_not_come_again(
    inbox: Inbox, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"detail": {"subject": "incident/inc-of-the-gap", "data": {"revision": 3}}}

    assert deliver(json.dumps(body)) == []

    assert inbox.received == []
    assert "no such change" in caplog.text


@pytest.mark.parametrize("body", ["", "{}", '{"detail": {"subject": "incident/inc-1"}}'])
def test_what_is_not_a_message_of_ours_comes_again_until_it_is_a_dead_letter(body: str) -> None:
    assert deliver(body) == ["m-1"]
