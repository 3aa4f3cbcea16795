"""Every part of a write's condition is there for somebody: who comes late changes nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import Change, IncidentState, opened
from leitplanke.domain.problems import Problem, ProblemChanged, ProblemState
from leitplanke.domain.problems import opened as problem_opened
from leitplanke.domain.workarounds import learn
from leitplanke.table import keys
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents, Pointer
from leitplanke.table.ledger import LEASE, Claim, Ledger, Refusal, Subject
from leitplanke.table.problems import Problems
from leitplanke.table.signatures import Signatures
from tests.support.clients import Breaking
from tests.support.incidents import NOW, PERSON, incident
from tests.support.incidents import in_state as incident_in

_RESTORED = IncidentState.RESTORED
LATER = NOW + timedelta(minutes=5)


class OutOfOrderError(Exception):
    """The process is gone."""


@pytest.fixture
def table(dynamodb: Any, table_name: str) -> Table:
    return Table(dynamodb, table_name)


def dies_at(table: Table, call: int) -> Table:
    """The same table for a process that dies before its call of this number."""
    return Table(Breaking(table._client, at=call, error=OutOfOrderError), table.name)


def a_problem(**fields: Any) -> Problem:
    problem = Problem(
        problem_id="prb-1",
        state=ProblemState.OPEN,
        signature="signature-1",
        title="vpn-gateway-1: GatewayDown",
        service="vpn-gateway-1",
        symptom="GatewayDown",
        team="network",
        rule="twice in a month",
        reason="it happened twice",
        opened_at=NOW,
        incidents=0,
        last_incident_at=NOW,
        changed_at=NOW,
    )
    return replace(problem, **fields)


def next_of(problem: Problem, at: datetime = LATER) -> ProblemChanged:
    after = replace(problem, revision=problem.revision + 1, changed_at=at)
    return ProblemChanged(problem=after, change=Change(kind="problem.noted", at=at, by=PERSON))


# --- incidents --------------------------------------------------------------------------------------------


def test_who_replaces_an_incident_that_is_not_its_groups_any_more_opens_none(table: Table) -> None:
    incidents = Incidents(table)
    first = incidents.open(opened(incident(), by="pagerduty"), replaces=None)
    seen = Pointer(group_key=first.group_key, incident_id=first.incident_id)
    incidents.open(opened(incident(incident_id="inc-2"), by="pagerduty"), replaces=seen)
    with pytest.raises(LostRaceError):
        incidents.open(opened(incident(incident_id="inc-3"), by="pagerduty"), replaces=seen)
    assert incidents.pointers([first.group_key])[first.group_key].incident_id == "inc-2"


def test_an_id_that_is_taken_opens_no_second_incident(table: Table) -> None:
    incidents = Incidents(table)
    first = incidents.open(opened(incident(), by="pagerduty"), replaces=None)
    with pytest.raises(LostRaceError):
        incidents.open(opened(incident(group_key="another"), by="pagerduty"), replaces=None)
    assert incidents.get("inc-1") == first


def test_of_two_sweeps_that_have_seen_the_same_look_only_one_moves_it(table: Table) -> None:
    incidents = Incidents(table)
    seen = incidents.open(opened(incident(), by="pagerduty"), replaces=None)
    assert incidents.set_clocks(seen, seen, look_at=LATER)
    assert not incidents.set_clocks(seen, seen, look_at=LATER + timedelta(hours=1))
    assert incidents.get("inc-1").look_at == LATER


def test_a_look_is_in_the_table_before_the_incident_relies_on_it(table: Table) -> None:
    seen = Incidents(table).open(opened(incident(), by="pagerduty"), replaces=None)
    with pytest.raises(OutOfOrderError):
        Incidents(dies_at(table, 2)).set_clocks(seen, seen, look_at=LATER)
    assert table.get(keys.look(LATER, "incident/inc-1")) is not None
    assert Incidents(table).get("inc-1").look_at == seen.look_at


def test_what_is_published_never_goes_back(table: Table) -> None:
    incidents = Incidents(table)
    incidents.open(opened(incident(revision=3), by="pagerduty"), replaces=None)
    incidents.published("inc-1", 3, after=0)
    incidents.published("inc-1", 2, after=1)
    assert incidents.get("inc-1").published_revision == 3


def test_what_routing_has_seen_never_goes_back(table: Table) -> None:
    incidents = Incidents(table)
    seen = incidents.open(opened(incident(pulse=3), by="pagerduty"), replaces=None)
    incidents.routed(seen, severity=seen.severity)
    incidents.routed(replace(seen, pulse=2), severity=seen.severity)
    assert incidents.get("inc-1").routed_pulse == 3


# --- problems ---------------------------------------------------------------------------------------------


def test_a_problems_change_is_stored_together_with_its_line(table: Table) -> None:
    problems = Problems(table)
    before = problems.open(problem_opened(a_problem(), by="leitplanke"), [])
    after = problems.commit(before, next_of(before))
    assert problems.get("prb-1") == after
    assert [one.revision for one in problems.timeline("prb-1", after_revision=0, limit=9).entries] == [1, 2]


def test_an_id_that_is_taken_opens_no_second_problem(table: Table) -> None:
    problems = Problems(table)
    first = problems.open(problem_opened(a_problem(), by="leitplanke"), [])
    with pytest.raises(LostRaceError):
        problems.open(problem_opened(a_problem(signature="another"), by="leitplanke"), [])
    assert problems.get("prb-1") == first


def test_a_problem_that_was_looked_after_has_no_look_until_it_changes(table: Table) -> None:
    problems = Problems(table)
    seen = problems.open(problem_opened(a_problem(), by="leitplanke"), [])
    assert seen.look_at is not None
    assert problems.looked(seen)
    assert problems.get("prb-1").look_at is None


def test_who_looked_after_an_older_revision_takes_no_look_away(table: Table) -> None:
    problems = Problems(table)
    seen = problems.open(problem_opened(a_problem(), by="leitplanke"), [])
    changed = problems.commit(seen, next_of(seen))
    assert not problems.looked(seen)
    assert problems.get("prb-1").look_at == changed.look_at


@pytest.mark.parametrize("armed", [True, False], ids=["relies on a look", "relies on none"])
def test_who_relies_on_a_look_of_a_problem_that_others_moved_reads_again(table: Table, armed: bool) -> None:
    problems = Problems(table)
    seen = problems.open(problem_opened(a_problem(), by="leitplanke"), [])
    problems.looked(seen)
    stale = seen if armed else replace(seen, look_at=None)
    if not armed:
        current = problems.commit(problems.get("prb-1"), next_of(seen))
        stale = replace(current, look_at=None)
    with pytest.raises(LostRaceError):
        problems.commit(stale, next_of(stale))


# --- ledger, signatures -----------------------------------------------------------------------------------


def test_the_first_note_about_a_revision_stands(table: Table) -> None:
    subject = Subject(owner=keys.incident("inc-1"), revision=2)
    for text in ("nobody to tell", "something else"):
        Ledger(table).note(subject, text=text, at=NOW)
    (entry,) = Ledger(table).read(keys.incident("inc-1"))
    assert entry.text == "nobody to tell"


def test_what_was_told_is_not_told_again_however_long_ago(table: Table) -> None:
    subject = Subject(owner=keys.incident("inc-1"), revision=2)

    def claim(holder: str, now: datetime) -> Claim | Refusal:
        return Ledger(table).claim(subject, reference="ssm:/x", channel="pager", holder=holder, now=now)

    first = claim("one", NOW)
    assert isinstance(first, Claim)
    assert Ledger(table).sent(first, at=NOW)
    assert claim("two", NOW + 100 * LEASE) is Refusal.SENT


def test_noting_an_incident_again_forgets_nothing_that_was_learnt_from_it(table: Table) -> None:
    signatures = Signatures(table)
    restored = incident_in(_RESTORED, workaround="restart the daemon", workaround_helped=True)
    _learn(signatures, restored)
    signatures.note(restored)
    assert signatures.memory(restored).learnt is not None


def test_of_two_who_count_the_same_incident_only_one_does(table: Table) -> None:
    signatures = Signatures(table)
    restored = incident_in(_RESTORED, workaround="restart the daemon", workaround_helped=True)
    before = signatures.memory(restored)
    _learn(signatures, restored)
    other = incident_in(_RESTORED, incident_id="inc-2", workaround="fail over", workaround_helped=True)
    _learn(signatures, other)
    current = signatures.memory(restored)
    lesson = learn(current.known, None, restored)
    assert lesson is not None
    with pytest.raises(LostRaceError):  # it knows the newest counts, and not that this one is in them
        signatures.learn(restored, replace(current, learnt=before.learnt), lesson)


def test_of_two_who_are_the_first_to_learn_only_one_is(table: Table) -> None:
    signatures = Signatures(table)
    one = incident_in(_RESTORED, workaround="restart the daemon", workaround_helped=True)
    other = incident_in(_RESTORED, incident_id="inc-2", workaround="fail over", workaround_helped=True)
    nothing_yet = signatures.memory(other)
    _learn(signatures, one)
    lesson = learn(nothing_yet.known, nothing_yet.learnt, other)
    assert lesson is not None
    with pytest.raises(LostRaceError):
        signatures.learn(other, nothing_yet, lesson)
    assert [known.text for known in signatures.memory(one).known] == ["restart the daemon"]


def test_who_corrects_a_lesson_that_was_corrected_meanwhile_learns_anew(table: Table) -> None:
    signatures = Signatures(table)
    restored = incident_in(_RESTORED, workaround="restart the daemon", workaround_helped=True)
    _learn(signatures, restored)
    stale = signatures.memory(restored).learnt
    told_better = replace(restored, workaround="fail over", revision=restored.revision + 1)
    _learn(signatures, told_better)
    latest = replace(restored, workaround="reboot it", revision=restored.revision + 2)
    current = signatures.memory(latest)
    lesson = learn(current.known, stale, latest)
    assert lesson is not None
    with pytest.raises(LostRaceError):
        signatures.learn(latest, replace(current, learnt=stale), lesson)


def _learn(signatures: Signatures, restored: Any) -> None:
    memory = signatures.memory(restored)
    lesson = learn(memory.known, memory.learnt, restored)
    assert lesson is not None
    signatures.learn(restored, memory, lesson)
