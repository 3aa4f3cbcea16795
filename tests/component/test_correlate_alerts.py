"""Events become alerts and incidents, on a real table: grouping, reopening, and what others do in between."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.aws import Aws
from leitplanke.domain.alerts import AlertState
from leitplanke.domain.errors import UnavailableError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.domain.incidents import ALERTS_WITHIN, Incident, IncidentState, close, reopen, restore
from leitplanke.table import keys
from leitplanke.usecases import correlate_alerts
from tests.support.clients import Breaking, Interrupted, own_client
from tests.support.desk import Desk
from tests.support.events import minutes

TRIGGER, ACKNOWLEDGE, RESOLVE = Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE
OPEN, ACKNOWLEDGED, RESTORED, CLOSED = IncidentState


@pytest.fixture(scope="module")
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def table_name(shared_table_name: str) -> str:
    """Every run keeps to its own alerts and services."""
    return shared_table_name


@pytest.fixture
def desk(client: Any, table_name: str) -> Desk:
    return Desk(client, client, table_name)


def say(desk: Desk, *events: Event, at: float = 0) -> None:
    """One batch, of which everything is done and after which nothing contradicts the design."""
    desk.now = max(desk.now, minutes(at), *(event.received_at for event in events))
    assert desk.say(events).unfinished == set()
    assert desk.faults() == []


def the_incident(desk: Desk) -> Incident:
    (incident,) = desk.all_incidents()
    return incident


def restored_by_person(desk: Desk, incident: Incident) -> Incident:
    changed = restore(
        incident,
        by="Ada Example",
        at=desk.now,
        reason="they can work",
        reopen_window=desk.policy.reopen_window,
    )
    assert changed is not None
    return desk.incidents.commit(incident, changed)


def closed_by_person(desk: Desk, incident: Incident) -> Incident:
    if incident.is_live:
        incident = restored_by_person(desk, incident)
    changed = close(incident, by="Ada Example", at=desk.now, reason="done")
    assert changed is not None
    return desk.incidents.commit(incident, changed)


class TestGrouping:
    def test_a_first_alert_opens_an_incident_and_the_next_one_of_its_group_joins(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        say(desk, desk.event(TRIGGER, 2, "b"))

        incident = the_incident(desk)
        assert (incident.state, incident.service, incident.began_at) == (OPEN, f"vpn-{desk.run}", minutes(1))
        assert {alert.incident_id for alert in desk.all_alerts().values()} == {incident.incident_id}
        assert desk.kinds(incident) == ["opened"]

    def test_alerts_of_different_services_are_different_incidents(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "b", service="mail"))

        assert len(desk.all_incidents()) == 2

    def test_an_incident_begins_with_its_earliest_alert_and_is_as_bad_as_its_worst(self, desk: Desk) -> None:
        say(
            desk,
            desk.event(TRIGGER, 3, "a", severity=Severity.WARNING),
            desk.event(TRIGGER, 1, "b", severity=Severity.INFO),
            desk.event(TRIGGER, 2, "c", severity=Severity.CRITICAL),
        )

        incident = the_incident(desk)
        assert (incident.began_at, incident.title, incident.severity) == (
            minutes(1),
            "b is down",
            Severity.CRITICAL,
        )

    def test_an_alert_that_comes_and_goes_within_one_batch_still_was_an_incident(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), desk.event(RESOLVE, 2, "a"))

        incident = the_incident(desk)
        assert desk.kinds(incident) == ["opened", "restored"]
        assert incident.restored_at == minutes(2)

    def test_news_about_nothing_opens_nothing_and_is_remembered(self, desk: Desk) -> None:
        say(desk, desk.event(RESOLVE, 2, "a"), desk.event(ACKNOWLEDGE, 2, "b", by="Ada Example"))
        say(desk, desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "b"))

        incident = the_incident(desk)
        assert (incident.state, incident.acknowledged_by) == (ACKNOWLEDGED, "Ada Example")
        assert desk.outcome()["firing"] == ["b"]

    def test_the_worst_that_fires_is_known_at_any_time(self, desk: Desk) -> None:
        say(desk, *(desk.event(TRIGGER, 1, f"warning-{n}", severity=Severity.WARNING) for n in range(20)))
        ident = the_incident(desk).incident_id
        assert desk.alerts.worst_firing(ident) is Severity.WARNING

        say(desk, desk.event(TRIGGER, 2, "warning-7", severity=Severity.CRITICAL))
        assert desk.alerts.worst_firing(ident) is Severity.CRITICAL

        say(desk, desk.event(RESOLVE, 3, "warning-7"))
        assert desk.alerts.worst_firing(ident) is Severity.WARNING


class TestReopening:
    def test_a_restored_incidents_next_alert_reopens_it_within_the_window(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), at=1)
        say(desk, desk.event(RESOLVE, 2, "a"), at=2)
        say(desk, desk.event(TRIGGER, 62, "b"), at=62)

        incident = the_incident(desk)
        assert (incident.state, incident.reopened) == (OPEN, 1)
        assert desk.kinds(incident) == ["opened", "restored", "reopened"]

    def test_after_the_window_the_old_one_is_closed_and_a_new_one_opens(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), at=1)
        say(desk, desk.event(RESOLVE, 2, "a"), at=2)
        say(desk, desk.event(TRIGGER, 63, "a"), at=63)

        old, new = desk.all_incidents()
        assert (old.state, new.state) == (CLOSED, OPEN)
        assert desk.kinds(old) == ["opened", "restored", "closed"]

    def test_each_incident_keeps_the_episodes_that_were_its_own(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), at=1)
        say(desk, desk.event(RESOLVE, 2, "a"), at=2)
        say(desk, desk.event(TRIGGER, 3, "a"), at=3)
        say(desk, desk.event(RESOLVE, 4, "a"), at=4)
        say(desk, desk.event(TRIGGER, 90, "a"), at=90)

        old, new = desk.all_incidents()
        found = [desk.alerts.episodes(one.incident_id, limit=10).items for one in (old, new)]
        assert [[(e.number, e.fired_at, e.resolved_at, e.resolved_by) for e in one] for one in found] == [
            [(1, minutes(1), minutes(2), "source"), (2, minutes(3), minutes(4), "source")],
            [(3, minutes(90), None, None)],
        ]

    def test_a_closed_incident_is_never_reopened(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), at=1)
        say(desk, desk.event(RESOLVE, 2, "a"), at=2)
        closed_by_person(desk, the_incident(desk))
        say(desk, desk.event(TRIGGER, 3, "a"), at=3)

        assert [one.state for one in desk.all_incidents()] == [CLOSED, OPEN]

    def test_two_opened_at_once_after_the_window_are_one(self, desk: Desk, client: Any) -> None:
        """Another consumer opens it between our reading the pointer and our closing the old one."""
        say(desk, desk.event(TRIGGER, 1, "a"), at=1)
        say(desk, desk.event(RESOLVE, 2, "a"), at=2)
        desk.minute(90)
        other = desk.event(TRIGGER, 90, "b")
        racing = Interrupted(client, "transact_write_items", lambda: desk.say([other]))

        report = desk.correlator_with(racing).correlate([desk.event(TRIGGER, 90, "a")], now=desk.now)

        assert (report.opened, report.unfinished) == (0, set())
        assert [one.state for one in desk.all_incidents()] == [CLOSED, OPEN]
        assert desk.outcome()["firing"] == ["a", "b"]
        assert desk.faults() == []


class TestRestoring:
    def test_it_is_restored_when_the_last_alert_ends_with_the_end_that_its_sender_gave(
        self, desk: Desk
    ) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "b"))
        say(desk, desk.event(RESOLVE, 2, "a"), at=5)
        assert the_incident(desk).is_live

        say(desk, desk.event(RESOLVE, 3, "b"), at=6)

        incident = the_incident(desk)
        assert (incident.state, incident.restored_at) == (RESTORED, minutes(3))

    def test_an_alert_that_joins_after_the_question_and_before_the_answer_is_not_overlooked(
        self, desk: Desk, client: Any
    ) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        joins = desk.event(TRIGGER, 2, "b")
        racing = Interrupted(client, "transact_write_items", lambda: desk.say([joins]))

        desk.correlator_with(racing).correlate([desk.event(RESOLVE, 2, "a")], now=desk.now)

        assert desk.kinds(the_incident(desk)) == ["opened"]
        assert desk.faults() == []

    def test_a_policy_may_want_it_quiet_for_a_while_first(self, client: Any, table_name: str) -> None:
        desk = Desk(client, client, table_name, policy="restoring: {after: 5m}")
        say(desk, desk.event(TRIGGER, 1, "a"), at=1)
        desk.minute(2)
        desk.say([desk.event(RESOLVE, 2, "a")])
        assert the_incident(desk).quiet_check_at == minutes(7)

        desk.minute(6)
        desk.look_at_all()
        assert the_incident(desk).is_live
        desk.minute(7)
        desk.look_at_all()

        assert the_incident(desk).state is RESTORED
        assert desk.faults() == []

    def test_and_an_alert_in_that_while_starts_it_anew(self, client: Any, table_name: str) -> None:
        desk = Desk(client, client, table_name, policy="restoring: {after: 5m}")
        say(desk, desk.event(TRIGGER, 1, "a"), at=1)
        desk.minute(2)
        desk.say([desk.event(RESOLVE, 2, "a")])
        say(desk, desk.event(TRIGGER, 4, "b"), at=4)
        desk.minute(7)
        desk.look_at_all()
        assert the_incident(desk).is_live

        desk.minute(8)
        desk.say([desk.event(RESOLVE, 8, "b")])
        desk.minute(13)
        desk.look_at_all()

        assert the_incident(desk).state is RESTORED
        assert desk.kinds(the_incident(desk)) == ["opened", "restored"]

    def test_a_resolve_for_an_alert_whose_incident_is_closed_ends_the_alert_and_nothing_else(
        self, desk: Desk
    ) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        closed = closed_by_person(desk, the_incident(desk))
        say(desk, desk.event(RESOLVE, 2, "a"))

        assert the_incident(desk).revision == closed.revision
        assert desk.all_alerts()["a"].state is AlertState.RESOLVED


class TestPromises:
    """A sender that promises to say more: `quiet_check_at` is when the clocks ask whether it did."""

    def test_the_earliest_promise_of_all_alerts_decides(self, desk: Desk) -> None:
        say(
            desk,
            desk.event(TRIGGER, 1, "a", expires_at=minutes(9)),
            desk.event(TRIGGER, 1, "b", expires_at=minutes(5)),
            desk.event(TRIGGER, 1, "c"),
        )
        assert the_incident(desk).quiet_check_at == minutes(6)

        say(desk, desk.event(TRIGGER, 2, "d", expires_at=minutes(3)))
        assert the_incident(desk).quiet_check_at == minutes(4)

    def test_a_promise_that_is_moved_on_costs_the_incident_nothing(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a", expires_at=minutes(5)))
        before = the_incident(desk)
        say(desk, desk.event(TRIGGER, 2, "a", expires_at=minutes(6)))

        assert the_incident(desk) == before
        assert desk.all_alerts()["a"].expires_at == minutes(6)

    def test_the_first_promise_of_an_alert_that_fires_already_is_noted(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        assert the_incident(desk).quiet_check_at is None

        say(desk, desk.event(TRIGGER, 2, "a", expires_at=minutes(6)))
        assert the_incident(desk).quiet_check_at == minutes(7)

    def test_a_promise_for_the_end_of_time_is_none(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a", expires_at=datetime.max.replace(tzinfo=UTC)))

        assert the_incident(desk).quiet_check_at is None


class TestAcknowledging:
    def test_the_sender_tells_who_has_it(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        say(desk, desk.event(ACKNOWLEDGE, 2, "a", by="Ada Example"), at=2)
        say(desk, desk.event(ACKNOWLEDGE, 3, "a", by="Grace Example"), at=3)

        incident = the_incident(desk)
        assert (incident.state, incident.acknowledged_by, incident.acknowledged_at) == (
            ACKNOWLEDGED,
            "Ada Example",
            minutes(2),
        )
        assert desk.kinds(incident) == ["opened", "acknowledged"]

    def test_of_two_in_one_batch_the_earlier_has_it(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "b"))
        say(
            desk,
            desk.event(ACKNOWLEDGE, 3, "a", by="Grace Example"),
            desk.event(ACKNOWLEDGE, 2, "b", by="Ada Example"),
            at=4,
        )

        assert the_incident(desk).acknowledged_by == "Ada Example"

    def test_a_reopened_incident_is_nobodys_and_old_acknowledgements_do_not_change_that(
        self, desk: Desk
    ) -> None:
        taken = desk.event(ACKNOWLEDGE, 2, "a", by="Ada Example")
        say(desk, desk.event(TRIGGER, 1, "a"))
        say(desk, taken, at=2)
        say(desk, desk.event(RESOLVE, 3, "a"), at=3)
        say(desk, desk.event(TRIGGER, 4, "a"), at=4)
        say(desk, taken, at=5)

        assert the_incident(desk).state is OPEN


class TestBetweenJoiningAndTelling:
    """Others change the incident after an alert has chosen it and before it is told."""

    def _late(self, desk: Desk, client: Any, event: Event, what: Any, *, before: str, at: int = 1) -> None:
        correlator = desk.correlator_with(Interrupted(client, before, what, at=at))
        assert correlator.correlate([event], now=desk.now).unfinished == set()
        assert desk.faults() == []

    def test_restored_by_the_last_resolve_it_reopens(self, desk: Desk, client: Any) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        end = desk.event(RESOLVE, 2, "a")

        self._late(
            desk,
            client,
            desk.event(TRIGGER, 2, "b"),
            lambda: desk.say([end]),
            before="batch_execute_statement",
            at=2,
        )

        assert desk.kinds(the_incident(desk)) == ["opened", "restored", "reopened"]

    def test_restored_by_a_person_who_did_not_know_of_it_it_reopens(self, desk: Desk, client: Any) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))

        self._late(
            desk,
            client,
            desk.event(TRIGGER, 2, "b"),
            lambda: restored_by_person(desk, the_incident(desk)),
            before="update_item",
        )

        assert desk.kinds(the_incident(desk)) == ["opened", "restored", "reopened"]

    def test_closed_by_a_person_its_alert_opens_the_next_one(self, desk: Desk, client: Any) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        say(desk, desk.event(RESOLVE, 2, "a"))
        desk.minute(3)

        self._late(
            desk,
            client,
            desk.event(TRIGGER, 3, "b"),
            lambda: closed_by_person(desk, desk.all_incidents()[0]),
            before="update_item",
        )

        old, new = desk.all_incidents()
        assert (old.state, new.state) == (CLOSED, OPEN)
        assert desk.all_alerts()["b"].incident_id == new.incident_id
        (first, left) = sorted(
            desk.alerts.episodes(old.incident_id, limit=10).items, key=lambda episode: episode.fired_at
        )
        assert (first.resolved_by, left.resolved_by, left.resolved_at) == ("source", "human", minutes(3))

    def test_acknowledged_by_a_person_it_is_told_all_the_same(self, desk: Desk, client: Any) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        before = the_incident(desk)

        self._late(
            desk,
            client,
            desk.event(TRIGGER, 2, "b"),
            lambda: desk.say([desk.event(ACKNOWLEDGE, 2, "a", by="Ada Example")]),
            before="update_item",
        )

        assert (the_incident(desk).state, the_incident(desk).pulse) == (ACKNOWLEDGED, before.pulse + 1)

    def test_an_alert_that_two_place_in_different_incidents_is_in_the_one_of_the_faster(
        self, desk: Desk, client: Any
    ) -> None:
        """The slower one's incident is empty: restored once the alerts that opened it are not expected."""
        faster = desk.event(TRIGGER, 1, "a", service="mail")
        correlator = desk.correlator_with(
            Interrupted(client, "batch_execute_statement", lambda: desk.say([faster]), at=2)
        )

        correlator.correlate([desk.event(TRIGGER, 1, "a")], now=desk.now)

        assert desk.faults(settled=False) == []
        desk.now += ALERTS_WITHIN
        desk.look_at_all()
        assert desk.faults() == []
        assert desk.outcome() == {"firing": ["a"], "live": [f"mail-{desk.run}"]}


class TestPeopleKnowBetter:
    """A person restored it although alerts fire: customers can work all the same."""

    @pytest.mark.parametrize(
        ("news", "reopened"),
        [
            ({"action": TRIGGER, "key": "a"}, 0),
            ({"action": TRIGGER, "key": "a", "severity": Severity.WARNING}, 0),
            ({"action": TRIGGER, "key": "a", "severity": Severity.CRITICAL}, 1),
            ({"action": TRIGGER, "key": "b"}, 1),
            ({"action": ACKNOWLEDGE, "key": "a"}, 0),
            ({"action": RESOLVE, "key": "a"}, 0),
        ],
        ids=["it goes on", "it gets milder", "it gets worse", "another one", "acknowledged", "it ends"],
    )
    def test_only_something_new_or_worse_reopens_it(
        self, desk: Desk, news: dict[str, Any], reopened: int
    ) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        restored_by_person(desk, the_incident(desk))
        say(desk, desk.event(at=3, **news), at=3)

        incident = the_incident(desk)
        assert (incident.reopened, incident.is_live) == (reopened, bool(reopened))

    def test_once_reopened_by_them_only_they_can_say_that_it_is_over(self, desk: Desk) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        restored = restored_by_person(desk, the_incident(desk))
        changed = reopen(restored, by="Ada Example", at=desk.now, reason="no", acknowledge_within=None)
        assert changed is not None
        desk.incidents.commit(restored, changed)
        say(desk, desk.event(RESOLVE, 2, "a"))
        desk.minute(10)
        desk.look_at_all()

        assert the_incident(desk).state is IncidentState.OPEN
        assert restored_by_person(desk, the_incident(desk)).state is RESTORED


class TestForgetting:
    def test_an_expired_tombstone_counts_as_absent_although_it_is_still_there(self, desk: Desk) -> None:
        days = timedelta(days=31) / timedelta(minutes=1)
        say(desk, desk.event(RESOLVE, 10, "a"))
        say(desk, desk.event(TRIGGER, 5, "a", received=days), at=days)

        alert = desk.all_alerts()["a"]
        assert (alert.state, alert.episode, alert.version) == (AlertState.FIRING, 1, 2)

    def test_one_that_is_deleted_just_then_is_written_anew(
        self, desk: Desk, client: Any, table_name: str
    ) -> None:
        days = timedelta(days=31) / timedelta(minutes=1)
        say(desk, desk.event(RESOLVE, 10, "a"))
        event = desk.event(TRIGGER, 5, "a", received=days)
        key = keys.alert(keys.alert_id(event.integration_id, "a"))

        def expire() -> None:
            client.delete_item(TableName=table_name, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}})

        desk.minute(days)
        correlator = desk.correlator_with(Interrupted(client, "batch_execute_statement", expire, at=2))
        assert correlator.correlate([event], now=desk.now).unfinished == set()

        assert (desk.all_alerts()["a"].version, desk.faults()) == (1, [])

    def test_what_an_alert_did_is_known_when_the_alert_itself_is_forgotten(
        self, desk: Desk, client: Any, table_name: str
    ) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        say(desk, desk.event(RESOLVE, 2, "a"))
        say(desk, desk.event(TRIGGER, 3, "a"))
        say(desk, desk.event(RESOLVE, 4, "a"))
        key = keys.alert(desk.all_alerts()["a"].alert_id)
        client.delete_item(TableName=table_name, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}})

        found = desk.alerts.episodes(the_incident(desk).incident_id, limit=10).items
        assert [(one.resolved_at, one.resolved_by) for one in found] == [
            (minutes(2), "source"),
            (minutes(4), "source"),
        ]


class TestTrouble:
    def test_a_poisoned_alert_goes_to_quarantine_and_its_neighbours_through(self, desk: Desk) -> None:
        poisoned = desk.event(TRIGGER, 1, "poisoned").model_copy(
            update={"state_time": "no time", "labels": None}
        )
        say(desk, poisoned, desk.event(TRIGGER, 1, "good"))

        assert desk.outcome()["firing"] == ["good"]
        assert [
            (event.alert_key, "cannot be correlated" in reason) for event, reason in desk.quarantine.kept
        ] == [("poisoned", True)]

    def test_a_row_that_makes_no_sense_costs_nobody_but_its_own_alert(
        self, desk: Desk, client: Any, table_name: str
    ) -> None:
        event = desk.event(TRIGGER, 1, "broken")
        ident = keys.alert_id(event.integration_id, "broken")
        row = {"pk": {"S": f"ALERT#{ident}"}, "sk": {"S": "ALERT"}, "st": {"S": "gone fishing"}}
        client.put_item(TableName=table_name, Item=row)

        desk.say([event, desk.event(TRIGGER, 1, "good")])

        assert [event.alert_key for event, _ in desk.quarantine.kept] == ["broken"]
        client.delete_item(TableName=table_name, Key={"pk": row["pk"], "sk": row["sk"]})
        assert desk.outcome()["firing"] == ["good"]

    @pytest.mark.parametrize(
        "hostile",
        [
            {"title": "\ud800", "labels": {"service": "x"}},
            {"title": "", "symptom": "", "labels": {}},
            {"title": "a", "labels": {"": "nameless", "service": "x"}},
            {"title": "a", "labels": {"service": "'; DROP TABLE alerts; --", '"pk"': "?"}},
            {"title": "a", "labels": {f"{n}": "ä" * 1_000 for n in range(64)}},
        ],
        ids=["lone surrogate", "empty", "nameless label", "quotes", "large"],
    )
    def test_hostile_text_is_stored_or_kept_and_its_neighbours_go_through(
        self, desk: Desk, hostile: dict[str, Any]
    ) -> None:
        event = desk.event(TRIGGER, 1, "hostile").model_copy(update=hostile)
        good = [desk.event(TRIGGER, 1, f"good-{n}") for n in range(30)]

        report = desk.say([*good[:15], event, *good[15:]])

        assert report.unfinished == set()
        kept = {one.alert_key for one, _ in desk.quarantine.kept}
        assert {*desk.outcome()["firing"], *kept} == {"hostile", *(one.alert_key for one in good)}
        assert kept <= {"hostile"}

    @pytest.mark.parametrize("at", range(1, 7))
    def test_throttling_is_unavailable_whichever_call_it_meets(
        self, desk: Desk, client: Any, at: int
    ) -> None:
        response: Any = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
        throttled = Breaking(client, at=at, error=lambda: ClientError(response, "AnyOperation"))
        event = desk.event(TRIGGER, 1, "a")

        with pytest.raises(UnavailableError):
            desk.correlator_with(throttled).correlate([event], now=desk.now)

        say(desk, event)
        assert desk.outcome()["firing"] == ["a"]

    def test_an_alert_that_loses_every_race_comes_again_and_its_neighbours_are_done(
        self, desk: Desk, client: Any, table_name: str
    ) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"))
        event = desk.event(TRIGGER, 2, "a")
        key = keys.alert(keys.alert_id(event.integration_id, "a"))

        class Outrun:
            def __getattr__(self, operation: str) -> Any:
                return getattr(client, operation)

            def batch_execute_statement(self, **arguments: Any) -> Any:
                client.update_item(
                    TableName=table_name,
                    Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
                    UpdateExpression="ADD ver :one",
                    ExpressionAttributeValues={":one": {"N": "1"}},
                )
                return client.batch_execute_statement(**arguments)

        report = desk.correlator_with(Outrun()).correlate([event, desk.event(TRIGGER, 2, "b")], now=desk.now)

        assert report.unfinished == {keys.alert_id(event.integration_id, "a")}
        assert desk.outcome()["firing"] == ["a", "b"]

    def test_an_incident_that_others_change_all_the_time_holds_up_only_its_own_alerts(
        self, desk: Desk, client: Any, table_name: str
    ) -> None:
        say(desk, desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "m", service="mail"))
        busy = next(one for one in desk.all_incidents() if one.service.startswith("mail")).incident_id
        key = {"pk": {"S": f"INCIDENT#{busy}"}, "sk": {"S": "INCIDENT"}}
        looks = itertools.count(1)

        class Restless:
            def __getattr__(self, operation: str) -> Any:
                return getattr(client, operation)

            def update_item(self, **arguments: Any) -> Any:
                if arguments["Key"] == key:
                    client.update_item(
                        TableName=table_name,
                        Key=key,
                        UpdateExpression="SET look_at = :at",
                        ExpressionAttributeValues={":at": {"S": f"2026-11-23T08:00:00.{next(looks):06d}Z"}},
                    )
                return client.update_item(**arguments)

        news = [desk.event(TRIGGER, 2, "n", service="mail"), desk.event(TRIGGER, 2, "b")]
        report = desk.correlator_with(Restless()).correlate(news, now=desk.now)

        assert report.unfinished == {keys.alert_id(news[0].integration_id, "n")}
        assert {alert.state for alert in desk.all_alerts().values()} == {AlertState.FIRING}
        pulses = {one.incident_id == busy: one.pulse for one in desk.all_incidents()}
        assert pulses == {True: 2, False: 3}

    def test_a_very_large_batch_is_done_part_by_part_and_stops_in_good_order(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(correlate_alerts, "_AT_ONCE", 2)
        batch = [desk.event(TRIGGER, 1, key) for key in "abcde"]
        asked: list[bool] = []

        def once() -> bool:
            asked.append(True)
            return len(asked) == 1

        report = desk.correlator.correlate(batch, now=desk.now, keep_going=once)

        assert report.unfinished == {keys.alert_id(batch[4].integration_id, "e")}
        assert desk.outcome()["firing"] == ["a", "b", "c", "d"]
        say(desk, *batch)
        assert desk.outcome()["firing"] == ["a", "b", "c", "d", "e"]
