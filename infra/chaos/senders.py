"""Senders that behave as the real ones do when their requests fail.

Prometheus     never sends a batch again, but says everything that fires, or has just ended, again later
Alertmanager   sends the same notification again, later and later, until it is taken
PagerDuty      client libraries try an event again until it is taken, before they send the next one
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import httpx

from infra.chaos import bodies
from infra.chaos.bodies import Seen
from infra.chaos.news import Books
from infra.chaos.plan import BATCH, Kind, Lane, Round
from leitplanke.table import keys
from leitplanke.wire.labelled import identity

TIMEOUT_SECONDS = 10.0
"""What Prometheus and Alertmanager allow a request."""
PATIENCE_SECONDS = 300.0
"""How long a sender that tries again does so before it gives up."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_EVALUATION = 4.0
"""What a Prometheus lets pass after a batch that was not taken; its next evaluation would be later still."""


class Answer(Enum):
    """What a sender makes of an answer."""

    TAKEN = "taken"
    REFUSED = "refused"
    """The sender's own fault: it does not try again."""
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where to send. `hands` bounds how many requests are under way at once; `keys` by kind: (id, key)."""

    base_url: str
    keys: dict[Kind, tuple[str, str]]
    hands: threading.Semaphore
    books: Books
    stop: threading.Event


@dataclass(slots=True)
class Pace:
    """How many rounds a lane has played; the second of a pair waits for its leader."""

    rounds: float = 0
    turn: threading.Condition = field(default_factory=threading.Condition)

    def advance(self) -> None:
        """One more round."""
        with self.turn:
            self.rounds += 1
            self.turn.notify_all()

    def end(self) -> None:
        """Nobody has to wait any more."""
        with self.turn:
            self.rounds = math.inf
            self.turn.notify_all()

    def wait_for(self, rounds: int) -> None:
        """Until that many have been played."""
        with self.turn:
            self.turn.wait_for(lambda: self.rounds >= rounds)


class Sender:
    """Plays one lane. `leader`: play no round before that lane has."""

    def __init__(self, lane: Lane, door: Door, *, paired: bool, leader: Pace | None = None) -> None:
        self.lane = lane
        self.pace = Pace()
        self._door = door
        self._paired = paired
        self._leader = leader
        self._integration, self._key = door.keys[lane.kind]
        self._seen: dict[int, Seen] = {}
        self._http = httpx.Client(base_url=door.base_url, trust_env=False, timeout=TIMEOUT_SECONDS)

    def play(self) -> None:
        """All rounds, one after another."""
        try:
            for number, one in enumerate(self.lane.rounds, 1):
                if self._leader is not None:
                    self._leader.wait_for(number)
                if self._door.stop.is_set():
                    return
                self._say(one)
                self.pace.advance()
        finally:
            self.pace.end()

    def say_again(self) -> None:
        """What Prometheus does anyway: everything that fires or has ended, once more, until all is taken."""
        if self.lane.kind is not Kind.PROMETHEUS:
            return
        touched = sorted(self._seen)
        for start in range(0, len(touched), BATCH):
            one = Round(flips=(), said=tuple(touched[start : start + BATCH]))
            self._door.books.count("sent", one.events)
            self._until_taken(lambda one=one: self._prometheus(one), one.events)  # type: ignore[misc]

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def _say(self, one: Round) -> None:
        self._flip(one)
        self._door.books.count("sent", one.events)
        match self.lane.kind:
            case Kind.PROMETHEUS:
                if self._prometheus(one) is Answer.LATER:
                    self._door.books.count("not taken, said again later", one.events)
                    self._door.stop.wait(_EVALUATION)
            case Kind.ALERTMANAGER:
                self._until_taken(lambda: self._alertmanager(one), one.events)
            case Kind.PAGERDUTY:
                self._until_taken(lambda: self._pagerduty(one), one.events)

    def _flip(self, one: Round) -> None:
        at = bodies.now()
        for index in one.flips:
            seen = self._seen.get(index)
            if seen is None or seen.ended is not None:
                self._seen[index] = Seen(began=at)
            else:
                seen.ended = at

    def _prometheus(self, one: Round) -> Answer:
        alerts = [(self.lane.symptoms[index], self._seen[index]) for index in one.said]
        body = bodies.prometheus(alerts, at=bodies.now(), bad=one.bad)
        answer = self._post("/api/v2/alerts", body, authorized=True)
        self._note(one, answer, lambda index: identity(bodies.labels(self.lane.symptoms[index])))
        return answer

    def _alertmanager(self, one: Round) -> Answer:
        alerts = [(self.lane.symptoms[index], self._seen[index]) for index in one.said]
        answer = self._post(
            "/v1/events/alertmanager", bodies.alertmanager(alerts, bad=one.bad), authorized=True
        )
        self._note(one, answer, lambda index: bodies.fingerprint(self.lane.symptoms[index]))
        return answer

    def _pagerduty(self, one: Round) -> Answer:
        if one.bad:
            body = bodies.bad_pagerduty(one.bad, key=self._key)
        else:
            body = bodies.pagerduty(self.lane.symptoms[one.said[0]], one.action, key=self._key)
        answer = self._post("/v2/enqueue", body, authorized=False)
        self._note(one, answer, lambda index: bodies.dedup_key(self.lane.symptoms[index]))
        return answer

    def _note(self, one: Round, answer: Answer, name: Callable[[int], str]) -> None:
        books = self._door.books
        taken = answer is Answer.TAKEN
        for index in one.said:
            books.said(
                keys.alert_id(self._integration, name(index)),
                service=self.lane.symptoms[index].service,
                firing=self._seen[index].ended is None,
                accepted=taken,
                triggers=None if self._paired else int(one.action != "acknowledge"),
            )
        if taken:
            books.count("accepted", len(one.said))
        if one.bad and answer is not Answer.LATER:
            books.refused(one.bad)
            books.count("refused", 1)

    def _until_taken(self, send: Callable[[], Answer], events: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = _FIRST_PAUSE
        while send() is Answer.LATER:
            if self._door.stop.is_set():
                return
            if time.monotonic() > deadline:
                self._door.books.count("given up", events)
                return
            self._door.books.count("retried", events)
            self._door.stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _post(self, path: str, body: object, *, authorized: bool) -> Answer:
        headers = {"authorization": f"Bearer {self._key}"} if authorized else {}
        with self._door.hands:
            self._door.books.count("requests")
            try:
                answer = self._http.post(path, json=body, headers=headers)
            except httpx.HTTPError:
                return Answer.LATER
        if answer.is_success:
            return Answer.TAKEN
        again = answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        return Answer.LATER if again else Answer.REFUSED
