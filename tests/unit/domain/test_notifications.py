"""What people read at 3 a.m., word for word."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from leitplanke.domain.audience import Role
from leitplanke.domain.incidents import SYSTEM, Change, CutOff, Incident, IncidentState
from leitplanke.domain.notifications import TITLE_CHARS, Message, Tone, about_incident, about_problem
from tests.support.notices import BEGAN, WORKAROUND, change, incident, problem

URL = "https://leitplanke.example"
ROUTED = change("incident.routed", minutes=1, before={"priority": None, "team": None, "heads": 0})
ESCALATED = change("incident.escalated", minutes=11, reason="nobody acknowledged it in time")
REOPENED = change("incident.reopened", minutes=11, reason="an alert fired again")
RESTORED = change("incident.restored", minutes=31, reason="nothing is firing any more")


def told(
    about: Incident, news: Change, role: Role = Role.TEAM, now: datetime = BEGAN + timedelta(minutes=12)
) -> Message:
    return about_incident(about, news, role=role, now=now, public_url=URL)


def test_the_first_page() -> None:
    assert told(incident(), ROUTED) == Message(
        tone=Tone.ALARM,
        title="P1 vpn-gateway-2 down: 1,840 people cannot work",
        body="""\
Broken: vpn-gateway-2, "Gateway does not answer"
Cannot work: Federal Registry Office (1,800 people), Grey Heron Fishing Club (40 people)
Since: 02:10 UTC, 12 minutes ago

What helped before: nothing on record for this symptom.

Who has it: nobody yet (team network)
What to do: acknowledge it by 02:25 UTC (3 minutes left), or it escalates.

https://leitplanke.example/board/incidents/inc-1""",
    )


def test_the_page_of_an_incident_that_came_before_says_what_helped_and_why_it_ranks_so() -> None:
    why = ["Federal Registry Office (1800 people, vital) cannot work: it needs vpn, which is down"]
    news = change("incident.routed", before={"priority": None}, why=why)

    assert told(incident(known_workaround=WORKAROUND, problem_id="prob-1"), news).body == (
        """\
Broken: vpn-gateway-2, "Gateway does not answer"
Cannot work: Federal Registry Office (1,800 people), Grey Heron Fishing Club (40 people)
Since: 02:10 UTC, 12 minutes ago

What helped before: Restart the IPsec daemon on the gateway, then check the tunnel light.
(it worked 3 of 4 times, last on 17 February, 14 days ago)

Who has it: nobody yet (team network)
What to do: acknowledge it by 02:25 UTC (3 minutes left), or it escalates.

Why P1:
- Federal Registry Office (1800 people, vital) cannot work: it needs vpn, which is down

https://leitplanke.example/board/incidents/inc-1
Its problem: https://leitplanke.example/board/problems/prob-1"""
    )


def test_who_was_not_quick_enough_and_who_shall_take_it_now() -> None:
    escalated = incident(escalation=1, acknowledge_by=None, known_workaround=WORKAROUND)
    message = told(escalated, ESCALATED, Role.ESCALATION)

    assert message.title == "NOT TAKEN P1 vpn-gateway-2 down: 1,840 people cannot work"
    assert message.tone is Tone.ALARM
    assert message.body == (
        """\
Escalated 1 minute ago: nobody acknowledged it in time.

Broken: vpn-gateway-2, "Gateway does not answer"
Cannot work: Federal Registry Office (1,800 people), Grey Heron Fishing Club (40 people)
Since: 02:10 UTC, 12 minutes ago

What helped before: Restart the IPsec daemon on the gateway, then check the tunnel light.
(it worked 3 of 4 times, last on 17 February, 14 days ago)

Who has it: nobody yet (team network)
What to do: take it, or find somebody who does. Nobody of team network has reacted.

https://leitplanke.example/board/incidents/inc-1"""
    )
    assert "What to do: acknowledge it now. It has been escalated." in told(escalated, ESCALATED).body


def test_other_teams_learn_that_nothing_is_asked_of_them() -> None:
    message = told(incident(), ROUTED, Role.INFORMED)

    assert message == Message(
        tone=Tone.CALM,
        title="FYI P1 vpn-gateway-2 down: 1,840 people cannot work",
        body="""\
Broken: vpn-gateway-2, "Gateway does not answer"
Cannot work: Federal Registry Office (1,800 people), Grey Heron Fishing Club (40 people)
Since: 02:10 UTC, 12 minutes ago

Who has it: nobody yet (team network)
What to do: nothing. It is with team network; this is for you to know.

https://leitplanke.example/board/incidents/inc-1""",
    )


def test_a_page_that_comes_late_says_who_has_it_by_now() -> None:
    taken = incident(
        state=IncidentState.ACKNOWLEDGED,
        acknowledged_at=BEGAN + timedelta(minutes=5),
        acknowledged_by="kim.jensen",
        acknowledge_by=None,
    )
    message = told(taken, ROUTED)

    assert message.title == "P1 vpn-gateway-2 down: 1,840 people cannot work (kim.jensen has it)"
    assert message.tone is Tone.CALM
    assert "Who has it: kim.jensen (team network), since 02:15 UTC, 7 minutes ago" in message.body
    assert "What to do: nothing, unless kim.jensen asks for help." in message.body


def test_a_move_says_what_changed_to_the_new_team_and_to_the_old_one() -> None:
    moved = change(
        "incident.routed", minutes=11, before={"priority": "P3", "team": "platform", "heads": 0}, why=[]
    )
    news = (
        "Now P1, was P3.\n"
        "Now with team network, was with team platform.\n"
        "Nobody was cut off before; now people are.\n\nBroken: "
    )

    assert told(incident(), moved).body.startswith(news)
    before = told(incident(), moved, Role.BEFORE)
    assert before.title == "NOT YOURS NOW P1 vpn-gateway-2 down: 1,840 people cannot work"
    assert before.tone is Tone.CALM
    assert before.body.startswith(news)
    assert "What to do: nothing more. It is with team network now." in before.body


def test_a_downgrade_says_that_nobody_is_cut_off_any_more() -> None:
    moved = change("incident.routed", before={"priority": "P1", "team": "network", "heads": 1840})
    better = incident(priority="P3", cut_off=(), cut_off_count=0, heads=0)

    message = told(better, moved)

    assert message.title == "P3 vpn-gateway-2: Gateway does not answer"
    assert message.body.startswith("Now P3, was P1.\nNobody is cut off any more.\n\n")
    assert "Cannot work: nobody that we know of" in message.body


def test_what_comes_back_says_so() -> None:
    message = told(incident(reopened=2), REOPENED)

    assert message.title == "BACK AGAIN P1 vpn-gateway-2 down: 1,840 people cannot work"
    first, _ = message.body.split("\n\n", 1)
    assert first == "It had been restored and came back 1 minute ago, 2 times by now: an alert fired again."


def test_relief_after_the_senders_word() -> None:
    restored = incident(
        state=IncidentState.RESTORED, restored_at=BEGAN + timedelta(minutes=30), restored_by=SYSTEM
    )

    assert told(restored, RESTORED, now=BEGAN + timedelta(minutes=31)) == Message(
        tone=Tone.RELIEF,
        title="Restored: vpn-gateway-2 after 30 minutes, 1,840 people can work again",
        body="""\
Works again: vpn-gateway-2, "Gateway does not answer"
Could not work: Federal Registry Office (1,800 people), Grey Heron Fishing Club (40 people)
Lasted: 30 minutes, from 02:10 UTC to 02:40 UTC

How we know: nothing is firing any more

What to do: nothing.

https://leitplanke.example/board/incidents/inc-1""",
    )


def test_relief_after_a_persons_word_carries_what_helped() -> None:
    restored = incident(
        state=IncidentState.RESTORED,
        restored_at=BEGAN + timedelta(minutes=30),
        restored_by="kim.jensen",
        workaround="Restarted the IPsec daemon",
        workaround_helped=True,
        reopened=1,
    )
    news = change("incident.restored", minutes=30, reason="")
    body = told(restored, news, now=BEGAN + timedelta(days=1)).body

    assert (
        "Lasted: 30 minutes, from 3 March, 02:10 UTC to 3 March, 02:40 UTC; it came back 1 time in between"
        in body
    )
    assert "How we know: kim.jensen says so\nWhat helped: Restarted the IPsec daemon" in body


def test_a_person_is_named_after_what_they_say_and_a_short_outage_is_a_moment() -> None:
    restored = incident(
        title="vpn-gateway-2 does not answer",
        state=IncidentState.RESTORED,
        restored_at=BEGAN + timedelta(seconds=30),
        restored_by="kim.jensen@example.com",
    )
    body = told(restored, change("incident.restored", reason="tunnel is up")).body

    assert body.startswith('Works again: "vpn-gateway-2 does not answer"\n')
    assert "Lasted: less than a minute, at 02:10 UTC" in body
    assert "How we know: tunnel is up (kim.jensen@example.com)" in body


def test_what_did_not_help_is_not_recommended() -> None:
    tried = incident(known_workaround=replace(WORKAROUND, worked=0))

    assert "Tried before, without success: Restart the IPsec daemon" in told(tried, ROUTED).body
    assert "What helped before" not in told(tried, ROUTED).body


def test_a_problem_is_for_working_hours() -> None:
    opened = change("problem.opened", minutes=12)
    message = about_problem(problem(), opened, now=BEGAN + timedelta(minutes=12), public_url=URL)

    assert message == Message(
        tone=Tone.CALM,
        title="New problem, vpn-gateway-2: GatewayDown",
        body="""\
What fails: vpn-gateway-2, "GatewayDown"
Why it is a problem: it happened 2 times within 30d; the rule says 2 (rule "twice in a month")
Incidents so far: 2, the last one at 02:10 UTC, 12 minutes ago

Who has it: team network
What to do: find out why, in working hours. Getting people back to work is what its incidents do.

https://leitplanke.example/board/problems/prob-1""",
    )


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"service": "unassigned", "heads": 0, "cut_off_count": 0}, "P1 Gateway does not answer"),
        ({"title": "vpn-gateway-2 is silent", "heads": 0, "cut_off_count": 0}, "P1 vpn-gateway-2 is silent"),
        ({"title": "", "heads": 0, "cut_off_count": 0}, "P1 vpn-gateway-2: GatewayDown"),
        ({"heads": 0, "cut_off_count": 1}, "P1 vpn-gateway-2 down: 1 customer cannot work"),
        ({"heads": 1}, "P1 vpn-gateway-2 down: 1 person cannot work"),
        ({"priority": None}, "vpn-gateway-2 down: 1,840 people cannot work"),
    ],
)
def test_titles_of_the_less_usual(changes: dict[str, Any], title: str) -> None:
    assert told(incident(**changes), ROUTED).title == title


def test_many_customers_are_summed_up() -> None:
    many = tuple(CutOff(name=f"Branch {number}", heads=10) for number in range(1, 8))
    body = told(incident(cut_off=many, cut_off_count=120, heads=1200), ROUTED).body

    assert (
        "Cannot work: Branch 1 (10 people), Branch 2 (10 people), Branch 3 (10 people), "
        "Branch 4 (10 people), Branch 5 (10 people), and 115 more customers (1,200 people in all)" in body
    )


@pytest.mark.parametrize(
    ("minutes", "asked"),
    [
        (20, "acknowledge it by 02:30 UTC (8 minutes left), or it escalates."),
        (11, "acknowledge it now. That was due at 02:21 UTC; it escalates any moment."),
        (None, "acknowledge it when you take it."),
    ],
)
def test_the_deadline_is_told_as_it_stands(minutes: int | None, asked: str) -> None:
    due = None if minutes is None else BEGAN + timedelta(minutes=minutes)

    assert f"What to do: {asked}" in told(incident(acknowledge_by=due), ROUTED).body


def test_an_assigned_incident_is_not_yet_a_taken_one() -> None:
    body = told(incident(assignee="kim.jensen"), ROUTED).body

    assert "Who has it: kim.jensen (team network) shall have it, but has not acknowledged it" in body


def test_without_a_public_url_there_is_no_link() -> None:
    message = about_incident(incident(), ROUTED, role=Role.TEAM, now=BEGAN, public_url="")

    assert "http" not in message.body


@pytest.mark.parametrize("news", [ROUTED, ESCALATED, REOPENED, RESTORED])
@pytest.mark.parametrize("role", list(Role))
def test_hostile_names_stay_short_on_their_line_and_harmless(news: Change, role: Role) -> None:
    evil = "<!channel> [x](http://evil.example) @everyone `\n\nP1 fake\u202e" + "A" * 5_000
    hostile = incident(
        state=IncidentState.RESTORED if news is RESTORED else IncidentState.OPEN,
        title=evil,
        service=evil,
        team=evil,
        assignee=evil,
        restored_by=evil,
        workaround=evil,
        cut_off=tuple(CutOff(name=evil, heads=1) for _ in range(50)),
        cut_off_count=50,
        known_workaround=replace(WORKAROUND, text=evil),
    )
    loud = change(news.kind, reason=evil, why=[evil] * 4, before={"priority": evil, "team": evil})
    message = told(hostile, loud, role)

    assert len(message.title) <= TITLE_CHARS
    assert len(message.body) < 4_000
    assert message.title.isprintable()
    assert all(line.isprintable() for line in message.body.splitlines())
    assert not set(message.title + message.body) & set("<>[]`*~|@")
    assert not any(line.startswith("P1 fake") for line in message.body.splitlines())
