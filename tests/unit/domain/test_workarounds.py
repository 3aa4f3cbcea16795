"""A workaround that is told after the fact, and what is learnt from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import Incident, IncidentState, KnownWorkaround
from leitplanke.domain.workarounds import REMEMBERED, Learnt, best, learn, told_afterwards

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
RESTORED = Incident(
    incident_id="inc1",
    group_key="group",
    state=IncidentState.RESTORED,
    title="VPN gateway 1 does not answer",
    service="vpn-gateway-1",
    symptom="gateway down",
    signature="signature",
    severity=Severity.CRITICAL,
    labels={},
    policy_version=1,
    began_at=NOW,
    opened_at=NOW,
    restored_at=NOW,
    changed_at=NOW,
    pulsed_at=NOW,
    revision=4,
)
LATER = NOW + timedelta(minutes=20)


def test_a_restored_incident_keeps_what_restored_it() -> None:
    changed = told_afterwards(
        RESTORED, workaround="restart", helped=True, note=None, by="Ada Example", at=LATER
    )
    assert changed is not None
    after = changed.incident
    assert (after.workaround, after.workaround_helped, after.revision, after.changed_at) == (
        "restart",
        True,
        5,
        LATER,
    )
    assert (after.state, after.restored_at) == (IncidentState.RESTORED, NOW)
    assert (changed.change.kind, changed.change.loud, changed.change.by) == (
        "incident.restored",
        False,
        "Ada Example",
    )
    assert changed.change.data == {"reason": "workaround told afterwards", "workaround": "restart"}


def test_the_same_words_again_change_nothing() -> None:
    known = replace(RESTORED, workaround="restart", workaround_helped=True)
    assert (
        told_afterwards(known, workaround="restart", helped=True, note=None, by="Ada Example", at=LATER)
        is None
    )


@pytest.mark.parametrize("workaround", [None, "restart"])
def test_a_remark_is_kept_where_nothing_else_is_new(workaround: str | None) -> None:
    known = replace(RESTORED, workaround="restart", workaround_helped=True)
    changed = told_afterwards(
        known, workaround=workaround, helped=True, note="by the night shift", by="Ada Example", at=LATER
    )
    assert changed is not None
    assert (changed.change.kind, changed.change.data) == ("incident.noted", {"text": "by the night shift"})
    assert (changed.incident.workaround, changed.incident.workaround_helped) == ("restart", True)


def test_a_remark_with_a_new_workaround_is_its_reason() -> None:
    changed = told_afterwards(
        RESTORED, workaround="restart", helped=True, note="by the night shift", by="Ada Example", at=LATER
    )
    assert changed is not None
    assert changed.change.data == {"reason": "by the night shift", "workaround": "restart"}


def test_whether_it_helped_can_be_told_later_still() -> None:
    known = replace(RESTORED, workaround="restart")
    changed = told_afterwards(
        known, workaround="restart", helped=False, note=None, by="Ada Example", at=LATER
    )
    assert changed is not None
    assert changed.incident.workaround_helped is False


@pytest.mark.parametrize("state", [state for state in IncidentState if state is not IncidentState.RESTORED])
def test_any_other_incident_is_left_alone(state: IncidentState) -> None:
    other = replace(RESTORED, state=state)
    assert (
        told_afterwards(other, workaround="restart", helped=True, note=None, by="Ada Example", at=LATER)
        is None
    )


def restored(number: int, text: str | None, *, helped: bool | None = True, revision: int = 4) -> Incident:
    return replace(
        RESTORED,
        incident_id=f"inc{number}",
        restored_at=NOW + timedelta(hours=number),
        workaround=text,
        workaround_helped=helped,
        revision=revision,
    )


class Book:
    """What `table.signatures` keeps of a signature."""

    def __init__(self) -> None:
        self.known: tuple[KnownWorkaround, ...] = ()
        self.learnt: dict[str, Learnt] = {}

    def learn(self, incident: Incident) -> "Book":
        lesson = learn(self.known, self.learnt.get(incident.incident_id), incident)
        if lesson is not None:
            self.known = lesson.known
            self.learnt[incident.incident_id] = lesson.learnt
        return self

    def counts(self) -> dict[str, tuple[int, int]]:
        return {one.text: (one.used, one.worked) for one in self.known}


def test_the_same_words_are_counted_once_per_incident() -> None:
    book = Book()
    for incident in [restored(1, "restart"), restored(1, "restart", revision=9), restored(2, "restart")]:
        book.learn(incident).learn(incident)

    assert book.counts() == {"restart": (2, 2)}


@pytest.mark.parametrize("state", [IncidentState.OPEN, IncidentState.ACKNOWLEDGED])
def test_nothing_is_learnt_from_what_is_not_over_or_says_nothing(state: IncidentState) -> None:
    assert learn((), None, replace(restored(1, "restart"), state=state)) is None
    assert learn((), None, restored(1, None)) is None


def test_what_did_not_help_counts_as_used_only() -> None:
    assert Book().learn(restored(1, "pray", helped=False)).counts() == {"pray": (1, 0)}


def test_who_corrects_it_later_moves_the_count() -> None:
    book = Book().learn(restored(1, "restart")).learn(restored(2, "restart"))

    assert book.learn(restored(2, "restart", helped=False, revision=5)).counts() == {"restart": (2, 1)}
    assert book.learn(restored(2, "unplug", revision=6)).counts() == {"unplug": (1, 1), "restart": (1, 1)}
    assert book.learn(restored(2, "restart", helped=False, revision=5)).counts() == {
        "unplug": (1, 1),
        "restart": (1, 1),
    }, "an older state of the incident, read by somebody slow, changes nothing"


def test_what_worked_last_is_tried_first() -> None:
    book = Book()
    for incident in [
        restored(1, "restart"),
        restored(3, "pray", helped=False),
        restored(2, "unplug"),
    ]:
        book.learn(incident)

    first = best(book.known)
    assert first is not None
    assert (first.text, first.incident_id) == ("unplug", "inc2")
    assert best([]) is None


def test_words_that_nobody_used_for_long_are_forgotten() -> None:
    book = Book()
    for number in range(REMEMBERED + 5):
        book.learn(restored(number, f"way {number}"))

    assert [one.text for one in book.known] == [f"way {n}" for n in range(REMEMBERED + 4, 4, -1)]


_INCIDENTS = st.lists(
    st.builds(
        restored,
        st.integers(1, 4),
        st.sampled_from(["restart", "unplug", "pray"]),
        helped=st.booleans() | st.none(),
        revision=st.integers(4, 7),
    ),
    max_size=8,
    unique_by=lambda one: (one.incident_id, one.revision),
)


@given(_INCIDENTS, st.randoms(use_true_random=False))
def test_the_order_in_which_incidents_are_learnt_from_makes_no_difference(
    incidents: list[Incident], chance: Random
) -> None:
    newest = {one.incident_id: one for one in sorted(incidents, key=lambda one: one.revision)}.values()
    straight, mixed = Book(), Book()
    for incident in newest:
        straight.learn(incident)
    disorder = [*newest, *newest]
    chance.shuffle(disorder)
    for incident in disorder:
        mixed.learn(incident)

    assert mixed.known == straight.known
    assert sum(one.used for one in straight.known) == len(newest)
