"""Integrations: let a sender in, see who is in, put one out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leitplanke.domain.attempts import Actor
from leitplanke.domain.clocks import LOOK_AGAIN
from leitplanke.domain.integrations import Capability, Integration, integration_id, new_key
from leitplanke.table.integrations import Integrations, subject
from leitplanke.table.looks import Looks


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntegration:
    """What somebody asks for."""

    name: str
    sender: str | None = None
    capabilities: frozenset[Capability] = frozenset({Capability.EVENTS})
    quiet_after_s: int | None = None
    limit_per_minute: int | None = None


def create_integration(
    wanted: NewIntegration,
    *,
    by: Actor,
    now: datetime,
    pick: Callable[[int], int],
    integrations: Integrations,
    looks: Looks,
) -> tuple[Integration, str]:
    """A new integration and its key, which nobody can read again. `pick` is `secrets.randbelow`.

    Where it must speak every so often, the clocks are told first: a look at nothing is harmless.
    """
    key = new_key(pick)
    integration = Integration(
        integration_id=integration_id(key),
        name=wanted.name,
        sender=wanted.sender,
        capabilities=wanted.capabilities,
        created_at=now,
        created_by=by.name,
        quiet_after_s=wanted.quiet_after_s,
        limit_per_minute=wanted.limit_per_minute,
    )
    if wanted.quiet_after_s is not None:
        due = now + timedelta(seconds=wanted.quiet_after_s) + LOOK_AGAIN
        looks.arm(due, subject(integration.integration_id))
    integrations.create(integration, by=by)
    return integration, key
