"""Function 1, the front door: requests of senders in, their events into the queue, their own answers back.

Its cold start is waited for, so it does its own dispatch: which protocol speaks at this address, and is there
an integration key in front of it (`/i/<key>/...`, for senders that can only be given a URL).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.integrations import Integration, integration_id, looks_like_key
from leitplanke.edge import clients, clock
from leitplanke.edge.deadline import Deadline
from leitplanke.edge.http import Request, error_answer, method_not_allowed, not_found, request_of, response
from leitplanke.edge.keys import RememberedKeys
from leitplanke.edge.logs import count, logger
from leitplanke.edge.queues import send_all
from leitplanke.edge.rates import Rates
from leitplanke.edge.settings import ReceiveEventsSettings, settings
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from leitplanke.table.quarantine import MAX_ITEMS, Quarantine
from leitplanke.usecases.receive_events import Delivery, Ports, Receipt, receive
from leitplanke.wire.answers import Answer
from leitplanke.wire.cloudevents import handshake
from leitplanke.wire.intake import Rejected
from leitplanke.wire.senders import known_paths, wire_for

SERVICE = "receive_events"
_KEY_PREFIX = "/i/"
BEGIN_SECONDS = 4.0
"""After so long no other step begins. One that has begun ends within 5 s more, so the sender has its answer
before it gives up: Prometheus after 10 s (notifier/manager.go, default `timeout`), as does this function."""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """One request of payload format 2.0."""
    try:
        request = request_of(event)
    except InvalidInputError as error:
        return response(error_answer(error))
    return response(_answer(request))


def _answer(request: Request) -> Answer:
    deadline = Deadline(BEGIN_SECONDS)
    key, path = _split(request.path)
    wire = wire_for(path, request.headers)
    if wire is None:
        return not_found(
            f"nothing receives events at {path[:200]}",
            remedy="post to one of the known paths",
            known=list(known_paths()),
        )
    if request.method == "OPTIONS":
        return handshake(request.headers)
    if request.method != "POST":
        return method_not_allowed("POST", "OPTIONS")
    delivery = Delivery(
        wire=wire,
        body=request.body,
        headers=request.headers,
        key=key or request.query.get("access_token"),
    )
    receipt = receive(delivery, now=clock.now(), new_id=_new_id, ports=_ports()(deadline))
    _report(receipt, sender=wire.name, request_id=request.request_id)
    return receipt.answer


def _split(path: str) -> tuple[str | None, str]:
    """The key in front of the path, if there is one, and the path; a slash at the end is forgiven."""
    key = None
    if path.startswith(_KEY_PREFIX):
        key, _, rest = path.removeprefix(_KEY_PREFIX).partition("/")
        path = "/" + rest
    return key, path.rstrip("/") if path != "/" else path


def _new_id() -> str:
    return uuid4().hex


@cache
def _ports() -> Callable[[Deadline], Ports]:
    """Table and queue, wired once per process, for a request that has until then."""
    configured = settings(ReceiveEventsSettings)
    table = Table(clients.dynamodb(clients.Patience.DOOR), configured.table_name)
    integrations, quarantine = Integrations(table), Quarantine(table)
    rates = Rates()

    def ask(key: str, now: datetime) -> Integration | None:
        if not looks_like_key(key):
            return None
        owner = integrations.authenticate(key, now, requests=rates.untold(integration_id(key)))
        if owner is not None:
            rates.told(owner, now)
        return owner

    keys: RememberedKeys[Integration] = RememberedKeys(ask)

    def until(deadline: Deadline) -> Ports:
        def send(bodies: Iterable[str]) -> int:
            return send_all(
                clients.sqs(clients.Patience.DOOR),
                configured.event_queue_url,
                deadline.each(bodies),
                sleep=deadline.pause,
            )

        def keep(owner: Integration, sender: str, at: datetime, items: Sequence[Rejected]) -> None:
            for part in deadline.each(_portions(items)):
                quarantine.keep(owner, sender, at, part)

        def heard_again(owner: Integration) -> None:
            deadline.must_hold()
            if owner.silent_since is not None:
                integrations.heard_again(owner.integration_id, since=owner.silent_since)
            keys.forget(owner)

        return Ports(
            authenticate=keys.authenticate,
            within_limit=rates.take,
            send=send,
            quarantine=keep,
            heard_again=heard_again,
        )

    return until


def _portions(items: Sequence[Rejected]) -> Iterator[Sequence[Rejected]]:
    """As many items as one call may keep (leitplanke.table.quarantine)."""
    return (items[start : start + MAX_ITEMS] for start in range(0, len(items), MAX_ITEMS))


def _report(receipt: Receipt, *, sender: str, request_id: str) -> None:
    """Figures as metrics; a line only for what somebody may have to look into."""
    answer = receipt.answer
    count(
        SERVICE,
        {
            "EventsReceived": receipt.events,
            "ItemsRejected": receipt.rejected,
            "RequestsRefused": receipt.integration_id is None and not receipt.trouble,
            "RequestsLimited": receipt.limited,
            "RequestsUnavailable": not answer.accepted and bool(receipt.trouble),
        },
    )
    if answer.accepted and not receipt.rejected and not receipt.trouble:
        return
    log = logger(SERVICE, settings(ReceiveEventsSettings).log_level)
    facts = {
        "request_id": request_id,
        "sender": sender,
        "integration": receipt.integration_id,
        "status": answer.status,
        "rejected": receipt.rejected,
    }
    if receipt.trouble:
        log.error("could not do everything", extra=facts, exc_info=receipt.trouble[0])
    else:
        log.warning("not everything was accepted", extra=facts)
