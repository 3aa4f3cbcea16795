"""A sender's silence: told and ended in the same words, whatever the clocks of the two who speak say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leitplanke.domain.alerts import AlertState, fold
from leitplanke.domain.integrations import Capability, Integration
from leitplanke.domain.silence import alert_key, gone_silent, heard_again

SINCE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEARD = SINCE - timedelta(minutes=10)
SENDER = Integration(
    integration_id="int-1",
    name="Prometheus, blue cluster",
    sender=None,
    capabilities=frozenset({Capability.EVENTS}),
    created_at=SINCE - timedelta(days=1),
    created_by="Ada Example",
    heard_at=HEARD,
    silent_since=SINCE,
)


def test_it_says_who_is_silent_and_since_when() -> None:
    event = gone_silent(SENDER, since=SINCE)

    assert (
        event.title == "Sender Prometheus, blue cluster has gone silent: last heard 2026-11-23 08:50:00 UTC"
    )
    assert event.labels["service"] == "monitoring: Prometheus, blue cluster"
    assert (event.integration_id, event.alert_key) == ("leitplanke", "sender-silent/int-1")
    assert event.occurred_at == HEARD


def test_one_that_was_never_heard_is_silent_since_it_was_made() -> None:
    event = gone_silent(replace(SENDER, heard_at=None), since=SINCE)

    assert event.title.endswith("last heard never")
    assert event.occurred_at == SENDER.created_at


def test_the_same_silence_told_twice_is_the_same_event() -> None:
    again = replace(SENDER, silence_told=True)

    assert gone_silent(SENDER, since=SINCE) == gone_silent(again, since=SINCE)


@pytest.mark.parametrize("behind_s", [0, -3_600, 3_600])
@pytest.mark.parametrize("begun_first", [True, False])
def test_its_end_is_newer_than_its_beginning_in_whatever_order_they_come(
    behind_s: int, begun_first: bool
) -> None:
    begin = gone_silent(SENDER, since=SINCE)
    end = heard_again(SENDER, since=SINCE, at=SINCE + timedelta(seconds=behind_s))
    news = [begin, end] if begun_first else [end, begin]

    alert = None
    for event in news:
        alert = fold(alert_key("int-1"), alert, [event]).alert

    assert alert is not None
    assert alert.state is AlertState.RESOLVED


def test_the_next_silence_is_another_event_and_fires_again() -> None:
    later = SINCE + timedelta(hours=1)
    news = [
        gone_silent(SENDER, since=SINCE),
        heard_again(SENDER, since=SINCE, at=SINCE + timedelta(minutes=1)),
        gone_silent(SENDER, since=later),
    ]

    alert = fold(alert_key("int-1"), None, news).alert

    assert (alert.state, alert.episode) == (AlertState.FIRING, 2)
    assert len({event.event_id for event in news}) == 3
