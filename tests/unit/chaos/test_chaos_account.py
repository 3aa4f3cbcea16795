"""The accounting of a chaos run finds what it is there to find."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.chaos.account import account
from infra.chaos.news import Books, Told
from infra.chaos.snapshot import Snapshot, partition
from infra.chaos.world import channel
from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.events import Severity
from leitplanke.domain.ids import stable_hash
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.problems import Problem, ProblemState

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
OWNER = partition("incident", "one")


def incident(name: str = "one") -> Incident:
    return Incident(
        incident_id=name,
        group_key="weir-portal",
        state=IncidentState.OPEN,
        title="slow",
        service="weir-portal",
        symptom="slow",
        signature="s",
        severity=Severity.ERROR,
        labels={},
        policy_version=1,
        began_at=NOW,
        opened_at=NOW,
        changed_at=NOW,
        pulsed_at=NOW,
        priority="P3",
        lane="standard",
        revision=2,
        published_revision=2,
        pulse=1,
        routed_pulse=1,
    )


def problem(name: str) -> Problem:
    return Problem(
        problem_id=name,
        state=ProblemState.CANDIDATE,
        signature="s",
        title="slow",
        service="weir-portal",
        symptom="slow",
        team="portal",
        rule="thrice",
        reason="three in a month",
        opened_at=NOW,
        incidents=1,
        last_incident_at=NOW,
        look_at=None,
        changed_at=NOW,
        revision=1,
        published_revision=1,
    )


def alert() -> Alert:
    return Alert(
        alert_id="a",
        integration_id="i",
        sender="prometheus",
        alert_key="k",
        state=AlertState.FIRING,
        episode=1,
        title="slow",
        symptom="slow",
        severity=Severity.ERROR,
        labels={},
        annotations={},
        links=(),
        flags=(),
        service="weir-portal",
        incident_id="one",
        state_time=NOW,
        fired_at=NOW,
        resolved_at=None,
        resolved_by=None,
        acknowledged_at=None,
        acknowledged_by=None,
        expires_at=None,
        first_seen_at=NOW,
        last_seen_at=NOW,
        occurrences=3,
        changed_by="e",
        version=1,
    )


def whole() -> Snapshot:
    """One alert that fires in one incident, opened and routed, and told to the portal team."""
    snap = Snapshot(alerts={"a": alert()}, incidents={"one": incident()}, groups={"weir-portal": "one"})
    snap.lines[OWNER] = {
        1: {"kind": "incident.opened", "loud": False},
        2: {"kind": "incident.routed", "loud": True},
    }
    snap.told[OWNER] = [
        {"sk": f"TOLD#00000002#{stable_hash(channel('portal'))}", "revision": 2, "state": "sent", "tries": 1}
    ]
    snap.quarantined = "…nonsense-1…"
    return snap


def books() -> Books:
    said = Books(nonsense={"nonsense-1"})
    said.alerts["a"] = Told(firing=True, service="weir-portal", triggers=3)
    return said


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "inbox.jsonl"
    told(path)
    return path


def told(path: Path) -> None:
    item = {"inbox": "portal", "body": {"message": "look: http://127.0.0.1:1/v1/incidents/one"}}
    with path.open("a") as file:
        file.write(json.dumps(item) + "\n")


def test_where_nothing_is_missing_nothing_is_found(inbox: Path) -> None:
    found = account(whole(), books(), inbox)
    assert found.findings == ()
    assert (found.accounted, found.told, found.told_twice) == (2, 1, 0)


def lose_the_alert(snap: Snapshot) -> None:
    snap.alerts.clear()


def resolve_the_alert(snap: Snapshot) -> None:
    snap.alerts["a"] = replace(snap.alerts["a"], state=AlertState.RESOLVED)


def forget_a_repetition(snap: Snapshot) -> None:
    snap.alerts["a"] = replace(snap.alerts["a"], occurrences=2)


def empty_the_quarantine(snap: Snapshot) -> None:
    snap.quarantined = ""


def restore_while_it_fires(snap: Snapshot) -> None:
    snap.incidents["one"] = replace(snap.incidents["one"], state=IncidentState.RESTORED)


def forget_a_line(snap: Snapshot) -> None:
    del snap.lines[OWNER][1]


def never_publish(snap: Snapshot) -> None:
    snap.incidents["one"] = replace(snap.incidents["one"], published_revision=1)


def never_route(snap: Snapshot) -> None:
    snap.incidents["one"] = replace(snap.incidents["one"], routed_pulse=0)


def tell_nobody(snap: Snapshot) -> None:
    snap.told.clear()


def leave_a_claim(snap: Snapshot) -> None:
    snap.told[OWNER][0]["state"] = "claimed"


def point_elsewhere(snap: Snapshot) -> None:
    snap.groups["weir-portal"] = "two"


@pytest.mark.parametrize(
    "harm",
    [
        lose_the_alert,
        resolve_the_alert,
        forget_a_repetition,
        empty_the_quarantine,
        restore_while_it_fires,
        forget_a_line,
        never_publish,
        never_route,
        tell_nobody,
        leave_a_claim,
        point_elsewhere,
    ],
)
def test_what_is_lost_is_found(harm: Callable[[Snapshot], None], inbox: Path) -> None:
    snap = whole()
    harm(snap)
    assert account(snap, books(), inbox).number("lost") > 0


def test_a_second_unclosed_incident_of_a_group_is_found(inbox: Path) -> None:
    snap = whole()
    snap.incidents["two"] = replace(incident("two"), state=IncidentState.RESTORED)
    snap.lines[partition("incident", "two")] = dict(snap.lines[OWNER])
    snap.told[partition("incident", "two")] = [
        {"sk": "TOLD#00000002#nobody", "revision": 2, "state": "nobody"}
    ]
    assert account(snap, books(), inbox).number("doubled") == 1


def test_a_second_live_problem_of_a_signature_is_found(inbox: Path) -> None:
    snap = whole()
    for name in ("p1", "p2"):
        snap.problems[name] = problem(name)
        snap.lines[partition("problem", name)] = {1: {"kind": "problem.opened", "loud": True}}
    assert account(snap, books(), inbox).number("doubled") == 1


def test_a_notification_doubled_without_a_second_try_is_found(inbox: Path) -> None:
    told(inbox)
    assert account(whole(), books(), inbox).number("doubled") == 1


def test_a_notification_doubled_by_a_second_try_is_counted(inbox: Path) -> None:
    told(inbox)
    snap = whole()
    snap.told[OWNER][0]["tries"] = 2
    found = account(snap, books(), inbox)
    assert (found.findings, found.told_twice) == ((), 1)


def test_a_notification_that_never_arrived_is_found(inbox: Path) -> None:
    inbox.write_text("")
    assert account(whole(), books(), inbox).number("lost") == 1


def test_an_alert_whose_last_news_nobody_took_is_not_judged(inbox: Path) -> None:
    said = books()
    said.alerts["a"].settled = False
    snap = whole()
    resolve_the_alert(snap)
    snap.incidents["one"] = replace(snap.incidents["one"], state=IncidentState.RESTORED)
    assert account(snap, said, inbox).findings == ()
