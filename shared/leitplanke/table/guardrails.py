"""What guardrails did: their cases beside the record they are about, and counts by day.

    INCIDENT#<id> / CASE#<guardrail>#<action>#<person>#<n>   one case (domain.cases); of a problem likewise
    GUARDRAILS#<month>#<shard> / <day>#ASKED#<action>        how often each guardrail was asked at an action
                                 <day>#CASES                 fired, overridden, regretted, false stops of each
                                 <day>#BY#<person>           how often that person went past each

A case row is written under a condition, in one transaction with its counts: so refused twice is one case, an
override is counted once, and so is its verdict. An attempt that no guardrail speaks against costs one row.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from leitplanke.domain.attempts import Action
from leitplanke.domain.cases import Case, Outcome
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.guardrail_report import Counts
from leitplanke.domain.ids import shard_of, stable_hash
from leitplanke.domain.regrets import Verdict
from leitplanke.table import keys, rows
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Row, Table, Update, Write
from leitplanke.table.counters import counter
from leitplanke.table.keys import Key

_KIND = "guardrail_counts"
_ASKED, _UNJUDGED, _FIRED, _OVERRIDDEN = "asked", "unjudged", "fired", "overridden"
_OUTCOMES = {Outcome.REGRETTED: "regretted", Outcome.FALSE_STOP: "false_stops"}
_FIELDS = {_ASKED: "evaluated", **{one: one for one in (_UNJUDGED, _FIRED, _OVERRIDDEN, *_OUTCOMES.values())}}
"""A count in a row, `<word>:<guardrail>`, and what it is in the report."""


@dataclass(slots=True)
class Tally:
    """Counts to add, joined so that each row is written once a transaction. `subject` chooses the shard."""

    subject: str
    _rows: dict[Key, Counter[str]] = field(default_factory=dict)
    _names: dict[Key, str] = field(default_factory=dict)

    def asked(self, day: date, action: Action, guardrails: Iterable[str], unjudged: Collection[str]) -> None:
        """These were asked whether they speak against an action."""
        for guardrail in guardrails:
            self._add(day, f"ASKED#{action}", f"{_ASKED}:{guardrail}")
            if guardrail in unjudged:
                self._add(day, f"ASKED#{action}", f"{_UNJUDGED}:{guardrail}")

    def fired(self, case: Case) -> None:
        """A new case."""
        self._add(case.day, "CASES", f"{_FIRED}:{case.guardrail}")

    def overridden(self, case: Case) -> None:
        """Its guardrail was gone past."""
        self._add(case.day, "CASES", f"{_OVERRIDDEN}:{case.guardrail}")
        person = self._add(case.day, f"BY#{stable_hash(case.actor)}", f"{_OVERRIDDEN}:{case.guardrail}")
        self._names[person] = case.name

    def judged(self, case: Case, outcome: Outcome) -> None:
        """What came of it."""
        self._add(case.day, "CASES", f"{_OUTCOMES[outcome]}:{case.guardrail}")

    def writes(self) -> Iterator[Update]:
        """One write a row."""
        for key, counts in self._rows.items():
            name = {"name": self._names[key]} if key in self._names else {}
            yield counter(key, _KIND, add=counts, **name)

    def _add(self, day: date, what: str, count: str) -> Key:
        key = keys.guardrail_counts(day, shard_of(self.subject), what)
        self._rows.setdefault(key, Counter())[count] += 1
        return key


class Guardrails:
    """All cases and counts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def latest(self, subject: str, guardrail: str, action: Action, actor: str) -> Case | None:
        """The newest case of this guardrail, action and person on a record. One query of one row."""
        first = keys.guardrail_cases(_owner(subject), guardrail, action, actor)
        page = self._table.query(first.pk, begins_with=first.sk, newest_first=True, limit=1)
        return _case_of(page.rows[0]) if page.rows else None

    def refused(self, cases: Sequence[Case], tally: Tally) -> None:
        """Keep new cases with their counts. Raises LostRaceError if one of them is there already."""
        try:
            self._table.transact([*(Put(row=_row(one), condition=ABSENT) for one in cases), *tally.writes()])
        except ConditionFailedError as failed:
            raise LostRaceError(f"cases of {cases[0].subject}") from failed

    def overridden(self, subject: str) -> list[Case]:
        """The cases of a record in which a guardrail was gone past. One query per MB."""
        pk, first, last = _owner(subject).pk, "CASE#", "CASE#~"
        found: list[Case] = []
        while True:
            page = self._table.query(pk, between=(first, last))
            found.extend(map(_case_of, page.rows))
            if not page.more:
                return [case for case in found if not case.is_open]
            first = page.rows[-1]["sk"] + " "

    def judged(self, case: Case, verdict: Verdict, *, at: datetime) -> None:
        """Keep the verdict on an override, and count it. Repeatable: the first one stands."""
        tally = Tally(case.subject)
        tally.judged(case, verdict.outcome)
        decided = Update(
            key=_key(case),
            set_={
                "outcome": verdict.outcome.value,
                "because": list(verdict.because),
                "rests_on": verdict.rests_on,
                "judged_at": keys.time_text(at),
            },
            condition="attribute_exists(overridden_at) AND attribute_not_exists(outcome)",
        )
        try:
            self._table.transact([decided, *tally.writes()])
        except ConditionFailedError:
            return  # judged before

    def counts(self, first: date, last: date) -> dict[str, Counts]:
        """What each guardrail did between two days (UTC), both included. One query a month and shard."""
        found: dict[str, Counts] = {}
        for month in _months(first, last):
            for shard in keys.ALL_SHARDS:
                for row in self._rows(keys.guardrail_partition(month, shard), first, last):
                    _gather(row, found)
        return found

    def _rows(self, partition: str, first: date, last: date) -> Iterator[Row]:
        start, end = f"{first:%Y-%m-%d}#", f"{last:%Y-%m-%d}#~"
        while True:
            page = self._table.query(partition, between=(start, end), limit=1_000)
            yield from page.rows
            if not page.more:
                return
            start = page.rows[-1]["sk"] + " "


def override_write(case: Case, *, is_new: bool) -> Write:
    """The write that keeps an override, for the transaction of the change: a new case, or one that was open.

    It fails if somebody was faster: then the change is decided again.
    """
    if is_new:
        return Put(row=_row(case), condition=ABSENT)
    return Update(
        key=_key(case),
        set_={name: value for name, value in _row(case).items() if name not in ("pk", "sk")},
        condition="attribute_exists(pk) AND attribute_not_exists(overridden_at)",
    )


def _owner(subject: str) -> Key:
    kind, _, ident = subject.partition("/")
    return keys.problem(ident) if kind == "problem" else keys.incident(ident)


def _key(case: Case) -> Key:
    return keys.guardrail_case(_owner(case.subject), case.guardrail, case.action, case.actor, case.number)


def _row(case: Case) -> Row:
    return rows.plain_row(
        _key(case),
        "guardrail_case",
        subject=case.subject,
        guardrail=case.guardrail,
        action=case.action.value,
        actor=case.actor,
        name=case.name,
        number=case.number,
        level=case.level,
        fired_at=case.fired_at,
        overridden_at=case.overridden_at,
        revision=case.revision,
        priority=case.priority,
        reason=case.reason or None,
    )


def _case_of(row: Mapping[str, object]) -> Case:
    stored: Row = dict(row)
    return Case(
        subject=stored["subject"],
        guardrail=stored["guardrail"],
        action=Action(stored["action"]),
        actor=stored["actor"],
        name=stored["name"],
        number=stored["number"],
        level=stored["level"],
        fired_at=rows.time_of(stored["fired_at"]),
        overridden_at=rows.time_of(stored["overridden_at"]) if "overridden_at" in stored else None,
        revision=stored.get("revision"),
        priority=stored.get("priority"),
        reason=stored.get("reason", ""),
        outcome=Outcome(stored["outcome"]) if "outcome" in stored else None,
        because=tuple(stored.get("because", ())),
        rests_on=stored.get("rests_on", 0),
        judged_at=rows.time_of(stored["judged_at"]) if "judged_at" in stored else None,
    )


def _gather(row: Row, found: dict[str, Counts]) -> None:
    """A row of a person says who went past; its counts are in the row of the cases as well."""
    for name, count in row.items():
        word, colon, guardrail = name.partition(":")
        if not colon or word not in _FIELDS:
            continue
        counts = found.setdefault(guardrail, Counts())
        if "name" in row:
            counts.by[row["name"]] += count
        else:
            setattr(counts, _FIELDS[word], getattr(counts, _FIELDS[word]) + count)


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)
