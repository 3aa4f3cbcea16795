"""Telling people on a real table: once, whatever is duplicated, fails or dies half-way."""

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from leitplanke.domain.audience import Quiet
from leitplanke.domain.errors import InvalidInputError, NotFoundError, UnavailableError
from leitplanke.domain.incidents import SYSTEM, Change, Changed, Incident, escalate, opened, restore
from leitplanke.domain.notifications import Message
from leitplanke.domain.problems import Link
from leitplanke.domain.problems import opened as problem_opened
from leitplanke.table import keys
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.ledger import LEASE, Claim, Ledger, TellingState
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.usecases.notify_responders import Notifier, Report
from tests.support.notices import BEGAN, POLICY, change, incident, problem
from tests.support.world import FixedPolicy

PAGER = "ssm:/leitplanke/channels/network-pager"
CHAT = "ssm:/leitplanke/channels/network-chat"
HEAD = "ssm:/leitplanke/channels/head-of-network"


@dataclass
class Channels:
    """What each channel was told. `broken` ones refuse; `while_telling` happens in the middle of a call."""

    told: list[tuple[str, Message]] = field(default_factory=list)
    broken: dict[str, Exception] = field(default_factory=dict)
    while_telling: Any = None

    def send(self, reference: str, message: Message) -> None:
        if self.while_telling:
            self.while_telling()
        if reference in self.broken:
            raise self.broken[reference]
        self.told.append((reference, message))

    @property
    def counts(self) -> Counter[str]:
        return Counter(reference for reference, _ in self.told)


class House:
    """One incident in the table, and the use case around it. Time stands still until it is moved."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        table = Table(client, name)
        self.incidents, self.problems, self.ledger = Incidents(table), Problems(table), Ledger(table)
        self.alerts, self.services = Alerts(table), Services(table)
        self.channels = Channels()
        self.now = BEGAN + timedelta(minutes=2)
        self._ids = itertools.count(1)

    def notifier(self, ledger: Ledger | None = None) -> Notifier:
        return Notifier(
            incidents=self.incidents,
            alerts=self.alerts,
            services=self.services,
            problems=self.problems,
            ledger=ledger or self.ledger,
            policies=FixedPolicy(POLICY),
            send=self.channels.send,
            clock=lambda: self.now,
            new_id=lambda: f"holder-{next(self._ids)}",
            public_url="https://leitplanke.example",
        )

    def deliver(self, revision: int = 2, *, until: datetime | None = None) -> Report:
        return self.notifier().notify("incident/inc-1", revision, until=until or self.now)

    def routed(self, **facts: Any) -> Incident:
        """Revision 1 is the opening, revision 2 the routing."""
        base = incident(revision=1, team=None, priority=None)
        stored = self.incidents.open(opened(base, by=SYSTEM), replaces=None)
        after = replace(stored, revision=2, team="network", priority="P1", **facts)
        return self.commit(stored, Changed(incident=after, change=change("incident.routed", minutes=1)))

    def commit(self, before: Incident, changed: Changed | None) -> Incident:
        assert changed is not None
        return self.incidents.commit(before, changed)

    def entries(self) -> dict[tuple[int, str], tuple[TellingState, str, int]]:
        return {
            (entry.revision, entry.channel): (entry.state, entry.text, entry.tries)
            for entry in self.ledger.read(keys.incident("inc-1"))
        }


@pytest.fixture
def house(dynamodb: Any, table_name: str) -> House:
    return House(dynamodb, table_name)


def test_every_channel_of_the_team_is_told_once_whatever_is_delivered_again(house: House) -> None:
    house.routed()

    first = house.deliver()
    again = house.deliver()

    assert (first.told, first.unfinished) == (2, ())
    assert (again.told, again.told_before, again.unfinished) == (0, 2, ())
    assert house.channels.counts == {PAGER: 1, CHAT: 1}
    title = "P1 vpn-gateway-2 down: 1,840 people cannot work"
    assert {message.title for _, message in house.channels.told} == {title}


def test_eight_threads_with_the_same_message_tell_each_channel_exactly_once(house: House) -> None:
    house.routed()
    together = threading.Barrier(8)

    def deliver(_: int) -> Report:
        together.wait(10)
        return house.deliver()

    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(deliver, range(8)))

    assert house.channels.counts == {PAGER: 1, CHAT: 1}
    assert sum(report.told for report in reports) == 2
    for report in reports:
        assert report.told + report.told_before + len(report.unfinished) == 2
    assert house.deliver().told_before == 2, "whoever found it claimed comes again and finds it told"


def test_a_delivery_does_not_finish_in_the_place_of_one_that_may_die(house: House) -> None:
    house.routed()
    seen: list[Report] = []

    def meanwhile() -> None:
        house.channels.while_telling = None
        seen.append(house.deliver())

    house.channels.while_telling = meanwhile
    house.deliver()

    assert any("somebody else is telling it" in line for line in seen[0].unfinished)


_BOTH = threading.Barrier(2)
"""Both channels have come as far when the process dies: else the second one might not have begun."""


class DiesBeforeRecording(Ledger):
    """A process that ends after sending."""

    def sent(self, claim: Claim, *, at: datetime) -> bool:
        _BOTH.wait(10)
        raise SystemExit(claim.holder)


class DiesAfterClaiming(Ledger):
    """A process that ends before sending."""

    def claim(self, *args: Any, **named: Any) -> Any:
        super().claim(*args, **named)
        _BOTH.wait(10)
        raise SystemExit


def _die(house: House, ledger: type[Ledger]) -> None:
    with pytest.raises(SystemExit):
        house.notifier(ledger(house.ledger._table)).notify("incident/inc-1", 2, until=house.now)


def test_a_crash_between_sending_and_recording_doubles_once_and_loses_nothing(house: House) -> None:
    house.routed()
    _die(house, DiesBeforeRecording)
    sent = house.channels.counts.copy()
    assert sum(sent.values()) >= 1

    assert len(house.deliver().unfinished) == 2, "the lease is not over yet"
    house.now += LEASE + timedelta(seconds=1)
    house.deliver()
    house.deliver()

    assert house.channels.counts == {PAGER: sent[PAGER] + 1, CHAT: sent[CHAT] + 1}


def test_a_crash_between_claiming_and_sending_is_taken_over_and_told_once(house: House) -> None:
    house.routed()
    _die(house, DiesAfterClaiming)
    assert house.channels.told == []

    house.now += LEASE + timedelta(seconds=1)
    house.deliver()

    assert house.channels.counts == {PAGER: 1, CHAT: 1}
    assert all(tries == 2 for _, _, tries in house.entries().values())


def test_a_send_that_outlived_its_lease_is_reported_as_perhaps_told_twice(house: House) -> None:
    house.routed()

    def freeze() -> None:
        house.channels.while_telling = None
        house.now += LEASE + timedelta(seconds=1)
        house.deliver()

    house.channels.while_telling = freeze
    report = house.deliver(until=house.now + timedelta(minutes=5))

    assert report.perhaps_twice >= 1
    assert max(house.channels.counts.values()) == 2


def test_a_failing_channel_holds_up_nobody_and_is_tried_again_alone(house: House) -> None:
    house.routed()
    house.channels.broken[PAGER] = UnavailableError("the channel answered 503")

    report = house.deliver()

    assert report.told == 1
    assert report.unfinished == ("network/pager: the channel answered 503",)
    assert house.entries()[2, "network/pager"] == (TellingState.FAILED, "the channel answered 503", 1)

    house.channels.broken.clear()
    assert house.deliver().told == 1
    assert house.channels.counts == {PAGER: 1, CHAT: 1}
    assert house.entries()[2, "network/pager"] == (TellingState.SENT, "", 2)


def test_a_wrong_address_is_kept_with_its_remedy(house: House) -> None:
    house.routed()
    house.channels.broken[CHAT] = InvalidInputError(f"{CHAT} does not exist", field=CHAT, remedy="create it")

    report = house.deliver()

    assert report.unfinished == (f"network/chat: {CHAT} does not exist; create it",)
    assert house.entries()[2, "network/chat"][1] == f"{CHAT} does not exist; create it"


def test_an_escalation_reaches_the_next_people_and_their_relief_too(house: House) -> None:
    routed = house.routed()
    escalated = house.commit(routed, escalate(routed, by=SYSTEM, at=house.now, reason="nobody reacted"))
    house.deliver(3)
    assert house.channels.counts == {PAGER: 1, CHAT: 1, HEAD: 1}

    house.commit(
        escalated,
        restore(escalated, by=SYSTEM, at=house.now, reason="quiet", reopen_window=timedelta(hours=1)),
    )
    house.deliver(4)

    assert house.channels.counts == {PAGER: 2, CHAT: 2, HEAD: 2}
    assert house.channels.told[-1][1].title.startswith("Restored: vpn-gateway-2")


def test_a_page_for_what_is_over_is_not_sent_and_the_ledger_says_why(house: House) -> None:
    routed = house.routed()
    house.commit(
        routed, restore(routed, by=SYSTEM, at=house.now, reason="quiet", reopen_window=timedelta(hours=1))
    )

    late, relief = house.deliver(2), house.deliver(3)

    assert late.quiet is Quiet.SUPERSEDED
    assert relief.told == 2
    assert [message.title.split(":")[0] for _, message in house.channels.told] == ["Restored", "Restored"]
    note = "superseded: revision 3 (incident.restored) says what is true now"
    assert house.entries()[2, ""] == (TellingState.NOBODY, note, 0)


def test_very_old_news_is_known_to_be_old_beyond_the_first_page(house: House) -> None:
    current = house.routed()
    for number in range(3, 106):
        remark = change("incident.noted", loud=False, text=str(number))
        current = house.commit(current, Changed(incident=replace(current, revision=number), change=remark))
    house.commit(
        current,
        restore(current, by=SYSTEM, at=house.now, reason="quiet", reopen_window=timedelta(hours=1)),
    )

    assert house.deliver(2).quiet is Quiet.SUPERSEDED


@pytest.mark.parametrize("team", ["archive", "no such team"])
def test_nobody_to_tell_is_said_and_kept(house: House, team: str) -> None:
    before = house.routed()
    moved = replace(before, revision=3, team=team)
    house.commit(before, Changed(incident=moved, change=change("incident.routed", minutes=2)))

    report = house.deliver(3)

    assert report.told == 0
    assert report.unreachable is not None
    assert team in report.unreachable
    assert report.unfinished == (), "trying again would not help"
    assert house.entries()[3, ""] == (TellingState.NOBODY, f"nobody to tell: {report.unreachable}", 0)


def test_a_problem_is_told_to_its_team(house: House) -> None:
    house.problems.open(problem_opened(problem(), by=SYSTEM), [Link(incident_id="inc-1", opened_at=BEGAN)])

    report = house.notifier().notify("problem/prob-1", 1, until=house.now)

    assert report.told == 2
    assert house.channels.told[0][1].title == "New problem, vpn-gateway-2: GatewayDown"
    assert house.channels.told[0][1].body.endswith("https://leitplanke.example/board/problems/prob-1")


def test_without_time_left_nothing_is_begun(house: House) -> None:
    house.routed()

    report = house.deliver(until=house.now - timedelta(seconds=1))

    assert report.unfinished == (
        "network/pager: no time was left in this try",
        "network/chat: no time was left in this try",
    )
    assert house.channels.told == []
    assert house.entries() == {}


@pytest.mark.parametrize(
    ("subject", "revision"), [("incident/inc-1", 99), ("incident/nope", 1), ("service/vpn", 1)]
)
def test_a_message_about_nothing_is_an_error(house: House, subject: str, revision: int) -> None:
    house.routed()

    with pytest.raises(NotFoundError):
        house.notifier().notify(subject, revision, until=house.now)


def test_telling_one_channel_takes_four_calls_to_the_table(house: House) -> None:
    """Incident, timeline, claim, record; the policy is kept in memory. Each further channel takes two."""
    before = house.routed()
    moved = replace(before, revision=3, team="platform")
    house.commit(before, Changed(incident=moved, change=change("incident.routed", minutes=2)))
    made: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        made[model.name] += 1

    house.client.meta.events.register("before-call.dynamodb", note, unique_id="notify-calls")
    try:
        house.deliver(3)
    finally:
        house.client.meta.events.unregister("before-call.dynamodb", unique_id="notify-calls")

    assert made == {"GetItem": 1, "Query": 1, "UpdateItem": 2}
    assert len(house.channels.told) == 1


def test_a_change_that_is_not_loud_is_never_told(house: House) -> None:
    house.routed()

    assert house.deliver(1).quiet is Quiet.NOT_LOUD
    assert house.channels.told == []


def test_kinds_of_later_versions_are_told_as_well(house: House) -> None:
    before = house.routed()
    unknown = Change(kind="incident.prioritised", at=house.now, by="kim.jensen", loud=True)
    house.commit(before, Changed(incident=replace(before, revision=3), change=unknown))

    assert house.deliver(3).told == 2
