"""Telling one channel: resolve its address, call it, and be done in time whatever it does.

Errors say why in words that hold no secret, so they may be logged and kept in the ledger.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from leitplanke.domain.errors import InvalidInputError, LeitplankeError, UnavailableError
from leitplanke.domain.notifications import Message
from leitplanke.edge.secrets import ChannelSecrets

CALL_SECONDS = 10.0
"""How long one channel may take. Apprise's plugins give a server 4 s to be reached and 4 s to answer; a few
use other means than HTTP, and an address may ask for more."""


class Channels:
    """Tells channels; one per process.

    Making it loads Apprise, so that this is done before anything is read that may get old meanwhile.
    """

    def __init__(self, secrets: ChannelSecrets, *, call_seconds: float = CALL_SECONDS) -> None:
        from leitplanke.edge import apprise_calls  # noqa: PLC0415 - see there

        self._apprise = apprise_calls
        self._secrets = secrets
        self._call_seconds = call_seconds

    def send(self, reference: str, message: Message) -> None:
        """Tell the channel at this reference. Several threads may do so at once.

        Raises InvalidInputError if its address is missing or wrong; UnavailableError if it did not take the
        message, or did not say so in time: then the message may have arrived all the same.
        """
        address = self._secrets.resolve(reference)
        try:
            channel = self._apprise.open_channel(address, reference)
            _within(self._call_seconds, lambda: self._apprise.notify(channel, message))
        except (InvalidInputError, UnavailableError):
            self._secrets.forget(reference)  # it may have been replaced by one that works
            raise


def _within(seconds: float, call: Callable[[], None]) -> None:
    """Wait so long and no longer. The thread of a call that hangs is left behind; a pool would fill up."""
    outcome: Future[None] = Future()

    def run() -> None:
        try:
            call()
            outcome.set_result(None)
        except LeitplankeError as error:
            outcome.set_exception(error)
        except Exception as error:  # plugins are others' code, and what they raise may quote the address
            name = type(error).__name__
            outcome.set_exception(UnavailableError(f"the channel's plugin failed with {name}"))

    threading.Thread(target=run, name="channel", daemon=True).start()
    try:
        outcome.result(timeout=seconds)
    except TimeoutError:
        raise UnavailableError(f"the channel did not answer within {seconds:g} s") from None
