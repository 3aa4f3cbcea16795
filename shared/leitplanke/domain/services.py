"""Which services are down: the fact that incidents share, since a customer may need several services."""

from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.incidents import PUBLISH_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """Whether one service is down, since when. `revision` counts the flips."""

    service: str
    down: bool
    since: datetime
    revision: int
    published_revision: int = 0


def next_look(state: ServiceState) -> datetime | None:
    """When the clocks must look: only an unpublished flip is a deadline."""
    if state.published_revision < state.revision:
        return state.since + PUBLISH_WITHIN
    return None
