"""The time, asked for in one place: handlers ask once per piece of work and hand it on as `now`."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC. Call it as `clock.now()`, so that whoever plays time can replace it here."""
    return datetime.now(UTC)
