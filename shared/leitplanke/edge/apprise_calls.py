"""Calls through the Apprise library. Importing this loads some 140 plugins: 0.15 s as a function ships it,
0.7 s where optional libraries of plugins are installed. So only `leitplanke.edge.channels` does, when needed.

Apprise swallows errors and logs them. What its plugins log may quote an address, and an address is a secret
("An invalid Slack (first) Token (…) was specified", slack.py). So its log goes nowhere, and of what it says
only the status code is ever repeated.
"""

import logging
import re
from collections.abc import Iterable

import apprise
from apprise.manager_plugins import NotificationManager

from leitplanke.domain.errors import InvalidInputError, UnavailableError
from leitplanke.domain.notifications import Message, Tone

_log = logging.getLogger("apprise")
_log.setLevel(logging.WARNING)
_log.propagate = False
_log.addHandler(logging.NullHandler())
logging.getLogger("urllib3").setLevel(logging.ERROR)  # the HTTP client below it logs paths

# Now, under Python's import lock: left to the first use, two threads at once would see half of the plugins.
NotificationManager().load_modules()  # type: ignore[no-untyped-call]

_KINDS = {
    Tone.ALARM: apprise.NotifyType.FAILURE,
    Tone.RELIEF: apprise.NotifyType.SUCCESS,
    Tone.CALM: apprise.NotifyType.INFO,
}

_ASSET = apprise.AppriseAsset(
    app_id="Leitplanke",
    app_desc="Leitplanke",
    app_url="",
    image_url_mask="",  # no pictures from elsewhere
    image_url_logo="",
    async_mode=False,  # in the caller's thread, and
    service_timeout=0,  # in the caller's time: see leitplanke.edge.channels
    http_redirects=False,  # an address that has moved leads to a login page, which would count as told
    interpret_emojis=False,
    secure_logging=True,
)

_STATUS = re.compile(r"\berror=([345]\d\d)\b")


def open_channel(address: str, reference: str) -> apprise.Apprise:
    """The channel at this address. Raises InvalidInputError, naming only the reference."""
    channel = apprise.Apprise(asset=_ASSET)
    if not channel.add(address):
        raise InvalidInputError(
            f"what is stored at {reference} is not an address that Apprise understands",
            field=reference,
            remedy="store one like slack://… or mailto://…; see docs/guides/notifications.md",
        )
    if len(channel) != 1:
        raise InvalidInputError(
            f"{len(channel)} addresses are stored at {reference}",
            field=reference,
            remedy="store one there, and make a channel in the policy of each of the others",
        )
    return channel


def notify(channel: apprise.Apprise, message: Message) -> None:
    """Hand the message over. Raises UnavailableError if the channel did not take it."""
    with channel.notify(
        body=message.body,
        title=message.title,
        notify_type=_KINDS[message.tone],
        body_format=_format_for(channel),
    ) as result:
        # Its attempts, not its verdict: with `optional=yes` in an address a failure counts as success.
        attempts = [attempt for service in result for attempt in service]
        if not any(attempt.status is apprise.AppriseResultStatus.SUCCESS for attempt in attempts):
            raise UnavailableError(_reason(entry.message for entry in result.logs()))


def _format_for(channel: apprise.Apprise) -> apprise.NotifyFormat | None:
    """Text, which Apprise escapes for mail and the like. Not for Markdown: a backslash before each dot would
    break the link, and markup in other people's text is gone already (leitplanke.domain.plain_text)."""
    text: apprise.NotifyFormat = apprise.NotifyFormat.TEXT
    return None if channel[0].resolve_format(text) is apprise.NotifyFormat.MARKDOWN else text


def _reason(said: Iterable[str]) -> str:
    lines = list(said)
    for line in lines:
        status = _STATUS.search(line)
        if status:
            return f"the channel answered {status.group(1)}"
    if any("onnection error" in line for line in lines):
        return "the channel could not be reached, or did not answer in time"
    return "the channel did not take the message"
