"""A quarter in which everybody's decisions and what came of them are known: the report says exactly that.

Each story is one incident in which somebody meets guardrails, through the real guard, judge and report.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.attempts import Action
from leitplanke.domain.errors import ForbiddenByGuardrailError, GuardrailError
from leitplanke.domain.guardrail_report import Counts, Reported
from leitplanke.domain.incidents import SYSTEM, Change, Changed, opened
from leitplanke.table.client import Table
from leitplanke.usecases.report_guardrails import GuardrailReporter
from tests.support.clients import own_client
from tests.support.deeds import Deed, act
from tests.support.incidents import incident
from tests.support.world import VPN_POLICY, World

POLICY = (
    VPN_POLICY
    + """
guardrails:
  - {id: haste, purpose: It was open for minutes only., applies_to: [restore], when: minutes_open < 30}
  - {id: night, purpose: At night one is alone., applies_to: [restore], level: hard,
     may_override: [duty-manager], when: hour < 6}
  - {id: words, purpose: Few words help nobody., applies_to: [note], when: text.size() < 5, reason: false}
  - {id: shout, purpose: Nobody likes it., applies_to: [note], when: text.startsWith("!")}
  - {id: weekend, purpose: Others have duty., applies_to: [acknowledge], when: weekday >= 6}
  - {id: broken, purpose: It asks for what is not there., applies_to: [reopen], when: "labels['no'] == 'x'"}
"""
)
FIRST = date(2026, 11, 23)
DAYS = 91
LAST = FIRST + timedelta(days=DAYS - 1)
ASKED = {
    Action.RESTORE: ("haste", "night"),
    Action.NOTE: ("words", "shout"),
    Action.ACKNOWLEDGE: ("weekend",),
    Action.REOPEN: ("broken",),
}
SOON, USUAL, LONG = 5, 35, 600
"""Minutes from the opening: to a deed, to a restore that is no surprise, to one that is."""


@dataclass(frozen=True)
class Kind:
    """How somebody comes to meet these guardrails: what they do, and how many minutes after which opening."""

    fires: tuple[str, ...]
    deed: Deed
    opens: time = time(9)
    after: int = SOON


HASTE = Kind(("haste",), Deed(action=Action.RESTORE))
NIGHT = Kind(("night",), Deed(action=Action.RESTORE), opens=time(5, 26), after=30)
WORDS = Kind(("words",), Deed(details={"text": "ok"}))
SHOUT = Kind(("words", "shout"), Deed(details={"text": "!!"}))
WEEKEND = Kind(("weekend",), Deed(action=Action.ACKNOWLEDGE))


@dataclass(frozen=True)
class Story:
    """One incident: who meets what and heeds it or not, how it ends. `tries`: how often refused first."""

    kind: Kind
    heeds: bool
    end: str = "well"
    tries: int = 0
    by: str = "Ada Example"


def stories(chance: random.Random) -> Iterator[Story]:
    """What happens in the quarter."""
    people = ["Ada Example", "Grace Example", "Kim Example"]

    def some(count: int, kind: Kind, end: str, *, heeds: bool = False) -> Iterator[Story]:
        for _ in range(count):
            tries = chance.choice([1, 1, 2, 3]) if heeds else chance.choice([0, 1, 2])
            yield Story(kind=kind, heeds=heeds, end=end, tries=tries, by=chance.choice(people))

    yield from some(2, HASTE, "well", heeds=True)  # retire: nearly all go past it, and nearly all are right
    yield from some(25, HASTE, "well")
    yield from some(1, HASTE, "reopened")
    yield from some(2, HASTE, "open still")
    yield from some(30, WORDS, "well", heeds=True)  # keep: it is heeded
    yield from some(5, WORDS, "well")
    yield from some(2, WORDS, "long")
    yield from some(3, SHOUT, "escalated")  # too few cases
    yield from some(1, SHOUT, "well", heeds=True)
    yield from some(3, NIGHT, "well", heeds=True)  # keep: whoever goes past it is sorry
    yield from some(5, NIGHT, "reopened")
    yield from some(3, NIGHT, "raised")
    yield from some(4, NIGHT, "well")
    yield from some(4, WEEKEND, "reopened")  # soften: too many are right
    yield from some(9, WEEKEND, "well")
    yield from some(1, WEEKEND, "raised")
    yield from some(4, WEEKEND, "well", heeds=True)


BAD = {"reopened", "raised", "escalated", "long"}


class Quarter:
    """Plays the stories, and keeps its own account of them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.expected: Mapping[str, Counts] = defaultdict(Counts)
        self.incidents: list[str] = []

    def play(self) -> None:
        """Every day one incident in which nobody meets anything; the stories on any day that suits them."""
        for number in range(DAYS):
            self._open(FIRST + timedelta(days=number), time(12))
            self._end("well")
        told = list(stories(self.chance))
        self.chance.shuffle(told)
        for story in told:
            self._play(story)
        for name in self.chance.sample(self.incidents, len(self.incidents)):
            self._over(name)  # all the news and looks once more, in any order

    def _play(self, story: Story) -> None:
        self._open(self._day(story), story.kind.opens)
        self.world.later(minutes=story.kind.after)
        name, deed = self.incidents[-1], replace(story.kind.deed, by=story.by)
        for number in range(story.tries):
            may_not = (
                story.kind is NIGHT and number > 0
            )  # an override without the role is refused all the same
            self._refused(replace(deed, past=story.kind.fires if may_not else ()))
        self._count(deed.action)
        for guardrail in story.kind.fires:
            self.expected[guardrail].fired += 1
        if not story.heeds:
            manager = frozenset({"duty-manager"})
            act(self.world, name, replace(deed, past=story.kind.fires, roles=manager))
            self._account(story)
        self._end(story.end, restored=deed.action is Action.RESTORE and not story.heeds)

    def _account(self, story: Story) -> None:
        for guardrail in story.kind.fires:
            counts = self.expected[guardrail]
            counts.overridden += 1
            counts.by[story.by] += 1
            counts.regretted += story.end in BAD
            counts.false_stops += story.end == "well"

    def _day(self, story: Story) -> date:
        """Enough others are over before one is called long; only on two days a week one is off duty."""
        start = 30 if story.end == "long" else 0
        days = (FIRST + timedelta(days=number) for number in range(start, DAYS))
        off_duty = story.kind is WEEKEND
        return self.chance.choice([day for day in days if (day.isoweekday() >= 6) is off_duty])

    def _open(self, day: date, at: time) -> None:
        world = self.world
        world.now = now = datetime.combine(day, at, world.now.tzinfo)
        name = f"inc-{len(self.incidents):04d}"
        moments: dict[str, Any] = dict.fromkeys(("opened_at", "began_at", "changed_at", "pulsed_at"), now)
        made = incident(incident_id=name, group_key=name, priority="P3", **moments)
        world.incidents.open(opened(made, by="pagerduty"), replaces=None)
        self.incidents.append(name)
        self.opened_at = now

    def _refused(self, deed: Deed) -> None:
        with pytest.raises((GuardrailError, ForbiddenByGuardrailError)):
            act(self.world, self.incidents[-1], deed)

    def _end(self, end: str, *, restored: bool = False) -> None:
        if end in ("raised", "escalated"):
            self._said(end)
        if end == "open still":
            return
        if not restored:
            self._do(Action.RESTORE, LONG if end == "long" else USUAL)
        if end == "reopened":
            self._do(Action.REOPEN, USUAL + 5)
            self._do(Action.RESTORE, USUAL + 9)
        self._do(Action.CLOSE, LONG + 60)
        self._over(self.incidents[-1])

    def _over(self, name: str) -> None:
        """What follows a close."""
        self.world.measure.review(name)
        self.world.judge.judge(self.world.incidents.get(name), now=self.world.now)

    def _do(self, action: Action, minutes: int) -> None:
        """Somebody does it so many minutes after the opening, and no guardrail speaks against it."""
        self.world.now = max(self.world.now, self.opened_at + timedelta(minutes=minutes))
        act(self.world, self.incidents[-1], Deed(action=action, by="Noor Example"))
        self._count(action)

    def _count(self, action: Action) -> None:
        for guardrail in ASKED.get(action, ()):
            self.expected[guardrail].evaluated += 1
            self.expected[guardrail].unjudged += guardrail == "broken"

    def _said(self, end: str) -> None:
        """Routing finds it more urgent; or the clocks escalate it."""
        seen = self.world.incidents.get(self.incidents[-1])
        after = replace(seen, revision=seen.revision + 1, changed_at=self.world.now)
        kind, data = ("routed", {"priority": "P1"}) if end == "raised" else ("escalated", {"step": 1})
        change = Change(kind=f"incident.{kind}", at=self.world.now, by=SYSTEM, data=data)
        self.world.incidents.commit(seen, Changed(incident=after, change=change))


@pytest.fixture
def client(aws: Aws) -> Any:
    return own_client(aws.url)


def test_what_went_in_comes_out_exactly(client: Any, table_name: str) -> None:
    world = World(Table(client, table_name), policy_text=POLICY)
    quarter = Quarter(world, seed=7)
    quarter.play()
    now = datetime.combine(LAST, time(23, 59), world.now.tzinfo)
    reporter = GuardrailReporter(guardrails=world.guardrails, policies=world.policies)

    def told(first: date, last: date) -> dict[str, Reported]:
        return {one.id: one for one in reporter.report(first, last, now=now).guardrails}

    whole = told(FIRST, LAST)
    assert {name: one.counts for name, one in whole.items()} == dict(quarter.expected)
    assert {name: one.sentence for name, one in whole.items()} == {
        "haste": "Retire it, it only slows people down: overridden in 28 of 30 cases, "
        "and 1 of 26 judged overrides were regretted.",
        "night": "Keep it: 8 of 12 judged overrides were regretted: whoever goes past it, is often sorry.",
        "words": "Keep it: people turned back in 31 of 41 cases.",
        "shout": "Too few cases to say: it fired in 4 of 41 cases.",
        "weekend": "Soften it: overridden in 14 of 18 cases, and 5 of 14 judged overrides were regretted: "
        "narrow its condition, or ask for no reason.",
        "broken": "Too few cases to say: it fired in 0 of 10 cases. "
        "Its condition could not be judged 10 times, and let people through; mend it.",
    }
    months = [(FIRST, date(2026, 11, 30)), (date(2026, 12, 1), date(2027, 1, 31)), (date(2027, 2, 1), LAST)]
    parts = [told(*month) for month in months]
    for name, one in whole.items():
        assert sum((part[name].counts.by for part in parts), Counter()) == one.counts.by
        for figure in ("evaluated", "fired", "heeded", "overridden", "regretted", "false_stops", "awaiting"):
            assert sum(getattr(part[name].counts, figure) for part in parts) == getattr(one.counts, figure)
