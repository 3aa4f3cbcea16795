"""Every function with secrets and personal data in all that it is given, at DEBUG, libraries too.

`python -m tests.support.loud` plays it in a process of its own and writes what the functions log, nothing
else: their own lines to stdout, those of libraries to stderr, as Lambda's runtime does. The last line of
stderr counts invocations by function.
"""

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from leitplanke.domain.attempts import Actor
from leitplanke.domain.events import EventMessage
from leitplanke.edge.identity import Caller, Scope
from leitplanke.edge.sessions import Cookies
from leitplanke.edge.settings import settings
from tests.crash.cloud import Cloud
from tests.crash.people import People, alert
from tests.crash.processes import SESSION_KEY
from tests.support.events import trigger
from tests.unit.edge.corpus import SENTENCES

DONE = "invocations: "
TALKATIVE = ("botocore.endpoint", "botocore.parsers", "botocore.hooks", "botocore.auth", "botocore.retries")
"""Loggers that leitplanke.edge.secrets would keep quiet in its own process."""
ALL = " | ".join(SENTENCES)


def main() -> None:
    """Play, then count."""
    cloud = Cloud(seed=1)
    _speak_up()
    seen: Counter[str] = Counter()
    call = cloud.processes.call

    def counted(function: str, event: Any) -> Any:
        seen[function] += 1
        return call(function, event)

    cloud.processes.call = counted  # type: ignore[method-assign]
    people = People(cloud)
    people.prepare()
    _senders_say_it(people)
    _people_say_it(people)
    _the_board_hears_it(people)
    _queues_hold_it(cloud)
    _the_table_says_it(cloud, people)
    sys.stderr.write(DONE + json.dumps(seen) + "\n")


def _speak_up() -> None:
    os.environ["LOG_LEVEL"] = "DEBUG"
    settings.cache_clear()
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG)


def _senders_say_it(people: People) -> None:
    """In every field of an alert, good and bad, in the path, in headers, as a key that nobody knows."""
    for position, sentence in enumerate(SENTENCES):
        people.say(
            alert(
                f"alert {position} {sentence}",
                symptom=sentence,
                service=sentence if position % 7 == 0 else "vpn-gateway-1",
                labels={"who": sentence, sentence[:100]: "x"},
                annotations={"description": sentence},
                links=[{"href": f"https://wiki.example/{position}?q={sentence}", "text": sentence}],
            ),
            {"alert_key": sentence, "action": sentence, "title": sentence},
        )
        for path in (
            "/v1/events",
            "/api/v2/alerts",
            "/v2/enqueue",
            "/v1/events/alertmanager",
            f"/i/{sentence}/x",
        ):
            ask = people.cloud.processes.call
            ask("receive_events", request("POST", path, key=sentence, body=sentence))
            ask("receive_events", request("POST", path, key=people.key, body=json.dumps([{"x": sentence}])))
    people.cloud.settle()


def _people_say_it(people: People) -> None:
    """In every action's body, in ids, pages and names of parameters, in a policy that is wrong."""
    incident = people.incident("vpn-gateway-1")
    people.act(incident, "acknowledge")
    people.act(incident, "assign", {"assignee": SENTENCES[-1]})
    people.act(incident, "note", {"text": ALL})
    people.act(incident, "escalate", {"reason": ALL[:1_000]})
    people.act(incident, "restore", {"workaround": ALL[:1_900], "helped": True})
    people.cloud.settle()
    people.let_in(SENTENCES[0], sender="+49 30 5550 1234")
    for sentence in SENTENCES:
        quoted = sentence.replace("=", "").replace("&", "")
        people.ask("GET", f"/v1/incidents/{sentence}")
        people.ask("GET", f"/v1/incidents?page={quoted}")
        people.ask("POST", f"/v1/incidents/{incident}/note", {"text": 7, sentence: sentence})
        people.ask("PUT", "/v1/policy", f"teams: {{{json.dumps(sentence)}: 7}}")
        people.ask("PUT", "/v1/policy", sentence)
        people.ask("POST", "/v1/incidents", {"title": sentence, "service": sentence}, key=sentence)
        people.ask(
            "POST",
            f"/v1/incidents/{incident}/close",
            {"override": {"guardrail": sentence[:48], "reason": sentence}},
            key=f"{sentence} again",
        )
        said = request("POST", f"/v1/incidents/{incident}/close", key=sentence)
        said["headers"]["if-match"] = sentence
        people.cloud.processes.call("serve_api", said)


def _the_board_hears_it(people: People) -> None:
    """In addresses, cookies, forms and what comes back from the identity provider."""
    call = people.cloud.processes.call
    incident = people.incident("vpn-gateway-1")
    session = _session(people.cloud)
    signed_in = Cookies(SESSION_KEY).session_of(session, now=people.cloud.now)
    assert signed_in is not None
    for sentence in SENTENCES:
        call("serve_board", request("GET", f"/board/incidents/{sentence}", key=sentence))
        asked = looked("GET", f"/board/incidents/{sentence}", session=session)
        call("serve_board", asked)
        call("serve_board", looked("GET", "/board/signed-in", session=session, state=sentence, code=sentence))
        form = urlencode({"csrf": sentence, "text": sentence, "key": sentence})
        call("serve_board", looked("POST", f"/board/incidents/{incident}/note", session=session, body=form))
        form = urlencode({"csrf": signed_in.csrf(), "text": sentence, "reason": sentence, sentence: sentence})
        for action in ("note", "escalate", "close", "suppress"):
            path = f"/board/incidents/{incident}/{action}"
            call("serve_board", looked("POST", path, session=session, body=form))
    people.cloud.settle()


def _queues_hold_it(cloud: Cloud) -> None:
    """As messages that nobody can read, or that speak of what is not there; as a row of the stream."""
    for sentence in SENTENCES:
        bodies = (
            sentence,
            json.dumps({"detail": {"subject": f"incident/{sentence}", "data": {"revision": 1}}}),
            json.dumps({"detail": {"subject": f"incident/{sentence}", "data": {"revision": sentence}}}),
            json.dumps({"schema": 1, "events": [{"alert_key": sentence}], "looks": sentence}),
        )
        for function in sorted({source.function for source in cloud.wiring.sources}):
            cloud.processes.call(function, messages(*bodies))
        cloud.processes.call("publish_changes", {"Records": [changed_row(sentence)]})


def _the_table_says_it(cloud: Cloud, people: People) -> None:
    """AWS's own errors quote what they were given: every call fails, with each sentence as the reason."""
    for sentence in SENTENCES:
        reason = json.dumps({"__type": "ValidationException", "message": sentence}).encode()
        cloud.recorder._serve = lambda *_, reason=reason: (400, {}, reason)
        for function, event in _that_asks_aws(cloud, people.key):
            cloud.processes.end(function)
            try:
                cloud.processes.call(function, event)
            except Exception as error:
                logging.getLogger("runtime").error("[ERROR]", exc_info=error)


def _that_asks_aws(cloud: Cloud, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """An event for each function that makes it call."""
    yield "receive_events", request("POST", "/v1/events", key=key, body='{"alert_key": "a", "title": "b"}')
    yield "serve_api", request("GET", "/v1/incidents", key=key)
    yield "serve_board", looked("GET", "/board", session=_session(cloud))
    yield "watch_clocks", {"source": "aws.scheduler"}
    yield "publish_changes", {"Records": [changed_row("known")]}
    event = messages(json.dumps({"detail": {"subject": "incident/known", "data": {"revision": 1}}}))
    alert_message = messages(EventMessage(events=(trigger(0),)).model_dump_json())
    for function in sorted({source.function for source in cloud.wiring.sources}):
        yield function, alert_message if function == "correlate_alerts" else event


def request(method: str, path: str, *, key: str, body: str | None = None) -> dict[str, Any]:
    """A request with this key wherever one could be, and the claims of somebody who may do anything."""
    claims = {"sub": "ada@example.com", "name": "Ada Example", "scope": "read respond manage admin"}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "headers": {
            "authorization": f"Bearer {key}",
            "cookie": f"session={key}",
            "content-type": "application/json",
        },
        "queryStringParameters": {"access_token": key} if method == "POST" else {},
        "requestContext": {
            "requestId": "r-1",
            "stage": "$default",
            "http": {"method": method, "path": path},
            "authorizer": {"jwt": {"claims": claims}},
        },
        "isBase64Encoded": False,
        **({"body": body} if body is not None else {}),
    }


def _session(cloud: Cloud) -> str:
    """Somebody's session, with a secret or two of their own in it."""
    caller = Caller(actor=Actor(name=SENTENCES[0], ident=SENTENCES[1]), scope=Scope.ADMIN)
    return Cookies(SESSION_KEY).session(caller, expires_at=cloud.now + timedelta(hours=1), now=cloud.now)


def looked(method: str, path: str, *, session: str, body: str = "", **query: str) -> dict[str, Any]:
    """A request of somebody with a browser."""
    asked = request(method, path, key="nobody's", body=body or None)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    cookies = [f"__Host-leitplanke-session={session}"]
    return {**asked, "headers": kind, "cookies": cookies, "queryStringParameters": query}


def messages(*bodies: str) -> dict[str, Any]:
    """A batch of a queue."""
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1790000000000"}
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "body": body,
                "attributes": attributes,
                "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:EventQueue",
                "receiptHandle": f"r-{number}",
            }
            for number, body in enumerate(bodies)
        ]
    }


def changed_row(ident: str) -> dict[str, Any]:
    """A record of the table's stream."""
    image = {
        "pk": {"S": f"INCIDENT#{ident}"},
        "sk": {"S": "INCIDENT"},
        "revision": {"N": "1"},
        "title": {"S": ident},
    }
    return {"eventID": ident, "dynamodb": {"SequenceNumber": "1", "Keys": image, "NewImage": image}}


if __name__ == "__main__":
    main()
