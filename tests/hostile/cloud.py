"""Door and correlation as they are deployed, on a table in this process and a queue as strict as SQS.

request ──▶ receive_events' handler ──▶ queue ──▶ correlate_alerts' handler ──▶ alerts, incidents
                    └──▶ quarantine ◀──────────────────────┘
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from functions.correlate_alerts import handler as correlation
from functions.receive_events import handler as door
from leitplanke.domain.alerts import Alert
from leitplanke.domain.attempts import Actor
from leitplanke.domain.events import Event, EventMessage
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.edge import clients
from leitplanke.edge.settings import settings
from leitplanke.table import keys, rows
from leitplanke.table.client import Row, Table, decode_row
from leitplanke.table.integrations import Integrations
from leitplanke.table.policies import Policies
from leitplanke.usecases.manage_policy import put_policy
from tests.hostile.limits import sqs_refuses
from tests.model.engine import TableEngine

KEY = "Kx9pQ2vB7nM4tL8sW3yZ6cF1gH5jD0aE"
POLICY = """
grouping:
  rules:
    - {name: by site, when: '"site" in labels && labels.site == "north"', by: [site]}
    - name: by words
      when: 'symptom.contains("disk") || labels.exists(name, name.startsWith("gsi"))'
      by: [symptom]
    - {name: unknown things by symptom, when: service == "unassigned", by: [symptom]}
"""


class Queue:
    """The event queue, as strict as SQS: what it would refuse it refuses."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.meta = SimpleNamespace(endpoint_url="http://127.0.0.1:9")

    def change_message_visibility_batch(self, **asked: Any) -> Mapping[str, Any]:
        """SQS's call: what failed comes again soon."""
        return {"Successful": asked["Entries"]}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, str]]) -> Mapping[str, Any]:  # noqa: N803, ARG002
        """SQS's call."""
        bad = [entry for entry in Entries if sqs_refuses(entry["MessageBody"])]
        self.bodies += [entry["MessageBody"] for entry in Entries if entry not in bad]
        return {"Failed": [{"Id": entry["Id"], "SenderFault": True} for entry in bad]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one request came to."""

    status: int
    headers: Mapping[str, str]
    body: str
    messages: Sequence[str]
    kept: Sequence[Row]
    writes: int

    @property
    def accepted(self) -> bool:
        """Whether the sender was told that all is well."""
        return 200 <= self.status < 300

    @property
    def events(self) -> list[Event]:
        """What went into the queue."""
        return [one for body in self.messages for one in EventMessage.model_validate_json(body).events]

    @property
    def refused(self) -> list[Row]:
        """Refused items in the quarantine."""
        return [item for row in self.kept for item in row["items"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlated:
    """What the accepted events came to: alerts by id, and rows of the quarantine by entry id."""

    failed: Sequence[str]
    alerts: Mapping[str, Alert]
    kept: Mapping[str, Row]


@dataclass
class Cloud:
    """One installation: a policy with conditions, one sender. Use it within `plugged_in`."""

    engine: TableEngine
    queue: Queue = field(default_factory=Queue)
    table_name: str = ""
    _put: list[Row] = field(default_factory=list)

    def ask(self, event: Mapping[str, Any]) -> Answered:
        """One request of payload format 2.0 through the handler of the door."""
        self.queue.bodies = []
        self._put = []
        answer = door.handler(event, None)
        return Answered(
            status=answer["statusCode"],
            headers=answer["headers"],
            body=answer["body"],
            messages=self.queue.bodies,
            kept=[row for row in self._put if row["type"] == "quarantine"],
            writes=len(self._put),
        )

    def correlate(self, messages: Sequence[str]) -> Correlated:
        """These messages as one batch through the handler of correlate_alerts."""
        return self.correlate_beside(messages, [])

    def correlate_beside(self, messages: Sequence[str], strangers: Sequence[str]) -> Correlated:
        """The same, with bodies in the batch that nobody of ours wrote."""
        self._put = []
        records = [_record(number, body) for number, body in enumerate([*messages, *strangers])]
        answer = correlation.handler({"Records": records}, None)
        events = [one for body in messages for one in EventMessage.model_validate_json(body).events]
        wanted = {keys.alert(keys.alert_id(one.integration_id, one.alert_key)) for one in events}
        found = Table(self.engine.client, self.table_name).get_many(wanted)
        return Correlated(
            failed=[one["itemIdentifier"] for one in answer["batchItemFailures"]],
            alerts={row["id"]: rows.alert_of(row) for row in found.values()},
            kept={row["id"]: row for row in self._put if row["type"] == "quarantine"},
        )

    def rows(self) -> list[Row]:
        """Everything in the table."""
        return list(self.engine.rows(self.table_name))

    def note(self, params: Mapping[str, Any], **_: Any) -> None:
        """Called by the client before each PutItem."""
        self._put.append(decode_row(params["Item"]))

    def furnish(self) -> None:
        """A table with a policy and a sender."""
        self.table_name = self.engine.new_table()
        table = Table(self.engine.client, self.table_name)
        now = datetime.now(UTC)
        put_policy(Policies(table), POLICY, expected=None, by=Actor(name="Ada Example"), at=now)
        Integrations(table).create(
            Integration(
                integration_id=integration_id(KEY),
                name="a sender that means no good",
                sender=None,
                capabilities=frozenset({Capability.EVENTS}),
                created_at=now,
                created_by="Ada Example",
            ),
            by=Actor(name="Ada Example"),
        )


@contextmanager
def plugged_in(engine: TableEngine) -> Iterator[Cloud]:
    """Both functions work on this cloud; afterwards they know nothing of it."""
    cloud = Cloud(engine)
    cloud.furnish()
    place = {
        "TABLE_NAME": cloud.table_name,
        "EVENT_QUEUE_URL": "http://127.0.0.1:9/queue",
        "LOG_LEVEL": "CRITICAL",
    }
    events = engine.client.meta.events
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, place))
        stack.enter_context(patch.object(clients, "dynamodb", lambda *_: engine.client))
        stack.enter_context(patch.object(clients, "sqs", lambda *_: cloud.queue))
        events.register("provide-client-params.dynamodb.PutItem", cloud.note)
        stack.callback(events.unregister, "provide-client-params.dynamodb.PutItem", cloud.note)
        stack.callback(engine.drop, cloud.table_name)
        stack.callback(_forget)
        _forget()
        yield cloud


def _forget() -> None:
    settings.cache_clear()
    door._ports.cache_clear()
    correlation._correlator.cache_clear()
    correlation._drills.cache_clear()


def _record(number: int, body: str) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1773230058000"}
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:EventQueue",
        "body": body,
        "attributes": attributes,
    }
