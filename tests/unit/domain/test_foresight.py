"""What the guardrails will ask, told before anybody tries."""

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.foresight import foresee, foreseen_facts
from leitplanke.domain.guardrail_facts import Around
from leitplanke.domain.incidents import CutOff, Incident, IncidentState
from leitplanke.domain.policy import empty_policy, load_policy
from tests.support.incidents import NOW, in_state

ADA = Actor(name="Ada Example")
OFFICE = (CutOff(name="Federal Registry Office", heads=1800),)


def asks(incident: Incident, **around: int) -> set[tuple[str, str, bool]]:
    found = foresee(incident, actor=ADA, now=NOW, policy=empty_policy(), around=Around(**around), silenced=2)
    return {(one.action.value, one.fired.id, one.always) for one in found}


def test_of_a_live_incident_it_tells_what_asks_always_and_what_depends_on_the_words() -> None:
    live = in_state(IncidentState.OPEN, cut_off=OFFICE, priority="P1", hand_overs=2, assignee="Grace Example")
    assert asks(live, holding=9) == {
        ("acknowledge", "tenth-at-once", True),
        ("assign", "third-hand-over", True),
        ("close", "close-before-restored", True),
        ("note", "cause-before-restore", False),
        ("prioritise", "lower-priority-while-cut-off", False),
        ("suppress", "suppress-without-end", False),
        ("suppress", "suppress-over-a-day", False),
    }


@pytest.mark.parametrize("state", [IncidentState.RESTORED, IncidentState.CLOSED])
def test_of_what_is_over_the_default_set_asks_nothing(state: IncidentState) -> None:
    assert asks(in_state(state, cut_off=OFFICE, hand_overs=5), holding=20) == set()


def test_it_asks_the_table_only_for_what_possible_actions_mention() -> None:
    policy = empty_policy()
    assert foreseen_facts(in_state(IncidentState.OPEN), ADA, NOW, policy=policy) == {"holding"}
    assert foreseen_facts(in_state(IncidentState.CLOSED), ADA, NOW, policy=policy) == frozenset()
    assert (
        foreseen_facts(in_state(IncidentState.OPEN), ADA, NOW, policy=load_policy("guardrails: []"))
        == frozenset()
    )
