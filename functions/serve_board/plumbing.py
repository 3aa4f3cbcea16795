"""Is anything stuck? Senders, what could not be used, queues and dead letters, functions, the policy.

Each part stands for itself: what cannot be read just now says so, and the others are there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TypeVar

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.acting import must_be_own
from functions.serve_board.here import Here
from functions.serve_board.pages import View, page
from leitplanke.domain.dead_letters import reason
from leitplanke.domain.errors import NotFoundError, UnavailableError
from leitplanke.domain.integrations import Integration
from leitplanke.domain.plain_text import counted, span
from leitplanke.domain.policy_difference import Difference, difference
from leitplanke.edge.deadline import Deadline
from leitplanke.edge.identity import Scope
from leitplanke.edge.logs import logger
from leitplanke.edge.measures import Measured
from leitplanke.table.policies import PolicyVersion
from leitplanke.usecases.redrive_dead_letters import redrive

HOME = "/board/plumbing"
SERVICE = "serve_board"
_SENDERS = 100
_REFUSED = 20
_VERSIONS = 10
_SAMPLE = 10
_AT_MOST = 100
"""Dead letters that are sent home at a time, as in the work API."""
_BEGIN_SECONDS = 5.0
"""After so long no other ten are begun: the function has 15 s, and one call of SQS may take 8."""
_LONG = timedelta(minutes=15)
"""A message that waits longer does not wait for its turn: something is stuck."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One place of work: what waits in its queue, and what nobody could handle. None: nobody knows."""

    name: str
    holds: str
    waiting: int | None
    oldest: timedelta | None
    dead: int
    dead_oldest: timedelta | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNow:
    """The policy in force: its versions, the newest first, and what the last one changed."""

    active: int
    versions: tuple[PolicyVersion, ...]
    changed: Difference | None


def plumbing_page(here: Here, *, done: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """The page. `done` says what has just been done."""
    caller = here.signed_in.caller
    manages = caller.scope is not None and caller.scope >= Scope.MANAGE
    senders = _part(lambda: here.stores.integrations.listed(limit=_SENDERS).items)
    refused = _part(lambda: here.stores.quarantine.listed(here.now, limit=_REFUSED).items) if manages else ()
    measured = _part(lambda: _measured(here))
    lines = _part(lambda: tuple(_lines(here, measured, looks_into=manages)))
    return page(
        "plumbing",
        View.of(here, path=HOME),
        status=status,
        home=HOME,
        done=done,
        stuck=list(_stuck(senders or (), lines or (), measured, here.now)),
        senders=senders,
        late=_is_late,
        refused=refused,
        lines=lines,
        measured=measured,
        policy=_part(lambda: _policy(here)),
        manages=manages,
        may_redrive=caller.scope is not None and caller.scope >= Scope.ADMIN,
        span=span,
    )


def send_home(here: Here, form: Mapping[str, list[str]]) -> Response[str]:
    """Dead letters of one place go where they came from; the page says how many. Raises NotAllowedError.

    What comes twice sends what is left, which is nothing.
    """
    said = {name: values[-1] for name, values in form.items()}
    must_be_own(here, said)
    here.signed_in.caller.must(Scope.ADMIN)
    try:
        box = here.stores.dead_letters.box(said.get("place", ""))
    except NotFoundError:
        return plumbing_page(here, done="There is no such place.", status=HTTPStatus.NOT_FOUND)
    try:
        sent = redrive(
            box,
            box.place.kind.home,
            at_most=_AT_MOST,
            arm=here.stores.looks.arm,
            now=here.now,
            time_left=Deadline(_BEGIN_SECONDS).time_left,
        )
    except UnavailableError as error:
        return plumbing_page(here, done=f"Nothing was sent: {error}.", status=HTTPStatus.SERVICE_UNAVAILABLE)
    kept = f", {sent.kept:,} kept" if sent.kept else ""
    return plumbing_page(
        here, done=f"{box.place.name}: {counted(sent.done, 'message', 'messages')} sent home{kept}."
    )


def _part(read: Callable[[], T]) -> T | None:
    """What it reads; None if that cannot be had now."""
    try:
        return read()
    except UnavailableError as error:
        logger(SERVICE).warning("a part of the page cannot be read", extra={"reason": str(error)})
        return None


def _measured(here: Here) -> Measured:
    places = here.stores.dead_letters.places.values()
    urls = {
        **{f"{place.name} dead": place.url for place in places},
        **{place.name: place.queue_url for place in places if place.queue_url is not None},
    }
    return here.stores.measures.look(
        {name: url.rsplit("/", 1)[-1] for name, url in urls.items()}, now=here.now
    )


def _lines(here: Here, measured: Measured | None, *, looks_into: bool) -> Iterator[Line]:
    oldest = measured.oldest if measured else {}
    for box in here.stores.dead_letters.boxes():
        name = box.place.name
        dead = box.counts().waiting
        letters = box.look(min(_SAMPLE, dead)) if looks_into and dead else []
        seen = here.now - letters[0].sent_at if letters else None
        queue = box.queue_counts()
        yield Line(
            name=name,
            holds=box.place.kind.holds,
            waiting=None if queue is None else queue.waiting,
            oldest=oldest.get(name),
            dead=dead,
            dead_oldest=seen or oldest.get(f"{name} dead"),
            why=reason(name, letters[0]) if letters else "",
        )


def _policy(here: Here) -> PolicyNow:
    store = here.stores.policies
    versions = store.versions(limit=_VERSIONS).items
    changed = None
    if len(versions) > 1:
        changed = difference(store.text(versions[1].version), store.text(versions[0].version))
    return PolicyNow(active=store.active(), versions=versions, changed=changed)


def _is_late(sender: Integration, now: datetime) -> bool:
    """Whether it should have spoken by now."""
    if sender.revoked_at is not None:
        return False
    if sender.quiet_after_s is None:
        return sender.is_silent
    heard_at = sender.heard_at or sender.created_at
    return sender.is_silent or now - heard_at > timedelta(seconds=sender.quiet_after_s)


def _stuck(
    senders: Sequence[Integration], lines: Sequence[Line], measured: Measured | None, now: datetime
) -> Iterator[str]:
    for sender in senders:
        if _is_late(sender, now):
            yield f"sender {sender.name} is silent"
    for line in lines:
        if line.dead:
            age = f", the oldest for {span(line.dead_oldest)}" if line.dead_oldest else ""
            yield f"{counted(line.dead, 'dead letter', 'dead letters')} in {line.name}{age}"
        if line.oldest is not None and line.oldest > _LONG:
            yield f"{line.name}: a message waits for {span(line.oldest)}"
    for name, health in (measured.functions if measured else {}).items():
        if health.throttles:
            yield f"{name} was throttled {health.throttles:,} times in an hour"
        if health.errors:
            yield f"{name} failed {health.errors:,} times in an hour"
