"""What the bus hears is CloudEvents 1.0 (github.com/cloudevents/spec, v1.0.2), with what rules filter by."""

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from leitplanke.domain.announcements import (
    ALERTS_CHANGED,
    WAKES_ROUTING,
    Announcement,
    about_incident,
    about_problem,
    about_service,
    alerts_changed,
    dependency_flipped,
)
from leitplanke.domain.incidents import Change
from tests.support.incidents import NOW, incident
from tests.support.notices import problem

BERLIN = timezone(timedelta(hours=1))
CHANGE = Change(kind="incident.routed", at=NOW, by="leitplanke", loud=True, data={"lane": "expedite"})
INCIDENT = incident(lane="expedite", team="network", priority="P1", revision=7, pulse=3)
ALL: dict[str, Announcement] = {
    "incident": about_incident(INCIDENT, 7, CHANGE),
    "problem": about_problem(problem(), 2, CHANGE),
    "service": about_service("vpn gateway/1", 3, CHANGE),
    "pulse": alerts_changed(INCIDENT, at=NOW, reason="its alerts changed"),
    "flip": dependency_flipped("inc-1", "vpn-gateway-2", at=NOW),
}


@pytest.mark.parametrize("event", ALL.values(), ids=ALL)
def test_every_announcement_is_a_cloudevent(event: Announcement) -> None:
    assert event["specversion"] == "1.0"
    for required in ("id", "source", "type"):
        assert isinstance(event[required], str)
        assert event[required]
    for name in event:
        assert re.fullmatch("[a-z0-9]{1,20}", name), "section 'Naming Conventions'"
    assert datetime.fromisoformat(event["time"]).utcoffset() == timedelta(0)
    assert event["subject"]
    assert event["datacontenttype"] == "application/json"
    assert json.loads(json.dumps(event, allow_nan=False)) == event


@pytest.mark.parametrize("event", ALL.values(), ids=ALL)
def test_every_announcement_has_all_that_subscribers_filter_by(event: Announcement) -> None:
    fields = {"revision", "loud", "lane", "team", "priority", "service", "signature", "by"}

    assert fields <= event["data"].keys()


def test_an_incident_is_announced_with_where_it_is_now() -> None:
    data = ALL["incident"]["data"]

    assert (data["lane"], data["team"], data["priority"], data["state"]) == (
        "expedite",
        "network",
        "P1",
        "open",
    )
    assert (data["loud"], data["revision"], data["change"]) == (True, 7, {"lane": "expedite"})
    assert (ALL["incident"]["id"], ALL["incident"]["subject"]) == ("incident/inc-1/7", "incident/inc-1")


def test_the_same_revision_has_the_same_id_and_another_one_another() -> None:
    later = about_incident(incident(lane="standard", revision=9), 7, CHANGE)

    assert later["id"] == ALL["incident"]["id"]
    assert about_incident(INCIDENT, 8, CHANGE)["id"] != later["id"]


def test_what_is_not_in_a_timeline_has_an_id_of_its_own_each_time() -> None:
    def ids(moment: datetime) -> list[Any]:
        return [
            alerts_changed(INCIDENT, at=moment, reason="its alerts changed")["id"],
            dependency_flipped("inc-1", "vpn-gateway-2", at=moment)["id"],
            dependency_flipped("inc-1", "vpn-gateway-3", at=moment)["id"],
        ]

    assert ids(NOW) == ids(NOW)
    assert len({*ids(NOW), *ids(NOW + timedelta(microseconds=1)), ALL["incident"]["id"]}) == 7


def test_times_are_told_in_utc_whatever_zone_they_come_in() -> None:
    change = Change(kind="incident.noted", at=NOW.astimezone(BERLIN), by="Ada Example")

    assert about_incident(INCIDENT, 1, change)["time"] == "2026-11-23T09:00:00+00:00"


def test_whatever_wakes_routing_is_in_the_template_rule() -> None:
    from infra.local.template import load_template

    rule = load_template()["Resources"]["RoutingRule"]["Properties"]["EventPattern"]

    assert WAKES_ROUTING <= set(rule["detail-type"])
    assert ALL["pulse"]["type"] == ALL["flip"]["type"] == ALERTS_CHANGED
