"""`leitplanke dead-letters` and `leitplanke redrive`, as typed."""

import json
from datetime import timedelta

import pytest

from infra.cli.places import name_of
from tests.unit.cli.conftest import FakeApi, Run
from tests.unit.cli.places import FakePlaces

LETTER = {
    "message_id": "6a1f0c52-0000-4000-8000-000000000001",
    "sent_at": "2026-03-01T09:00:00Z",
    "first_received_at": "2026-03-01T09:00:05Z",
    "received": 10,
    "about": "incident.opened of incident/abc revision 4",
    "reason": "it failed each time it was tried",
    "excerpt": '{"detail": "a\x1b[31mred\u202etext"}',
}


@pytest.fixture
def places(api: FakeApi) -> FakePlaces:
    fake = FakePlaces(
        places={"event": 0, "routing": 230, "stream": 2, "tick": 1},
        homes={"stream": "look", "tick": "nowhere"},
    )
    api.elsewhere = fake.respond
    return fake


def test_the_table_has_what_is_full_and_says_what_to_do(run: Run, places: FakePlaces) -> None:
    done = run("dead-letters")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["queue", "messages", "oldest", "what", "they", "are"]
    assert [line.split()[:4] for line in lines[1:4]] == [
        ["routing", "230", "3", "h"],
        ["stream", "2", "3", "h"],
        ["tick", "1", "3", "h"],
    ]
    assert "See why: leitplanke dead-letters routing" in done.out
    assert "http://127.0.0.1:8080" in done.out


def test_empty_places_are_shown_when_asked_for(run: Run, places: FakePlaces) -> None:
    assert "event" not in run("dead-letters").out
    assert "event" in run("dead-letters", "--all").out


def test_no_dead_letters_is_good_news(run: Run, places: FakePlaces) -> None:
    places.places = dict.fromkeys(places.places, 0)
    assert "No dead letters: nothing waits for anybody." in run("dead-letters").out


def test_messages_that_will_soon_be_deleted_are_named(run: Run, places: FakePlaces) -> None:
    places.oldest = timedelta(days=11, hours=1)
    assert "The oldest of routing is deleted for good in 2 d." in run("dead-letters").out


def test_one_place_shows_its_messages_without_what_would_steer_the_terminal(
    run: Run, places: FakePlaces
) -> None:
    places.letters = [LETTER]
    output = run("dead-letters", "RoutingDeadLettersAlarm").out
    assert "routing: 230 messages, incidents to be routed again; 1 shown" in output
    assert "incident.opened of incident/abc revision 4" in output
    assert "it failed each time it was tried" in output
    assert "2026-03-01 09:00:05 UTC" in output
    assert "a·[31mred·text" in output
    assert "\x1b" not in output
    assert "\u202e" not in output


def test_messages_can_be_looked_for(run: Run, places: FakePlaces) -> None:
    places.letters = [LETTER, {**LETTER, "message_id": "other", "about": "service.flipped of service/vpn"}]
    found = run("dead-letters", "routing", "--contains", "FLIPPED", "--json").json
    assert [letter["message_id"] for letter in found["letters"]] == ["other"]


def test_a_queue_that_there_is_not_is_guessed(run: Run, places: FakePlaces) -> None:
    done = run("dead-letters", "rooting")
    assert done.code == 5
    assert "do this: did you mean routing?" in done.err


@pytest.mark.parametrize(
    "typed",
    [
        "routing",
        "Routing",
        "RoutingQueue",
        "RoutingDeadLetters",
        "RoutingDeadLettersAlarm",
        "routing-dead-letters",
    ],
)
def test_a_queue_may_be_called_as_anywhere_else(typed: str) -> None:
    assert name_of(typed) == "routing"


def test_what_is_no_name_at_all_is_refused_before_anybody_is_asked(
    run: Run, api: FakeApi, places: FakePlaces
) -> None:
    assert run("dead-letters", "../incidents").code == 2
    assert api.asked == []


def test_a_redrive_goes_on_until_all_is_home(run: Run, api: FakeApi, places: FakePlaces) -> None:
    done = run("redrive")
    assert done.code == 0
    assert set(places.places.values()) == {0}
    assert api.lines().count("POST /v1/dead-letters/routing/redrive") == 3
    assert "routing: 230 messages sent to the queue again" in done.out
    assert "stream: 2 messages looked into: what is owed is published within a minute" in done.out
    assert "tick: 1 message dropped, whose work is done" in done.out


def test_a_redrive_of_one_place_leaves_the_others(run: Run, places: FakePlaces) -> None:
    run("redrive", "stream")
    assert places.places == {"event": 0, "routing": 230, "stream": 0, "tick": 1}


def test_a_limit_counts_for_all_places_together(run: Run, places: FakePlaces) -> None:
    done = run("redrive", "--max", "231")
    assert places.places == {"event": 0, "routing": 0, "stream": 1, "tick": 1}
    assert (
        "stream: 1 message looked into: what is owed is published within a minute; 1 still there" in done.out
    )


def test_a_dry_run_changes_nothing(run: Run, api: FakeApi, places: FakePlaces) -> None:
    done = run("redrive", "--dry-run", "--max", "231")
    assert "routing: would send 230 messages to the queue again" in done.out
    assert "stream: would look into 1 message and publish" in done.out
    assert {line.split()[0] for line in api.lines()} == {"GET"}


def test_what_the_queue_does_not_take_ends_the_redrive_and_is_told(run: Run, places: FakePlaces) -> None:
    places.refuses = 5
    done = run("redrive", "routing")
    assert "225 messages sent to the queue again; the queue did not take 5" in done.out
    assert done.code == 1


def test_a_redrive_that_breaks_off_says_how_far_it_got(run: Run, places: FakePlaces) -> None:
    places.breaks_at = 3
    done = run("redrive", "routing", "--json")
    (one,) = done.json["redriven"]
    assert (one["moved"], one["left"]) == (200, 30)
    assert one["error"] == "the dead letters cannot be reached"
    assert done.code == 7
    assert json.loads(done.err)["error"] == "the dead letters cannot be reached (503)"


def test_nothing_to_redrive_is_no_error(run: Run, places: FakePlaces) -> None:
    places.places = dict.fromkeys(places.places, 0)
    assert run("redrive").out == "Nothing to redrive.\n"


def test_json_is_what_the_api_answers(run: Run, places: FakePlaces) -> None:
    assert [p["id"] for p in run("dead-letters", "--json").json["dead_letters"]] == [
        "event",
        "routing",
        "stream",
        "tick",
    ]


@pytest.mark.parametrize("command", [[], ["dead-letters"], ["redrive"]])
def test_help_says_what_it_does_and_what_it_takes(run: Run, places: FakePlaces, command: list[str]) -> None:
    output = run(*command, "--help").out
    assert "Usage: leitplanke" in output or "Usage: root" in output
    assert len(output) > 300
