"""The five ways in which a call can go wrong here."""

from enum import Enum


class Fault(Enum):
    """What happens to one call. A call is what the code asks for; botocore may try it several times."""

    REFUSED = "refused"
    """Throttled in every try, never applied: the code gets the error."""
    LOST = "answer lost"
    """Applied, and the connection breaks before the answer is here; botocore asks again by itself."""
    DIED = "process dies"
    """Applied, and the process is gone. Its caches are gone with it."""
    THROTTLED = "throttled for a while"
    """This try and the next ones, whatever they ask for, are refused; after that all is well."""
    TIMED_OUT = "timed out"
    """Applied, and no try is answered in time: the code gets an error for what has happened."""


THROTTLED_TRIES = 9
"""More than any client tries a call, so that the next call is hit as well."""


class ProcessDiedError(BaseException):
    """The function's process has ended. No handler catches it, as nothing catches a kill."""
