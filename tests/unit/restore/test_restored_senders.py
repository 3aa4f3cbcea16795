"""Integrations and policy: what the lost table knew better."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.restore.senders import compared, says_again
from leitplanke.domain.integrations import Capability, Integration

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def integration(ident: str, *, sender: str | None = None) -> Integration:
    return Integration(
        integration_id=ident,
        name=ident,
        sender=sender,
        capabilities=frozenset({Capability.EVENTS}),
        created_at=NOW,
        created_by="kim",
    )


OLD, NEW, GONE = integration("old"), integration("new"), integration("gone")
REVOKED = replace(GONE, revoked_at=NOW, revoked_by="kim")


def test_what_was_made_and_revoked_in_the_gap_is_named() -> None:
    found = compared({"old": OLD, "gone": GONE}, {"old": OLD, "gone": REVOKED, "new": NEW})

    assert (found.made, found.revoked) == ((NEW,), (REVOKED,))


def test_what_is_revoked_in_both_is_no_news_and_may_not_speak() -> None:
    found = compared({"old": OLD, "gone": REVOKED}, {"old": OLD, "gone": REVOKED})

    assert (found.made, found.revoked, found.current) == ((), (), (OLD,))


def test_without_a_lost_table_nothing_is_claimed() -> None:
    found = compared({"old": OLD}, None)

    assert not found.compared
    assert found.current == (OLD,)


@pytest.mark.parametrize(
    ("sender", "begins"),
    [
        ("prometheus", "yes"),
        ("alertmanager", "what fires, after"),
        ("pagerduty", "no"),
        ("cloudevents", "no"),
        (None, "not known"),
    ],
)
def test_who_says_it_again_by_himself(sender: str | None, begins: str) -> None:
    assert says_again(integration("any", sender=sender)).startswith(begins)
