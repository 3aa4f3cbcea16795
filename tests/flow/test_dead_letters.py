"""Poison ends in the dead letters with its neighbours unharmed, is shown by the command line, and comes back.

Tries and the pause between them are shortened through the engine; everything else is as deployed.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.deploy import STACK
from infra.local.installation import EXAMPLE_POLICY, Installation
from infra.local.waiting import wait_for
from tests.flow.typed import in_terminal, told, typed

TRIES = 2
CHANNEL = "/leitplanke/channels/poison-late"


def physical(installation: Installation, logical_id: str) -> str:
    """The URL of a queue of the template."""
    answer = installation.engine.aws.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId=logical_id
    )
    found: str = answer["StackResourceDetail"]["PhysicalResourceId"]
    return found


@contextmanager
def impatient(installation: Installation, queue: str) -> Iterator[str]:
    """The queue's URL, with two tries a second apart instead of ten, minutes apart."""
    sqs = installation.engine.aws.client("sqs")
    url = physical(installation, queue)
    names = ["VisibilityTimeout", "RedrivePolicy"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    policy = {**json.loads(before["RedrivePolicy"]), "maxReceiveCount": TRIES}
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)}
    )
    try:
        yield url
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def test_poison_is_set_aside_and_its_neighbours_become_incidents(
    installation: Installation,
) -> None:
    with impatient(installation, "EventQueue") as url:
        for body in ("poison: not even JSON", '{"schema": 1, "poison": []}'):
            installation.engine.aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)
        neighbour = {"labels": {"alertname": "NotAnswering", "service": "beside-poison"}}
        installation.api.ingest("/api/v2/alerts", [neighbour], key=installation.key)
        wait_for(
            lambda: installation.api.get("/v1/dead-letters/event")["messages"] == 2,
            timeout=60,
            what="two dead letters",
        )
    wait_for(
        lambda: installation.api.get("/v1/incidents", service="beside-poison")["incidents"],
        timeout=30,
        what="the neighbour's incident",
    )

    found = told(installation, "dead-letters", "EventQueue")
    assert all(one["received"] > TRIES for one in found["letters"])
    assert {one["reason"].split(":")[0] for one in found["letters"]} == {"it is not a message of events"}

    code, lines = in_terminal(installation, "dead-letters")
    assert code == 0
    assert max(map(len, lines)) <= 80, lines
    (row,) = [line.split() for line in lines if line.startswith("event ")]
    assert row[1] == "2"
    assert row[-6:] == ["events", "that", "have", "not", "become", "alerts"]
    assert any("leitplanke dead-letters event" in line for line in lines)

    code, lines = in_terminal(installation, "dead-letters", "event")
    assert code == 0
    assert max(map(len, lines)) <= 80, lines
    assert any("poison: not even JSON" in line for line in lines)

    installation.engine.aws.client("sqs").purge_queue(QueueUrl=physical(installation, "EventDeadLetters"))


def test_a_notification_that_failed_for_want_of_a_secret_arrives_after_it_is_there(
    installation: Installation,
) -> None:
    installation.put_policy(
        json.dumps(
            {
                "teams": {"late": {"channels": [{"name": "chat", "url": f"ssm:{CHANNEL}"}]}},
                "routing": {"team": "late"},
            }
        )
    )
    numbers = itertools.count()

    def another_one_has_failed() -> bool:
        """It takes a quarter of a minute until every function has the new policy."""
        alert = {"labels": {"alertname": "NotAnswering", "service": f"mended-later-{next(numbers)}"}}
        installation.api.ingest("/api/v2/alerts", [alert], key=installation.key)
        return bool(installation.api.get("/v1/dead-letters/standard")["messages"])

    with impatient(installation, "StandardQueue"):
        wait_for(another_one_has_failed, timeout=90, interval=2, what="a dead letter")
    (letter, *_) = told(installation, "dead-letters", "standard")["letters"]
    assert "of incident/" in letter["about"]
    assert "the log of notify_responders says why" in letter["reason"]
    assert installation.inbox("poison-late") == []

    inbox = installation.engine.base_url.replace("http://", "json://") + "/_dev/inbox/poison-late"
    installation.engine.aws.client("ssm").put_parameter(Name=CHANNEL, Value=inbox, Type="SecureString")
    would = typed(installation, "redrive", "standard", "--dry-run")
    assert "Nothing was changed." in would.stdout, would.stderr
    code, lines = in_terminal(installation, "redrive", "standard")

    assert code == 0
    assert any("sent to the queue again" in line for line in lines), lines
    wait_for(lambda: installation.inbox("poison-late"), timeout=60, what="the notification")
    assert told(installation, "dead-letters", "standard")["messages"] == 0
    installation.put_policy(EXAMPLE_POLICY.read_text("utf-8"))


def test_a_change_that_the_stream_could_not_publish_is_published_by_the_clocks(
    installation: Installation,
) -> None:
    alert = {"labels": {"alertname": "NotAnswering", "service": "unpublished"}}
    installation.api.ingest("/api/v2/alerts", [alert], key=installation.key)
    (incident,) = wait_for(
        lambda: installation.api.get("/v1/incidents", service="unpublished")["incidents"],
        timeout=30,
        what="an incident",
    )
    keys = {"pk": {"S": f"INCIDENT#{incident['id']}"}, "sk": {"S": "INCIDENT"}}
    body = {"error": "KeyError: 'state'", "record": {"eventID": "e1", "dynamodb": {"Keys": keys}}}
    installation.engine.aws.client("sqs").send_message(
        QueueUrl=physical(installation, "StreamDeadLetters"), MessageBody=json.dumps(body)
    )

    assert told(installation, "redrive", "stream")["redriven"][0]["looks"] == 1
    assert told(installation, "dead-letters", "stream")["letters"] == []


def test_without_the_scope_it_says_which_one_is_needed(installation: Installation) -> None:
    token = installation.engine.issuer.mint_token(scopes=["read"])
    done = typed(installation, "dead-letters", LEITPLANKE_TOKEN=token)
    assert done.returncode == 4
    assert "use a token with the scope manage or a higher one" in done.stderr
    assert "Traceback" not in done.stderr
