"""Does it come back? One problem per signature, every incident in it once, what helped counted once."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.errors import NotFoundError
from leitplanke.domain.incidents import Incident, IncidentState, opened, reopen, restore
from leitplanke.domain.policy import load_policy
from leitplanke.domain.problems import ProblemState
from leitplanke.domain.workarounds import told_afterwards
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.detect_recurrence import Recurrence
from tests.model.turns import ProcessDiedError
from tests.support.clients import Breaking, own_client
from tests.support.costs import Costs
from tests.support.incidents import PERSON, incident
from tests.support.world import VPN_POLICY, World

MAJOR = VPN_POLICY.replace(
    "- {name: twice in a month, count: 2, within: 30d}", "- {name: major incident, major: [P1]}"
)


@pytest.fixture
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def world(client: Any, table_name: str) -> World:
    return World(Table(client, table_name))


def recurrence(world: World, client: Any) -> Recurrence:
    """Another consumer of the queue, with its own client."""
    table = Table(client, world.table.name)
    return Recurrence(
        incidents=Incidents(table),
        problems=Problems(table),
        signatures=Signatures(table),
        policies=world.policies,
        new_id=lambda: f"prb-{random.getrandbits(64):016x}",
    )


def happened(
    world: World, name: str, *, days_ago: float = 0, signature: str = "sig", **fields: Any
) -> Incident:
    """An incident of this signature."""
    at = world.now - timedelta(days=days_ago)
    made = incident(
        incident_id=name,
        group_key=name,
        signature=signature,
        opened_at=at,
        changed_at=at,
        pulsed_at=at,
        **fields,
    )
    return world.incidents.open(opened(made, by="pagerduty"), replaces=None)


def restored(world: World, one: Incident, **fields: Any) -> Incident:
    changed = restore(
        one, by=PERSON, at=world.now, reason="works", reopen_window=timedelta(hours=1), **fields
    )
    assert changed is not None
    return world.incidents.commit(one, changed)


def review(world: World, *names: str) -> None:
    for name in names:
        world.recurrence.review(name, now=world.now)


def faults(world: World) -> list[str]:
    """Everything about problems that contradicts the design."""
    wrong: list[str] = []
    problems = {one.problem_id: one for one in world.all_problems()}
    signatures = [one.signature for one in problems.values()]
    wrong += [f"two problems of {one}" for one in set(signatures) if signatures.count(one) > 1]
    members = {
        one.problem_id: {link.incident_id for link in world.problems.links(one.problem_id, limit=10_000)}
        for one in problems.values()
    }
    for ident, problem in problems.items():
        lines = world.problems.timeline(ident, after_revision=0, limit=10_000).entries
        if [line.revision for line in lines] != list(range(1, problem.revision + 1)):
            wrong.append(f"the timeline of {ident} has gaps")
        if problem.incidents != len(members[ident]):
            wrong.append(f"{ident} counts {problem.incidents} of {len(members[ident])} incidents")
        told = [one for line in lines for one in line.change.data.get("incidents", [])]
        if len(told) != len(set(told)):
            wrong.append(f"{ident} tells of an incident twice")
    for one in world.all_incidents():
        marks = world.kinds(one).count("linked")
        home = [ident for ident, names in members.items() if one.incident_id in names]
        if (one.problem_id is not None) is not (marks == 1) or marks > 1:
            wrong.append(f"{one.incident_id} was marked {marks} times")
        if home != ([one.problem_id] if one.problem_id else []):
            wrong.append(f"{one.incident_id} believes in {one.problem_id} and is in {home}")
    return wrong


def test_the_second_in_a_month_makes_a_problem_of_both(world: World) -> None:
    happened(world, "first", days_ago=20)
    review(world, "first")
    assert world.all_problems() == []
    happened(world, "second")

    review(world, "second")

    (problem,) = world.all_problems()
    assert (problem.state, problem.incidents, problem.team) == (ProblemState.OPEN, 2, "network")
    assert (problem.rule, problem.opened_for) == ("twice in a month", "second")
    assert problem.reason == "it happened 2 times within 30d; the rule says 2"
    assert {one.problem_id for one in world.all_incidents()} == {problem.problem_id}
    assert faults(world) == []


def test_what_happened_before_the_window_is_not_counted(world: World) -> None:
    happened(world, "long ago", days_ago=31)
    happened(world, "now")

    review(world, "long ago", "now")

    assert world.all_problems() == []


def test_another_signature_is_another_story(world: World) -> None:
    happened(world, "one")
    happened(world, "other", signature="another")

    review(world, "one", "other")

    assert world.all_problems() == []


def test_a_major_incident_is_a_problem_at_once(world: World) -> None:
    world.policies.policy = load_policy(MAJOR)
    happened(world, "small", priority="P3", days_ago=1)
    happened(world, "major", priority="P1", service="mail", team="platform")

    review(world, "small", "major")

    (problem,) = world.all_problems()
    assert (problem.opened_for, problem.incidents, problem.team) == ("major", 1, "platform")
    assert faults(world) == []


def test_what_nobody_owns_goes_to_the_default_team(world: World) -> None:
    world.policies.policy = load_policy(VPN_POLICY)
    for name in ("one", "two"):
        happened(world, name, service="coffee-machine")
    review(world, "one", "two")

    assert world.all_problems()[0].team == "platform"


def test_later_incidents_join_and_only_they_are_touched(world: World, client: Any, dynamodb: Any) -> None:
    for name in ("one", "two"):
        happened(world, name)
    review(world, "one", "two")
    before = world.incidents.get("one")
    happened(world, "three")

    with Costs.of(client, dynamodb) as costs:
        review(world, "three")

    assert world.incidents.get("one") == before
    assert costs.calls == {"GetItem": 2, "BatchGetItem": 1, "PutItem": 1, "TransactWriteItems": 2}
    assert world.all_problems()[0].incidents == 3
    assert faults(world) == []


def test_a_review_that_finds_nothing_new_only_reads(world: World, client: Any, dynamodb: Any) -> None:
    for name in ("one", "two"):
        happened(world, name)
    review(world, "one", "two")
    happened(world, "alone", signature="another")
    review(world, "alone")

    with Costs.of(client, dynamodb) as linked:
        review(world, "one", "two")
    with Costs.of(client, dynamodb) as alone:
        review(world, "alone")

    assert linked.calls == {"GetItem": 2, "BatchGetItem": 2}
    assert alone.calls == {"GetItem": 1, "BatchGetItem": 1, "Query": 1}


def test_an_incident_that_does_not_exist_is_said_to(world: World) -> None:
    with pytest.raises(NotFoundError):
        review(world, "nobody")


def test_a_problem_gathers_more_incidents_than_one_transaction_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leitplanke.usecases.detect_recurrence.LINKS_AT_ONCE", 4)
    world.policies.policy = load_policy(VPN_POLICY.replace("count: 2", "count: 11"))
    names = [f"inc-{number:02d}" for number in range(11)]
    for number, name in enumerate(names):
        happened(world, name, days_ago=11 - number)

    review(world, *names)

    (problem,) = world.all_problems()
    assert (problem.incidents, problem.revision) == (11, 3)
    assert problem.first_incident_at == world.now - timedelta(days=11)
    assert all(one.problem_id == problem.problem_id for one in world.all_incidents())
    assert faults(world) == []


class TestWorkarounds:
    def counts(self, world: World) -> tuple[str, int, int] | None:
        known = world.signatures.workaround("sig")
        return (known.text, known.used, known.worked) if known else None

    def test_one_that_helped_is_counted_once_however_often_it_is_reviewed(self, world: World) -> None:
        restored(world, happened(world, "one"), workaround="restart", helped=True)

        review(world, "one", "one", "one")

        assert self.counts(world) == ("restart", 1, 1)

    def test_nothing_is_learnt_before_it_is_over(self, world: World) -> None:
        happened(world, "one", workaround="restart")

        review(world, "one")

        assert self.counts(world) is None

    def test_two_incidents_and_one_correction(self, world: World) -> None:
        for name in ("one", "two"):
            restored(world, happened(world, name), workaround="restart", helped=True)
        review(world, "one", "two", "one")
        assert self.counts(world) == ("restart", 2, 2)
        changed = told_afterwards(
            world.incidents.get("two"),
            workaround="restart",
            helped=False,
            note=None,
            by=PERSON,
            at=world.now,
        )
        assert changed is not None
        world.incidents.commit(world.incidents.get("two"), changed)

        review(world, "one", "two")

        assert self.counts(world) == ("restart", 2, 1)

    def test_an_earlier_incident_that_closes_later_does_not_bring_its_words_back(self, world: World) -> None:
        restored(world, happened(world, "one"), workaround="pray", helped=True)
        review(world, "one")
        world.later(hours=1)
        restored(world, happened(world, "two"), workaround="restart", helped=True)
        review(world, "two")

        review(world, "one")

        assert self.counts(world) == ("restart", 1, 1)

    def test_what_came_back_and_was_restored_otherwise_counts_for_what_helped_in_the_end(
        self, world: World
    ) -> None:
        once = restored(world, happened(world, "one"), workaround="pray", helped=True)
        review(world, "one")
        changed = reopen(once, by="leitplanke", at=world.now, reason="", acknowledge_within=None)
        assert changed is not None
        back = world.incidents.commit(once, changed)
        review(world, "one")
        restored(world, back, workaround="restart", helped=True)

        review(world, "one")

        assert self.counts(world) == ("restart", 1, 1)

    def test_sixteen_learn_at_once_and_each_incident_counts_once(self, world: World, aws: Aws) -> None:
        names = [f"inc-{number}" for number in range(8)]
        for number, name in enumerate(names):
            restored(world, happened(world, name), workaround="restart", helped=number % 2 == 0)

        def at_work(name: str) -> None:
            recurrence(world, own_client(aws.url)).review(name, now=world.now)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(at_work, names * 2))

        assert self.counts(world) == ("restart", 8, 4)
        assert faults(world) == []


def test_sixteen_consumers_of_one_signature_open_one_problem_with_all_its_incidents(
    world: World, aws: Aws
) -> None:
    names = [f"inc-{number:02d}" for number in range(16)]
    for name in names:
        happened(world, name)
    messages = names * 3
    random.Random(7).shuffle(messages)
    consumers = [recurrence(world, own_client(aws.url)) for _ in range(16)]

    def at_work(number: int) -> None:
        for name in messages[number::16]:
            consumers[number].review(name, now=world.now)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(at_work, range(16)))

    (problem,) = world.all_problems()
    assert problem.incidents == 16
    assert faults(world) == []
    assert all(one.problem_id == problem.problem_id for one in world.all_incidents())


@pytest.mark.parametrize("seed", range(5))
def test_messages_in_any_order_and_doubled_end_the_same(world: World, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(5):
        made = happened(world, f"inc-{number}", days_ago=number)
        if number % 2:
            restored(world, made, workaround=chance.choice(["restart", "unplug"]), helped=True)
    messages = [f"inc-{number}" for number in range(5)] * 2
    chance.shuffle(messages)

    review(world, *messages)

    (problem,) = world.all_problems()
    assert problem.incidents == 5
    assert faults(world) == []
    known = world.signatures.memory(world.incidents.get("inc-1")).known
    assert sum(one.used for one in known) == 2


def three_and_a_workaround(world: World, signature: str) -> str:
    """Two that are noted only, and a third, over and told what helped, that will make a problem of them."""
    names = [f"{signature}-{number}" for number in range(3)]
    world.policies.policy = load_policy(VPN_POLICY.replace("count: 2", "count: 3"))
    for number, name in enumerate(names):
        made = happened(world, name, days_ago=3 - number, signature=signature)
        if number == 2:
            restored(world, made, workaround="restart", helped=True)
    review(world, *names[:2])
    return names[2]


def one_more(world: World, signature: str) -> str:
    """A problem there is already."""
    review(world, three_and_a_workaround(world, signature))
    made = happened(world, f"{signature}-3", signature=signature)
    restored(world, made, workaround="restart", helped=False)
    return made.incident_id


def story(world: World, signature: str) -> dict[str, Any]:
    """All that must be the same whoever died on the way."""
    (problem,) = (one for one in world.all_problems() if one.signature == signature)
    known = world.signatures.workaround(signature)
    incidents = sorted(
        (one for one in world.all_incidents() if one.signature == signature), key=lambda one: one.incident_id
    )
    lines = world.problems.timeline(problem.problem_id, after_revision=0, limit=100).entries
    return {
        "problem": (problem.incidents, problem.revision, problem.rule, problem.last_incident_at),
        "lines": [(line.revision, line.change.kind) for line in lines],
        "links": len(world.problems.links(problem.problem_id, limit=100)),
        "incidents": [(one.state, one.revision, one.problem_id is not None) for one in incidents],
        "known": (known.text, known.used, known.worked) if known else None,
    }


def deaths(world: World, client: Any, prepare: Callable[[World, str], str]) -> Iterator[tuple[str, str]]:
    """(signature, how it died) of a review that died before or after its n-th call, for every n."""
    for applied in (False, True):
        for number in range(1, 40):
            signature = f"{prepare.__name__}-{number}-{applied}"
            last = prepare(world, signature)
            breaking = Breaking(client, at=number, applied=applied, error=ProcessDiedError)
            try:
                recurrence(world, breaking).review(last, now=world.now)
            except ProcessDiedError:
                review(world, last)
                yield signature, f"{'after' if applied else 'before'} call {number}, {breaking.made[-1]}"
                continue
            assert number > 5, "it never died"
            break


@pytest.mark.parametrize("prepare", [three_and_a_workaround, one_more], ids=lambda one: one.__name__)
def test_dying_at_any_call_and_coming_again_ends_the_same(
    world: World, client: Any, prepare: Callable[[World, str], str]
) -> None:
    review(world, prepare(world, "undisturbed"))
    expected = story(world, "undisturbed")
    assert expected["incidents"][0][2]
    assert expected["known"] is not None

    for signature, how in deaths(world, client, prepare):
        assert story(world, signature) == expected, how
    assert faults(world) == []


def test_the_problem_is_there_when_the_stream_says_so(world: World) -> None:
    world.tell(world.event())
    world.tell(world.event(action="resolve"))
    world.later(hours=2)
    world.sweep()

    world.tell(world.event())

    (problem,) = world.all_problems()
    assert world.the_incident().state is IncidentState.OPEN
    (told,) = (event for event in world.bus if event["type"] == "problem.opened")
    assert (told["subject"], told["data"]["loud"], told["data"]["lane"]) == (
        f"problem/{problem.problem_id}",
        True,
        "problem",
    )
