"""A word to an outside watcher (healthchecks.io, Dead Man's Snitch, Cronitor, ...): a GET of its URL.

The URL is a secret: whoever has it can feign that all is well. So errors do not repeat it.
"""

import urllib.error
import urllib.request

from leitplanke.domain.errors import InvalidInputError, UnavailableError

_SECONDS = 5.0


def beat(url: str) -> None:
    """Tell the watcher that all is well. Raises InvalidInputError, UnavailableError."""
    if not url.startswith(("https://", "http://")):
        raise InvalidInputError(
            "the heartbeat's address is no URL", field="HeartbeatUrl", remedy="https://..."
        )
    request = urllib.request.Request(url, headers={"user-agent": "leitplanke"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - checked above
            answer.read(1)
    except urllib.error.HTTPError as error:
        raise UnavailableError(f"the heartbeat's watcher answered {error.code}") from None
    except OSError as error:
        raise UnavailableError(f"the heartbeat's watcher cannot be reached: {type(error).__name__}") from None
