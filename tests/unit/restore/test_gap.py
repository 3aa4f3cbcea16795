"""What fell into the gap: announcements against what the restored table knows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.restore.gap import Fate, Known, Missing, Record, missing
from leitplanke.domain.announcements import ALERTS_CHANGED, Announcement
from leitplanke.domain.incidents import SYSTEM, Change

T = datetime(2026, 11, 25, 2, 40, tzinfo=UTC)
SIGNATURE = "sig-1"


def change(kind: str, minutes: float = 1, *, by: str = SYSTEM, **data: Any) -> Change:
    return Change(kind=f"incident.{kind}", at=T + timedelta(minutes=minutes), by=by, data=data)


def said(
    one: Change, revision: int, *, subject: str = "incident/inc-1", state: str = "open", **about: Any
) -> Announcement:
    return {
        "id": f"{subject}/{revision}",
        "subject": subject,
        "type": one.kind,
        "time": one.at.isoformat(),
        "data": {
            "revision": revision,
            "loud": one.loud,
            "by": one.by,
            "change": dict(one.data),
            "state": state,
            "service": "vpn",
            "signature": SIGNATURE,
            **about,
        },
    }


OPENED = change("opened", -10, title="VPN is down")
ROUTED = change("routed", -9)


def known(*lines: Change, live: bool = True, pulse: int = 1) -> Known:
    """The table knows inc-1 with these lines."""
    numbered = dict(enumerate(lines, 1))
    return Known(records={"incident/inc-1": Record(lines=numbered, live=live, pulse=pulse)})


def the_only(found: tuple[Missing, ...]) -> Missing:
    (one,) = found
    return one


def test_what_the_table_knows_is_not_missing() -> None:
    announced = [said(OPENED, 1), said(ROUTED, 2)]

    assert missing(announced, known(OPENED, ROUTED)) == ()


def test_an_incident_that_the_table_does_not_know_is_named_with_what_was_said() -> None:
    announced = [
        said(change("opened", 1, title="VPN is down"), 1),
        said(change("noted", 2, by="kim", text="it is the certificate"), 2),
    ]

    one = the_only(missing(announced, Known()))

    assert (one.fate, one.title, one.about["service"]) == (Fate.UNTOLD, "VPN is down", "vpn")
    assert [line.words for line in one.lines] == [
        "opened: VPN is down",
        "note: it is the certificate (by kim)",
    ]


def test_an_incident_that_ended_in_the_gap_wants_nobody() -> None:
    announced = [
        said(change("opened", 1), 1),
        said(change("restored", 2), 2, state="restored"),
    ]

    one = the_only(missing(announced, Known()))

    assert one.fate is Fate.OVER
    assert not one.fate.wants_somebody


def test_an_incident_whose_sender_said_it_again_is_back_under_another_name() -> None:
    since = {SIGNATURE: ("incident/inc-2", "problem/prb-1")}

    one = the_only(missing([said(change("opened", 1), 1)], Known(since=since)))

    assert (one.fate, one.now) == (Fate.BACK, ("incident/inc-2",))


def test_an_incident_that_had_ended_and_is_live_here_wants_somebody() -> None:
    announced = [said(change("restored", 1, reason="resolved"), 3, state="restored")]

    assert the_only(missing(announced, known(OPENED, ROUTED))).fate is Fate.STILL_LIVE


def test_an_incident_whose_end_was_said_again_is_back() -> None:
    announced = [said(change("restored", 1, reason="resolved"), 3, state="restored")]
    table = known(OPENED, ROUTED, change("restored", 20, by="kim", reason="by hand"), live=False)

    one = the_only(missing(announced, table))

    assert one.fate is Fate.BACK
    assert [(line.again, line.reused) for line in one.lines] == [(True, True)]


def test_an_incident_that_came_back_in_the_gap_and_is_over_here_wants_somebody() -> None:
    restored = change("restored", -1)
    announced = [said(restored, 3, state="restored"), said(change("reopened", 1), 4)]

    one = the_only(missing(announced, known(OPENED, ROUTED, restored, live=False)))

    assert one.fate is Fate.UNTOLD


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (change("acknowledged", by="kim"), "acknowledged (by kim)"),
        (change("noted", by="kim", text="the disk"), "note: the disk (by kim)"),
        (change("assigned", by="kim", assignee="sam"), "assigned to sam (by kim)"),
    ],
)
def test_what_a_person_did_has_to_be_done_again(done: Change, words: str) -> None:
    one = the_only(missing([said(done, 3)], known(OPENED, ROUTED)))

    assert (one.fate, [line.words for line in one.lines]) == (Fate.REDO, [words])


def test_what_a_person_has_done_again_is_back() -> None:
    done, again = change("acknowledged", 1, by="kim"), change("acknowledged", 30, by="kim")

    assert the_only(missing([said(done, 3)], known(OPENED, ROUTED, again))).fate is Fate.BACK


def test_the_same_by_somebody_else_is_not_the_same() -> None:
    done, other = change("acknowledged", 1, by="kim"), change("acknowledged", 30, by="sam")

    assert the_only(missing([said(done, 3)], known(OPENED, ROUTED, other))).fate is Fate.REDO


def test_what_we_did_ourselves_follows_by_itself() -> None:
    announced = [said(change("routed", 1), 3), said(change("escalated", 2), 4)]

    assert the_only(missing(announced, known(OPENED, ROUTED))).fate is Fate.FOLLOWS


def test_a_revision_that_was_given_twice_is_known_as_such() -> None:
    announced = [said(change("noted", 1, by="kim", text="a"), 3)]

    one = the_only(missing(announced, known(OPENED, ROUTED, change("routed", 30))))

    assert [line.reused for line in one.lines] == [True]


@pytest.mark.parametrize(("in_table", "named"), [(3, True), (4, False), (5, False)])
def test_alerts_that_changed_are_named_unless_they_changed_again(in_table: int, named: bool) -> None:
    pulses = [said(change("alerts_changed", minutes), 2, pulse=pulse) for minutes, pulse in ((1, 3), (2, 4))]
    assert pulses[0]["type"] == ALERTS_CHANGED

    found = missing(pulses, known(OPENED, ROUTED, pulse=in_table))

    assert [(one.fate, one.pulses) for one in found] == ([(Fate.CHECK, 1)] if named else [])


def test_alerts_that_changed_are_not_hidden_by_what_we_did_again_ourselves() -> None:
    announced = [
        said(change("escalated", 1, reason="late"), 3),
        said(change("alerts_changed", 2), 3, pulse=2),
    ]
    table = known(OPENED, ROUTED, change("escalated", 30, reason="late"), pulse=1)

    assert the_only(missing(announced, table)).fate is Fate.CHECK


def test_alerts_that_changed_in_an_incident_that_is_over_want_nobody() -> None:
    pulse = said(change("alerts_changed"), 2, pulse=9)

    assert missing([pulse], known(OPENED, ROUTED, live=False)) == ()


def test_a_service_that_flipped_follows_from_its_incidents() -> None:
    flip = Change(kind="service.flipped", at=T, by=SYSTEM, data={"down": True})

    assert the_only(missing([said(flip, 1, subject="service/vpn")], Known())).fate is Fate.FOLLOWS


def test_order_and_repetitions_change_nothing() -> None:
    announced = [
        said(change("opened", 1), 1),
        said(change("acknowledged", 2, by="kim"), 2, state="acknowledged"),
        said(change("restored", 3), 3, state="restored"),
    ]

    assert missing([*announced[::-1], *announced], Known()) == missing(announced, Known())


def test_the_most_urgent_comes_first() -> None:
    announced = [
        said(change("restored", 1), 1, subject="incident/a", state="closed"),
        said(change("opened", 1), 1, subject="incident/b"),
    ]

    assert [one.subject for one in missing(announced, Known())] == ["incident/b", "incident/a"]
