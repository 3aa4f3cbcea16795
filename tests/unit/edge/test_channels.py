"""A real channel on 127.0.0.1: told in one call, given up in time, and never quoted with its token."""

import logging
import time
from collections.abc import Iterator

import pytest

from leitplanke.domain.errors import InvalidInputError, UnavailableError
from leitplanke.domain.notifications import Message, Tone
from leitplanke.edge import apprise_calls
from leitplanke.edge.channels import Channels
from leitplanke.edge.secrets import ChannelSecrets
from tests.support.inbox import Inbox, open_inbox

MESSAGE = Message(
    title="P1 vpn-gateway-2 down: 1,840 people cannot work",
    body='Broken: vpn-gateway-2, "‹b›no answer_here"\n\nhttps://leitplanke.example/board/incidents/inc-1',
    tone=Tone.ALARM,
)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with open_inbox() as opened:
        yield opened


def channels(call_seconds: float = 10.0, **environ: str) -> Channels:
    def never() -> None:
        raise AssertionError("no AWS client is needed here")

    secrets = ChannelSecrets(ssm=never, secretsmanager=never, environ=environ)  # type: ignore[arg-type]
    return Channels(secrets, call_seconds=call_seconds)


def test_a_channel_is_told_in_one_call(inbox: Inbox) -> None:
    channels(CHAT=inbox.address).send("env:CHAT", MESSAGE)

    (told,) = inbox.received
    assert told == {
        "version": "1.0",
        "title": MESSAGE.title,
        "message": MESSAGE.body,
        "attachments": [],
        "type": "failure",
    }


@pytest.mark.parametrize(
    ("tone", "kind"), [(Tone.ALARM, "failure"), (Tone.RELIEF, "success"), (Tone.CALM, "info")]
)
def test_the_tone_travels(inbox: Inbox, tone: Tone, kind: str) -> None:
    channels(CHAT=inbox.address).send("env:CHAT", Message(title="t", body="b", tone=tone))

    assert inbox.received[0]["type"] == kind


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (500, "the channel answered 500"),
        (404, "the channel answered 404"),
        (302, "the channel answered 302"),
    ],
)
def test_a_channel_that_refuses_is_quoted_by_its_status_only(inbox: Inbox, status: int, reason: str) -> None:
    inbox.status = status

    with pytest.raises(UnavailableError) as caught:
        channels(CHAT=inbox.address).send("env:CHAT", MESSAGE)

    assert str(caught.value) == reason


def test_a_channel_that_may_fail_without_anybody_noticing_is_noticed(inbox: Inbox) -> None:
    inbox.status = 500

    with pytest.raises(UnavailableError):
        channels(CHAT=f"{inbox.address}?optional=yes").send("env:CHAT", MESSAGE)


def test_nobody_listening_is_a_reason_of_its_own(inbox: Inbox) -> None:
    closed = inbox.address
    with open_inbox() as other:
        closed = other.address

    with pytest.raises(UnavailableError, match="could not be reached"):
        channels(CHAT=closed).send("env:CHAT", MESSAGE)


def test_a_channel_that_hangs_is_given_up_in_time(inbox: Inbox) -> None:
    inbox.hanging.set()
    began = time.monotonic()

    with pytest.raises(UnavailableError, match=r"did not answer within 0\.3 s"):
        channels(0.3, CHAT=f"{inbox.address}?rto=60").send("env:CHAT", MESSAGE)

    assert time.monotonic() - began < 3


@pytest.mark.parametrize("address", ["not an address", "nosuch://host", "slack://", "https://"])
def test_an_address_that_apprise_does_not_know_is_named_by_its_reference(address: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        channels(CHAT=address).send("env:CHAT", MESSAGE)

    assert caught.value.message == "what is stored at env:CHAT is not an address that Apprise understands"
    assert caught.value.field == "env:CHAT"
    assert "notifications.md" in caught.value.remedy


def test_one_reference_is_one_channel(inbox: Inbox) -> None:
    with pytest.raises(InvalidInputError, match="2 addresses are stored at env:CHAT"):
        channels(CHAT=f"{inbox.address}, {inbox.address}/b").send("env:CHAT", MESSAGE)

    assert inbox.received == []


def test_a_plugin_that_raises_is_a_failed_channel_without_its_words(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"cannot parse {inbox.address}")

    monkeypatch.setattr(apprise_calls, "notify", broken)

    with pytest.raises(UnavailableError) as caught:
        channels(CHAT=inbox.address).send("env:CHAT", MESSAGE)

    assert str(caught.value) == "the channel's plugin failed with ValueError"
    assert caught.value.__cause__ is None


def test_a_replaced_address_is_used_after_the_old_one_failed(inbox: Inbox) -> None:
    environ = {"CHAT": "json://127.0.0.1:9/gone"}
    secrets = ChannelSecrets(ssm=None, secretsmanager=None, environ=environ)  # type: ignore[arg-type]
    sender = Channels(secrets)
    with pytest.raises(UnavailableError):
        sender.send("env:CHAT", MESSAGE)

    environ["CHAT"] = inbox.address
    sender.send("env:CHAT", MESSAGE)

    assert inbox.titles == [MESSAGE.title]


class Lines(logging.Handler):
    """What reaches the log of the process."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def process_log() -> Iterator[Lines]:
    """The root logger at its most talkative, as LOG_LEVEL=DEBUG or Lambda's own setting may make it."""
    root, lines = logging.getLogger(), Lines()
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(lines)


def test_nothing_reaches_the_log_that_holds_a_token(inbox: Inbox, process_log: Lines) -> None:
    sender = channels(CHAT=inbox.address, WRONG="slack://s3cr3t-token")
    sender.send("env:CHAT", MESSAGE)
    inbox.status = 500
    with pytest.raises(UnavailableError):
        sender.send("env:CHAT", MESSAGE)
    with pytest.raises(InvalidInputError):
        sender.send("env:WRONG", MESSAGE)
    logging.getLogger("some.other").debug("this one arrives")

    assert process_log.lines == ["this one arrives"]
