"""A problem grows by its incidents."""

from datetime import timedelta

from leitplanke.domain.incidents import PUBLISH_WITHIN
from leitplanke.domain.problems import Link, gathered, linked, next_look, opened
from tests.support.incidents import NOW, incident
from tests.support.notices import problem

LATER = NOW + timedelta(hours=1)
PROBLEM = problem(incidents=2, last_incident_at=NOW, changed_at=NOW)


def test_a_new_problem_is_told_aloud_with_the_rule_that_wanted_it() -> None:
    changed = opened(PROBLEM, by="leitplanke")

    assert (changed.change.kind, changed.change.loud) == ("problem.opened", True)
    assert changed.change.data["rule"] == PROBLEM.rule
    assert changed.problem is PROBLEM


def test_one_more_incident_is_counted_and_told_quietly() -> None:
    changed = linked(PROBLEM, incident(incident_id="inc-3", opened_at=LATER), by="leitplanke", at=LATER)

    assert (changed.problem.incidents, changed.problem.last_incident_at) == (3, LATER)
    assert (changed.problem.revision, changed.problem.changed_at) == (PROBLEM.revision + 1, LATER)
    assert (changed.change.kind, changed.change.loud) == ("problem.linked", False)
    assert changed.change.data == {"incidents": ["inc-3"]}


def test_an_incident_from_before_does_not_become_the_last() -> None:
    changed = linked(PROBLEM, incident(opened_at=NOW - timedelta(days=3)), by="leitplanke", at=LATER)

    assert changed.problem.last_incident_at == NOW


def test_many_are_gathered_in_one_change() -> None:
    links = [Link(incident_id=f"inc-{n}", opened_at=NOW + timedelta(minutes=n)) for n in (1, 2, 3)]
    changed = gathered(PROBLEM, links, by="leitplanke", at=LATER)

    assert (changed.problem.incidents, changed.problem.revision) == (5, PROBLEM.revision + 1)
    assert changed.problem.last_incident_at == NOW + timedelta(minutes=3)


def test_only_what_is_not_published_is_due() -> None:
    assert next_look(PROBLEM) == NOW + PUBLISH_WITHIN
    assert next_look(problem(published_revision=PROBLEM.revision)) is None
