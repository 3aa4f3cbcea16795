"""Who is told, as a table: what the message is about, what is true by now, who hears of it."""

from typing import Any

import pytest

from leitplanke.domain.audience import Audience, Quiet, Silence, incident_audience, problem_audience
from leitplanke.domain.incidents import Change, IncidentState
from leitplanke.domain.policy import empty_policy
from leitplanke.domain.problems import ProblemState
from tests.support.notices import BEGAN as NOW
from tests.support.notices import POLICY, change, incident, problem

TEAM = [("network/pager", "team"), ("network/chat", "team")]
ESCALATION = [("network/head", "escalation")]
PLATFORM = [("platform/chat", "informed")]
PLATFORM_BEFORE = [("platform/chat", "before")]

ROUTED = change("incident.routed")
MOVED = change("incident.routed", before={"priority": "P3", "team": "platform"})
ESCALATED = change("incident.escalated", minutes=15)
REOPENED = change("incident.reopened", minutes=40)
RESTORED = change("incident.restored", minutes=30)
TAKEN = change("incident.acknowledged", minutes=16, loud=False)

OPEN, ACKNOWLEDGED = IncidentState.OPEN, IncidentState.ACKNOWLEDGED
RESTORED_STATE, CLOSED = IncidentState.RESTORED, IncidentState.CLOSED


def told(found: Audience | Silence) -> list[tuple[str, str]]:
    assert isinstance(found, Audience), found
    return [(recipient.name, recipient.role.value) for recipient in found.recipients]


@pytest.mark.parametrize(
    ("about", "now", "expected"),
    [
        (ROUTED, {"state": OPEN}, TEAM),
        (ROUTED, {"state": OPEN, "also": ("platform",)}, TEAM + PLATFORM),
        (ROUTED, {"state": ACKNOWLEDGED, "also": ("platform",)}, TEAM + PLATFORM),
        (MOVED, {"state": OPEN}, TEAM + PLATFORM_BEFORE),
        (REOPENED, {"state": OPEN, "also": ("platform",)}, TEAM + PLATFORM),
        (ESCALATED, {"state": OPEN, "escalation": 1}, TEAM + ESCALATION),
        (ESCALATED, {"state": OPEN, "escalation": 1, "also": ("platform",)}, TEAM + ESCALATION + PLATFORM),
        (ESCALATED, {"state": ACKNOWLEDGED, "escalation": 1}, TEAM),
        (RESTORED, {"state": RESTORED_STATE}, TEAM),
        (RESTORED, {"state": RESTORED_STATE, "also": ("platform",)}, TEAM + PLATFORM),
        (RESTORED, {"state": CLOSED, "escalation": 1}, TEAM + ESCALATION),
    ],
)
def test_who_hears_of_an_incident(
    about: Change, now: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert told(incident_audience(incident(**now), {2: about}, 2, policy=POLICY, now=NOW)) == expected


@pytest.mark.parametrize(
    ("changes", "state", "why"),
    [
        ({2: ROUTED, 3: RESTORED}, RESTORED_STATE, Quiet.SUPERSEDED),
        ({2: ROUTED, 3: MOVED}, OPEN, Quiet.SUPERSEDED),
        ({2: ROUTED, 3: ESCALATED, 4: TAKEN}, ACKNOWLEDGED, Quiet.SUPERSEDED),
        ({2: RESTORED, 3: REOPENED}, OPEN, Quiet.SUPERSEDED),
        ({2: ROUTED, 3: RESTORED, 4: REOPENED}, OPEN, Quiet.SUPERSEDED),
        ({2: ROUTED}, RESTORED_STATE, Quiet.OVER),
        ({2: ESCALATED}, CLOSED, Quiet.OVER),
        ({2: RESTORED}, OPEN, Quiet.OVER),
        ({2: TAKEN}, ACKNOWLEDGED, Quiet.NOT_LOUD),
    ],
)
def test_nobody_is_paged_for_what_is_over_or_told_by_a_later_change(
    changes: dict[int, Change], state: IncidentState, why: Quiet
) -> None:
    found = incident_audience(incident(state=state), changes, 2, policy=POLICY, now=NOW)

    assert isinstance(found, Silence)
    assert found.why is why


def test_a_later_change_that_is_not_loud_does_not_silence_the_page() -> None:
    noted = change("incident.noted", loud=False)

    assert told(incident_audience(incident(), {2: ROUTED, 3: noted}, 2, policy=POLICY, now=NOW)) == TEAM


def test_whatever_the_order_of_messages_exactly_one_of_them_is_told() -> None:
    changes = {2: ROUTED, 3: ESCALATED, 4: TAKEN, 5: RESTORED, 6: REOPENED}
    found = [incident_audience(incident(), changes, revision, policy=POLICY, now=NOW) for revision in changes]

    assert [isinstance(one, Audience) for one in found] == [False, False, False, False, True]


def test_a_channel_that_two_teams_share_is_told_once_as_the_first_of_them() -> None:
    found = incident_audience(incident(also=("service-desk",)), {2: ROUTED}, 2, policy=POLICY, now=NOW)

    assert told(found) == TEAM


@pytest.mark.parametrize(
    ("team", "unreachable"),
    [
        (None, "no team has it"),
        ("archive", "team 'archive' has no channels"),
        ("nobody", "the policy has no team 'nobody'"),
    ],
)
def test_a_team_that_cannot_be_reached_is_named(team: str | None, unreachable: str) -> None:
    found = incident_audience(incident(team=team), {2: ROUTED}, 2, policy=POLICY, now=NOW)

    assert found == Audience(recipients=(), unreachable=unreachable)


def test_informing_others_does_not_hide_that_the_team_cannot_be_reached() -> None:
    found = incident_audience(
        incident(team="archive", also=("platform",)), {2: ROUTED}, 2, policy=POLICY, now=NOW
    )

    assert told(found) == PLATFORM
    assert isinstance(found, Audience)
    assert found.unreachable == "team 'archive' has no channels"


def test_without_a_policy_nobody_can_be_reached_and_it_says_so() -> None:
    found = incident_audience(incident(team="unassigned"), {2: ROUTED}, 2, policy=empty_policy(), now=NOW)

    assert found == Audience(recipients=(), unreachable="the policy has no team 'unassigned'")


OPENED = change("problem.opened")


def test_a_problem_is_told_to_the_team_that_owns_it() -> None:
    assert told(problem_audience(problem(), {1: OPENED}, 1, POLICY)) == TEAM


def test_a_problem_without_a_team_goes_to_the_owner_of_its_service() -> None:
    assert told(problem_audience(problem(team=None), {1: OPENED}, 1, POLICY)) == TEAM


@pytest.mark.parametrize("state", [ProblemState.CLOSED, ProblemState.DECLINED, ProblemState.VERIFIED])
def test_a_problem_that_is_over_is_not_announced(state: ProblemState) -> None:
    found = problem_audience(problem(state=state), {1: OPENED}, 1, POLICY)

    assert isinstance(found, Silence)
    assert found.why is Quiet.OVER
