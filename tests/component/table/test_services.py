"""Which services are down: exact whoever comes at the same time, whoever dies half-way, and told in order."""

import itertools
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import (
    Change,
    Changed,
    Incident,
    IncidentState,
    opened,
    reopen,
    restore,
)
from leitplanke.domain.services import ServiceState
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.looks import Looks
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.usecases.publish_changes import Publisher
from tests.model.turns import Fault, Mishap, Paced, Work, at_once
from tests.support.clients import own_client
from tests.support.incidents import NOW, PERSON, incident

_numbers = itertools.count(1)


class House:
    """Services and the incidents that take them down, on one table."""

    def __init__(self, client: Any, table_name: str) -> None:
        self.table = Table(client, table_name)
        self.incidents = Incidents(self.table)
        self.services = Services(self.table)

    def opened(self, service: str) -> Incident:
        """A live incident of the service."""
        ident = f"inc-{next(_numbers)}"
        made = incident(incident_id=ident, service=service, group_key=ident)
        return self.incidents.open(opened(made, by="pagerduty"), replaces=None)

    def restored(self, seen: Incident) -> Incident:
        changed = restore(seen, by=PERSON, at=NOW, reason="", reopen_window=NOW - NOW)
        assert changed is not None
        return self.incidents.commit(seen, changed)

    def route(self, incident_id: str) -> None:
        """What routing does about a service: again until nobody was faster."""
        while True:
            seen = self.incidents.get(incident_id)
            try:
                if seen.is_live:
                    self.services.judged(seen, down=True, at=NOW)
                else:
                    self.services.released(seen, at=NOW)
            except LostRaceError:
                continue
            return

    def faults(self, service: str) -> list[str]:
        """Everything that contradicts the design, when nobody is at work."""
        state = self.services.get(service) or ServiceState(service=service, down=False, since=NOW, revision=0)
        causes = self.services.causes(service)
        flips = self.services.timeline(service, after_revision=0, limit=1_000).entries
        live = [one for one in causes if self.incidents.get(one).is_live]
        return [
            *([f"causes that are over: {causes}"] if live != causes else []),
            *([f"down is {state.down}, causes are {causes}"] if state.down is not bool(causes) else []),
            *(
                ["flips with gaps"]
                if [f.revision for f in flips] != list(range(1, state.revision + 1))
                else []
            ),
            *(
                ["flips that are none"]
                if [f.change.data["down"] for f in flips] != [n % 2 == 0 for n in range(len(flips))]
                else []
            ),
        ]


@pytest.fixture
def house(aws: Aws, table_name: str) -> House:
    return House(Paced(own_client(aws.url)), table_name)


def test_the_first_cause_takes_it_down_and_the_last_one_lets_it_up(house: House) -> None:
    first, second = house.opened("vpn"), house.opened("vpn")

    assert house.services.judged(first, down=True, at=NOW) == {"vpn"}
    assert house.services.judged(second, down=True, at=NOW) == {"vpn"}
    house.services.released(house.restored(first), at=NOW)
    assert house.services.get("vpn") == ServiceState(service="vpn", down=True, since=NOW, revision=1)
    house.services.released(house.restored(second), at=NOW)

    state = house.services.get("vpn")
    assert state is not None
    assert (state.down, state.revision) == (False, 2)
    assert house.faults("vpn") == []


def test_an_incident_that_gets_mild_lets_its_service_up(house: House) -> None:
    seen = house.opened("vpn")
    house.services.judged(seen, down=True, at=NOW)

    assert house.services.judged(seen, down=False, at=NOW) == set()
    assert house.services.causes("vpn") == []


def test_other_services_that_are_down_are_told_as_well(house: House) -> None:
    house.services.judged(house.opened("mail"), down=True, at=NOW)

    assert house.services.judged(house.opened("vpn"), down=True, at=NOW) == {"mail", "vpn"}
    assert house.services.judged(house.opened("vpn/2 #x"), down=False, at=NOW) == {"mail", "vpn"}


def test_a_flip_arms_a_look_until_it_is_published(house: House) -> None:
    house.services.judged(house.opened("vpn"), down=True, at=NOW)

    subjects = [look.subject for look in Looks(house.table).due(NOW.replace(year=2027))]
    assert subjects.count("service/vpn") == 1


@pytest.mark.parametrize("change", ["restored", "pulsed", "noted"])
def test_who_decided_on_an_older_incident_changes_no_cause(house: House, change: str) -> None:
    seen = house.opened("vpn")
    if change == "restored":
        house.restored(seen)
    elif change == "pulsed":
        house.incidents.pulse(seen, at=NOW, quiet_check_at=None)
    else:
        after = replace(seen, revision=seen.revision + 1)
        house.incidents.commit(
            seen, Changed(incident=after, change=Change(kind="incident.noted", at=NOW, by=PERSON))
        )

    with pytest.raises(LostRaceError):
        house.services.judged(seen, down=True, at=NOW)
    assert house.services.causes("vpn") == []


def switches() -> Iterator[list[int]]:
    """Schedules in which one does some calls, then the other some or all, then the first all the rest."""
    for i, j in itertools.product(range(7), (1, 2, 3, 5, 99)):
        yield [0] * i + [1] * j + [0] * 99


Pair = tuple[Callable[[], None], Callable[[], None]]


def last_goes_new_comes(house: House, service: str) -> Pair:
    old, new = house.opened(service), house.opened(service)
    house.route(old.incident_id)
    house.restored(old)
    return lambda: house.route(old.incident_id), lambda: house.route(new.incident_id)


def both_go(house: House, service: str) -> Pair:
    both = [house.opened(service), house.opened(service)]
    for one in both:
        house.route(one.incident_id)
        house.restored(one)
    return lambda: house.route(both[0].incident_id), lambda: house.route(both[1].incident_id)


def restored_under_a_routers_feet(house: House, service: str) -> Pair:
    seen = house.opened(service)

    def is_over() -> None:
        house.restored(seen)
        house.route(seen.incident_id)

    return lambda: house.route(seen.incident_id), is_over


def back_under_a_routers_feet(house: House, service: str) -> Pair:
    seen = house.opened(service)
    house.route(seen.incident_id)
    over = house.restored(seen)

    def is_back() -> None:
        changed = reopen(over, by=PERSON, at=NOW, reason="", acknowledge_within=None)
        assert changed is not None
        house.incidents.commit(over, changed)
        house.route(over.incident_id)

    return lambda: house.route(over.incident_id), is_back


@pytest.mark.parametrize(
    "story",
    [last_goes_new_comes, both_go, restored_under_a_routers_feet, back_under_a_routers_feet],
    ids=lambda story: story.__name__,
)
def test_the_summary_follows_the_causes_however_two_take_turns(
    house: House, story: Callable[[House, str], Pair]
) -> None:
    for number, schedule in enumerate(switches()):
        service = f"{story.__name__}-{number}"
        one, other = story(house, service)

        assert at_once([Work(one), Work(other)], schedule) == [None, None]

        assert house.faults(service) == [], schedule


@pytest.mark.parametrize("fault", [Fault.DIED_BEFORE, Fault.DIED_AFTER])
@pytest.mark.parametrize("story", [last_goes_new_comes, both_go], ids=lambda story: story.__name__)
def test_who_dies_half_way_is_made_good_by_the_redelivery(
    house: House, story: Callable[[House, str], Pair], fault: Fault
) -> None:
    """The other comes to an end where the first one died, so nobody but the redelivery can put it right."""
    for dies_at in range(1, 9):
        service = f"{story.__name__}-{fault.name}-{dies_at}"
        one, other = story(house, service)

        at_once([Work(one, Mishap(at=dies_at, fault=fault)), Work(other)], [0] * (dies_at - 1) + [1] * 99)
        one()

        assert house.faults(service) == [], dies_at


def test_sixteen_at_once_leave_what_the_causes_say_and_it_is_published_in_order(
    aws: Aws, house: House
) -> None:
    idents = [house.opened("vpn").incident_id for _ in range(12)]

    def at_work(seed: int) -> None:
        mine, chance = House(own_client(aws.url), house.table.name), random.Random(seed)
        for _ in range(12):
            ident = chance.choice(idents)
            seen = mine.incidents.get(ident)
            changed = (
                restore(seen, by=PERSON, at=NOW, reason="", reopen_window=NOW - NOW)
                if seen.is_live
                else reopen(seen, by=PERSON, at=NOW, reason="", acknowledge_within=None)
            )
            try:
                if changed is not None:
                    mine.incidents.commit(seen, changed)
            except LostRaceError:
                pass
            mine.route(ident)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(at_work, range(16)))

    assert house.faults("vpn") == []
    state = house.services.get("vpn")
    assert state is not None
    live = [one for one in idents if house.incidents.get(one).state is IncidentState.OPEN]
    assert (state.down, sorted(house.services.causes("vpn"))) == (bool(live), sorted(live))
    bus: list[Any] = []
    publisher = Publisher(
        incidents=house.incidents, problems=Problems(house.table), services=house.services, publish=bus.extend
    )
    assert publisher.service(state) == state.revision
    assert [event["id"] for event in bus] == [f"service/vpn/{n}" for n in range(1, state.revision + 1)]
    assert publisher.service(house.services.get("vpn") or state) == 0


def test_a_service_with_more_causes_than_a_page_names_them_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leitplanke.table.services._PAGE", 3)
    idents = [house.opened("vpn").incident_id for _ in range(8)]
    for ident in idents:
        house.route(ident)

    assert sorted(house.services.causes("vpn")) == sorted(idents)
    assert set(house.services.all()) == {"vpn"}
