"""Fresh ids for incidents and problems: short enough to read out on the phone at 3 a.m."""

import secrets

from leitplanke.domain.ids import SPOKEN, SPOKEN_CHARS


def new_id() -> str:
    """Ten characters, unpredictable."""
    return "".join(secrets.choice(SPOKEN) for _ in range(SPOKEN_CHARS))
