"""One claim of many wins; a dead one is taken over; what was sent stays sent."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from leitplanke.table import keys
from leitplanke.table.client import Table
from leitplanke.table.ledger import LEASE, Claim, Ledger, Refusal, Subject, TellingState
from tests.support.notices import BEGAN as NOW

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SUBJECT = Subject(owner=keys.incident("inc-1"), revision=2)
PAGER = "ssm:/leitplanke/channels/network-pager"
_holders = itertools.count(1)


@pytest.fixture
def ledger(dynamodb: "DynamoDBClient", table_name: str) -> Ledger:
    return Ledger(Table(dynamodb, table_name))


def claim(ledger: Ledger, *, after: timedelta = timedelta(0), reference: str = PAGER) -> Claim | Refusal:
    return ledger.claim(
        SUBJECT,
        reference=reference,
        channel="network/pager",
        holder=f"holder-{next(_holders)}",
        now=NOW + after,
    )


def claimed(found: Claim | Refusal) -> Claim:
    assert isinstance(found, Claim), found
    return found


def test_a_channel_is_told_once(ledger: Ledger) -> None:
    first = claimed(claim(ledger))
    assert claim(ledger) is Refusal.CLAIMED

    assert ledger.sent(first, at=NOW)

    assert claim(ledger) is Refusal.SENT
    assert claim(ledger, after=timedelta(days=300)) is Refusal.SENT


def test_two_channels_and_two_revisions_are_told_apart(ledger: Ledger) -> None:
    claimed(claim(ledger))
    claimed(claim(ledger, reference="ssm:/leitplanke/channels/network-chat"))
    other = Subject(owner=SUBJECT.owner, revision=3)
    claimed(ledger.claim(other, reference=PAGER, channel="network/pager", holder="other", now=NOW))


def test_what_failed_is_claimed_again_at_once_and_remembers_how_often(ledger: Ledger) -> None:
    first = claimed(claim(ledger))
    assert ledger.failed(first, at=NOW, error="the channel answered 503")

    second = claimed(claim(ledger))

    assert (first.tries, second.tries) == (1, 2)


def test_a_claim_whose_holder_died_is_taken_over_when_its_lease_is_over(ledger: Ledger) -> None:
    dead = claimed(claim(ledger))

    assert claim(ledger, after=LEASE) is Refusal.CLAIMED
    heir = claimed(claim(ledger, after=LEASE + timedelta(seconds=1)))

    assert heir.tries == 2
    assert not ledger.sent(dead, at=NOW), "the dead one has lost its claim"
    assert ledger.sent(heir, at=NOW)


def test_a_claim_whose_answer_was_lost_is_recognised_by_its_holder(ledger: Ledger) -> None:
    for _ in range(2):
        found = ledger.claim(SUBJECT, reference=PAGER, channel="network/pager", holder="same", now=NOW)
        assert claimed(found).tries == 1


def test_of_sixteen_claims_at_once_exactly_one_wins(ledger: Ledger) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: claim(ledger), range(16)))

    assert sum(isinstance(one, Claim) for one in found) == 1
    assert found.count(Refusal.CLAIMED) == 15


def test_the_ledger_reads_newest_first_with_the_last_error_and_notes(ledger: Ledger) -> None:
    first = claimed(claim(ledger))
    ledger.failed(first, at=NOW, error="the channel answered 503")
    later = Subject(owner=SUBJECT.owner, revision=3)
    for _ in range(2):
        ledger.note(later, text="team 'archive' has no channels", at=NOW)

    entries = ledger.read(SUBJECT.owner)

    assert [(entry.revision, entry.state, entry.channel, entry.text) for entry in entries] == [
        (3, TellingState.NOBODY, "", "team 'archive' has no channels"),
        (2, TellingState.FAILED, "network/pager", "the channel answered 503"),
    ]
    assert [entry.tries for entry in entries] == [0, 1]


def test_an_error_is_forgotten_once_the_channel_was_told(ledger: Ledger) -> None:
    ledger.failed(claimed(claim(ledger)), at=NOW, error="the channel answered 503")

    ledger.sent(claimed(claim(ledger)), at=NOW + timedelta(minutes=3))

    (entry,) = ledger.read(SUBJECT.owner)
    assert (entry.state, entry.text, entry.tries) == (TellingState.SENT, "", 2)
    assert entry.at == NOW + timedelta(minutes=3)
