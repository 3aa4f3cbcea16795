"""Looking at incidents and problems: what a tired person needs first, in a terminal of any width."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeApi, Run
from tests.unit.client.answers import incident, problem

ID = "7kq2m9p4xe"
WIDTHS = (80, 120, 200)


def ago(**length: float) -> str:
    return (datetime.now(UTC) - timedelta(**length)).isoformat()


def card(**members: Any) -> dict[str, Any]:
    return {
        **incident(ID, began_at=ago(minutes=47, seconds=5), acknowledge_by=ago(minutes=-9, seconds=-30)),
        "headline": "Federal Registry Office (1,800 people) cannot work since 03:10 UTC; nobody has it.",
        "worked_last_time": {
            "text": "Restart the IKE daemon",
            "incident_id": "5xk2m9p4xe",
            "used": 4,
            "worked": 3,
            "last_at": ago(days=12, hours=1),
        },
        "guardrails": [],
        "firing": [
            {
                "id": "a1",
                "title": "IKE daemon does not answer",
                "severity": "critical",
                "since": ago(minutes=47, seconds=5),
                "last_seen_at": ago(minutes=3, seconds=5),
                "occurrences": 9,
                "sender": "prometheus",
                "labels": {},
                "links": [],
            }
        ],
        "more_firing": False,
        "symptom": "IkeDown",
        "signature": "s",
        "workaround": None,
        "workaround_helped": None,
        "closes_at": None,
        "look_further": [{"href": "https://grafana.example/d/1", "text": "Dashboard"}],
        **members,
    }


def order_of(text: str, *words: str) -> list[str]:
    """These words in the order in which they stand in the text; a missing one fails."""
    assert all(word in text for word in words), text
    return sorted(words, key=text.index)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_list_fits_the_terminal_and_says_more_in_a_wider_one(run: Run, api: FakeApi, width: int) -> None:
    api.routes["GET /v1/incidents"] = {
        "incidents": [
            incident(
                ID, began_at=ago(minutes=47, seconds=5), title="VPN gateway 2 does not answer " + "x" * 300
            ),
            incident(
                "b" * 10, priority=None, state="acknowledged", assignee="Ada Example", heads=0, cut_off=[]
            ),
        ],
        "next": None,
    }
    done = run("incidents", width=width)
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= width
    head, first, second, *_ = lines
    assert first.split()[:6] == [ID, "P1", "open", "47", "min", "1,800"]
    assert "VPN gateway 2" in first
    assert second.split()[:3] == ["b" * 10, "-", "acknowledged"]
    assert ("Ada Example" in second) == ("who has it" in head) == (width >= 120)
    assert ("Federal Registry Office" in first) == ("cut off" in head) == (width >= 200)
    assert f"leitplanke ack {ID}" in done.out
    assert done.code == 0


def test_where_no_terminal_is_nothing_is_cut_below_120_columns(run: Run, api: FakeApi) -> None:
    api.routes["GET /v1/incidents"] = {"incidents": [incident(ID)], "next": None}
    line = run("incidents").out.splitlines()[1]
    assert "\x1b" not in line
    assert line.rstrip().endswith("VPN gateway 2 does not answer")


def test_a_list_is_asked_for_as_typed(run: Run, api: FakeApi) -> None:
    api.routes["GET /v1/incidents"] = {"incidents": [], "next": None}
    before = datetime.now(UTC)
    typed = (
        "--state restored,closed --team web --service shop --lane expedite --priority p1 --mine --since 2h"
    )
    done = run("incidents", *typed.split(), "--until", "2026-03-01T06:00Z", "--limit", "7")
    query = dict(api.asked[0].url.params)
    since = datetime.fromisoformat(query.pop("since"))
    assert query == {
        "state": "restored,closed",
        "team": "web",
        "service": "shop",
        "lane": "expedite",
        "priority": "P1",
        "assignee": "me",
        "until": "2026-03-01T06:00:00.000000Z",
        "limit": "7",
    }
    assert timedelta() <= since - (before - timedelta(hours=2)) < timedelta(minutes=1)
    assert "No incidents like that." in done.out


def test_a_longer_list_is_read_over_several_pages_and_says_whether_there_is_more(
    run: Run, api: FakeApi
) -> None:
    api.routes["GET /v1/incidents"] = [
        {"incidents": [incident("a" * 10), incident("b" * 10)], "next": "t1"},
        {"incidents": [incident("c" * 10)], "next": "t2"},
    ]
    done = run("incidents", "--limit", "3", "--json")
    assert [one["id"] for one in done.json["incidents"]] == ["a" * 10, "b" * 10, "c" * 10]
    assert done.json["more"] is True
    assert [request.url.params.get("page") for request in api.asked] == [None, "t1"]


@pytest.mark.parametrize(
    "typed",
    [
        "--state burning",
        "--lane fast",
        "--priority P9",
        "--since yesterday",
        "--since 2026-03-01T06:00",
        "--limit 0",
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_before_anybody_is_asked(
    run: Run, api: FakeApi, typed: str
) -> None:
    done = run("incidents", *typed.split())
    assert (done.code, done.out, api.asked) == (2, "", [])
    assert typed.split()[1] in done.err or "greater than or equal to 1" in done.err


@pytest.mark.parametrize("width", WIDTHS)
def test_a_card_opens_with_what_a_tired_person_needs(run: Run, api: FakeApi, width: int) -> None:
    ahead = {
        "action": "close",
        "guardrail": "close-before-restored",
        "purpose": "Nobody has said that customers can work again.",
        "level": "soft",
        "always": True,
        "may_override": [],
    }
    hard = {**ahead, "action": "suppress", "guardrail": "freeze", "level": "hard", "always": False}
    maybe = {**ahead, "action": "note", "guardrail": "cause-before-restore", "always": False}
    api.routes[f"GET /v1/incidents/{ID}"] = card(
        guardrails=[ahead, {**hard, "may_override": ["lead"]}, maybe]
    )
    done = run("show", ID, width=width)
    words = (
        "1,800 people",
        "worked last time",
        "Restart the IKE daemon",
        "fires",
        "who has it",
        "guardrails",
        "look further",
    )
    assert order_of(done.out, *words) == list(words)
    text = " ".join(done.out.split())
    assert "open, for 47 min" in text
    assert "worked in 3 of 4 cases, last 12 d ago, in 5xk2m9p4xe" in text
    assert "critical IKE daemon does not answer for 47 min, seen 3 min ago by prometheus" in text
    assert "nobody of team network has it yet; more people are told in 9 min" in text
    assert "close meets close-before-restored (needs a reason): Nobody has said" in text
    assert "suppress may meet freeze (only lead may): Nobody" in text
    assert "depending on what is said: note (cause-before-restore)" in text
    assert f"leitplanke ack {ID}" in text
    assert f"leitplanke restore {ID} --as-before" in text
    table = [line for line in done.out.splitlines() if "leitplanke" not in line]
    assert max(map(len, table)) <= width


def test_a_card_says_who_has_it_since_when(run: Run, api: FakeApi) -> None:
    had = {
        "state": "acknowledged",
        "acknowledged_by": "Ada Example",
        "acknowledged_at": ago(minutes=5, seconds=2),
    }
    suppressed = {"until": None, "by": "Ada Example", "reason": "planned work"}
    api.routes[f"GET /v1/incidents/{ID}"] = card(
        **had, assignee="Grace Example", suppressed=suppressed, hand_overs=2
    )
    text = " ".join(run("show", ID).out.split())
    assert "Grace Example of team network has it, since 5 min" in text
    assert "nobody is told until somebody ends it, by Ada Example: planned work" in text
    assert "handed over 2 times" in text


def test_a_restored_one_says_how_long_it_lasted_and_when_it_closes(run: Run, api: FakeApi) -> None:
    over = {
        "state": "restored",
        "restored_at": ago(minutes=7),
        "closes_at": "2026-03-01T09:00:00Z",
    }
    told = {"firing": [], "workaround": "Restart it", "workaround_helped": True, "worked_last_time": None}
    api.routes[f"GET /v1/incidents/{ID}"] = card(**over, **told)
    text = " ".join(run("show", ID).out.split())
    assert "restored, lasted 40 min" in text
    assert "fires nothing any more" in text
    assert "Restart it (it helped)" in text
    assert "it closes by itself at 2026-03-01 09:00 UTC" in text


def test_others_texts_do_not_steer_the_terminal(run: Run, api: FakeApi) -> None:
    api.routes[f"GET /v1/incidents/{ID}"] = card(title="a\x1b[31mred\u202etext", service="x")
    raw = run("show", ID).out
    assert "a·[31mred·text" in raw


def test_why_gives_the_steps_of_the_newest_decision(run: Run, api: FakeApi) -> None:
    decision = {
        "revision": 3,
        "at": "2026-03-01T03:12:01Z",
        "policy_version": 7,
        "outcome": {"priority": "P1", "lane": "expedite", "team": "network", "also": []},
        "facts": {},
        "reasons": [
            {"rule": "catalogue", "text": "Federal Registry Office is cut off", "facts": {}},
            {"rule": "impact: vital", "text": "impact 1: vital", "facts": {}},
        ],
    }
    api.routes[f"GET /v1/incidents/{ID}/why"] = {"decisions": [decision], "next": "2"}
    done = run("why", ID)
    assert done.out.splitlines()[0] == "priority P1, lane expedite, team network"
    assert "policy version 7" in done.out
    assert "catalogue  Federal Registry Office is cut off" in done.out
    assert dict(api.asked[0].url.params) == {"limit": "1"}
    assert run("why", ID, "--json").json["decisions"][0]["reasons"] == decision["reasons"]


def test_a_story_is_told_in_sentences_with_what_was_gone_past(run: Run, api: FakeApi) -> None:
    past = {"guardrail": "third-hand-over", "purpose": "p", "level": "soft", "reason": "she wrote it"}
    lines = [
        {"kind": "incident.noted", "data": {"text": "Carrier confirms"}},
        {
            "kind": "incident.assigned",
            "data": {"assignee": "Grace Example", "before": None, "overrides": [past]},
        },
        {
            "kind": "incident.routed",
            "data": {"priority": "P1", "heads": 0, "before": {"priority": "P3"}, "why": ["x"]},
        },
        {
            "kind": "incident.restored",
            "data": {"reason": "said by hand", "restored_at": "2026-03-01T03:12:01.863671+00:00"},
        },
    ]
    common = {"at": "2026-03-01T03:12:01Z", "by": "Ada Example", "loud": False}
    api.routes[f"GET /v1/incidents/{ID}/timeline"] = {
        "timeline": [{"revision": number, **common, **line} for number, line in enumerate(lines, 1)],
        "next": None,
    }
    text = run("timeline", ID).out
    assert "03-01 03:12:01  Ada Example  noted  Carrier confirms" in text
    assert "assigned  assignee Grace Example; went past third-hand-over: she wrote it" in text
    assert "routed  priority P1  " in text
    assert text.rstrip().endswith("said by hand; restored at 2026-03-01 03:12 UTC")


def test_alerts_say_from_when_to_when(run: Run, api: FakeApi) -> None:
    episode = {
        "alert_id": "a",
        "episode": 1,
        "title": "Down",
        "symptom": "s",
        "severity": "error",
        "fired_at": ago(minutes=10, seconds=5),
        "resolved_at": ago(minutes=4),
        "resolved_by": "source",
    }
    page = {"alerts": [episode, {**episode, "resolved_at": None}], "next": None}
    api.routes[f"GET /v1/incidents/{ID}/alerts"] = page
    _, over, fires = run("alerts", ID).out.splitlines()
    assert "6 min" in over
    assert "10 min, fires" in fires


def test_problems_are_listed_and_shown_with_their_incidents(run: Run, api: FakeApi) -> None:
    one = problem(last_incident_at=ago(hours=3, minutes=1))
    api.routes["GET /v1/problems"] = {"problems": [one], "next": None}
    api.routes["GET /v1/problems/p9xq2m7k4e"] = {
        **one,
        "worked_last_time": card()["worked_last_time"],
        "incidents": [incident(ID)],
        "more_incidents": False,
        "accepted_by": "Ada Example",
    }
    listed = run("problems", width=80)
    assert max(map(len, listed.out.splitlines())) <= 80
    assert listed.out.splitlines()[1].split()[:6] == ["p9xq2m7k4e", "open", "3", "3", "h", "network"]
    text = " ".join(run("problems", "show", "p9x").out.split())
    assert "by rule third-in-a-week: 3 incidents within 7 days" in text
    assert "taken by Ada Example" in text
    assert "Restart the IKE daemon worked in 3 of 4 cases" in text
    assert ID in text


@pytest.mark.parametrize("typed", [ID, ID.upper(), "7kq2mgp4xe".replace("g", "9"), "7kq", "4xe", "4XE"])
def test_an_id_may_be_typed_as_it_was_read_out(run: Run, api: FakeApi, typed: str) -> None:
    api.routes["GET /v1/incidents"] = {"incidents": [incident(ID), incident("b" * 10)], "next": None}
    api.routes[f"GET /v1/incidents/{ID}"] = card()
    assert run("show", typed).code == 0
    assert api.lines()[-1] == f"GET /v1/incidents/{ID}"
    assert len(api.asked) == (1 if len(typed) == 10 else 2)


def test_in_short_forms_letters_are_taken_for_what_they_look_like(run: Run, api: FakeApi) -> None:
    found = [incident("70k1m9p4x1"), incident("jbx2xdnlk7")]
    api.routes["GET /v1/incidents"] = {"incidents": found, "next": None}
    api.routes |= {f"GET /v1/incidents/{one['id']}": card() for one in found}
    assert run("show", "7OKI").code == 0
    assert run("show", "n1k7").code == 0
    assert api.lines()[1::2] == [f"GET /v1/incidents/{one['id']}" for one in found]


def test_a_whole_id_is_asked_for_as_it_is(run: Run, api: FakeApi) -> None:
    api.routes["GET /v1/incidents/jbx2xdnlk7"] = card()
    assert run("show", "jbx2xdnlk7").code == 0


def test_a_short_form_of_several_is_not_guessed(run: Run, api: FakeApi) -> None:
    api.routes["GET /v1/incidents"] = {
        "incidents": [incident("7kqaaaaaaa"), incident("7kqbbbbbbb")],
        "next": None,
    }
    done = run("show", "7kq")
    assert done.code == 5
    assert "7kq could be 2 incidents" in done.err
    assert "7kqaaaaaaa: " in done.err
    assert len(api.asked) == 1


def test_a_short_form_costs_two_pages_at_most(run: Run, api: FakeApi) -> None:
    many = [incident(f"{number:010d}") for number in range(200)]
    api.routes["GET /v1/incidents"] = {"incidents": many, "next": "more"}
    done = run("show", "zzz")
    assert (done.code, len(api.asked)) == (5, 2)
    assert "what is over takes its whole id" in done.err


@pytest.mark.parametrize("typed", ["ab", "../policy", "a b c"])
def test_what_is_no_id_is_refused_before_anybody_is_asked(run: Run, api: FakeApi, typed: str) -> None:
    assert run("show", typed).code == 2
    assert api.asked == []
