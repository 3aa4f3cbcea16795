"""Integrations, policy versions and quarantine as the API takes and gives them."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field

from functions.serve_api.shapes import Given, Next, Shown, text
from leitplanke.domain.integrations import Capability, Integration
from leitplanke.domain.quarantine import QuarantineEntry


class NewIntegration(Given):
    """A sender to let in."""

    name: Annotated[str, text(longest=200), Field(examples=["Alertmanager, blue cluster"])]
    sender: Annotated[
        str | None,
        text(longest=64),
        Field(description="A hint which protocol it speaks.", examples=["alertmanager"]),
    ] = None
    capabilities: Annotated[
        frozenset[Capability],
        Field(min_length=1, json_schema_extra=lambda schema: schema.pop("uniqueItems", None)),
    ] = frozenset({Capability.EVENTS})
    """Said twice is no error."""
    quiet_after_s: Annotated[
        int | None,
        Field(ge=60, le=604_800, description="Seconds without a word after which it counts as silent."),
    ] = None
    limit_per_minute: Annotated[
        int | None,
        Field(
            ge=1,
            le=1_000_000,
            description="Requests a minute, roughly; what is beyond is refused and may be lost. Left out: no "
            "limit, since a storm is when a sender must be heard.",
        ),
    ] = None


class ShownIntegration(Shown):
    """One sender. Its key is not among this, and nowhere else."""

    id: str
    name: str
    sender: str | None
    capabilities: tuple[Capability, ...]
    created_at: AwareDatetime
    created_by: str
    heard_at: Annotated[AwareDatetime | None, Field(description="When it spoke last, to about a minute.")]
    silent_since: Annotated[AwareDatetime | None, Field(description="When it was found to have gone silent.")]
    quiet_after_s: int | None
    limit_per_minute: int | None
    revoked_at: AwareDatetime | None
    revoked_by: str | None

    @classmethod
    def of(cls, integration: Integration) -> "ShownIntegration":
        """The integration as callers see it."""
        return cls(
            id=integration.integration_id,
            name=integration.name,
            sender=integration.sender,
            capabilities=tuple(sorted(integration.capabilities)),
            created_at=integration.created_at,
            created_by=integration.created_by,
            heard_at=integration.heard_at,
            silent_since=integration.silent_since if integration.is_silent else None,
            quiet_after_s=integration.quiet_after_s,
            limit_per_minute=integration.limit_per_minute,
            revoked_at=integration.revoked_at,
            revoked_by=integration.revoked_by,
        )


class CreatedIntegration(ShownIntegration):
    """The new sender with its key, which is shown this once."""

    key: Annotated[str, Field(description="Keep it: it is not stored and cannot be shown again.")]

    @classmethod
    def of_created(cls, integration: Integration, key: str) -> "CreatedIntegration":
        """The integration with its key."""
        return cls(**ShownIntegration.of(integration).model_dump(), key=key)


class Integrations(Shown):
    """One page of integrations, newest first, revoked ones among them."""

    integrations: tuple[ShownIntegration, ...]
    next: Next


class PolicyPut(Shown):
    """What became of a policy that was put."""

    version: Annotated[int, Field(description="The version in force now; the number in ETag and If-Match.")]
    changed: Annotated[bool, Field(description="False if this text was in force already.")]


class QuarantinedItem(Shown):
    """One item that could not be used."""

    position: Annotated[
        int | None, Field(description="Its place in the request; null: the request as a whole.")
    ]
    field: str
    reason: str
    remedy: str
    excerpt: str


class Quarantined(Shown):
    """What one request had in it that could not be used."""

    id: str
    received_at: AwareDatetime
    last_at: Annotated[AwareDatetime, Field(description="When the same was said last.")]
    times: Annotated[
        int, Field(description="How often it was said within the hour; may count a few twice after a crash.")
    ]
    integration_id: str
    integration_name: str
    sender: Annotated[str, Field(description="The protocol it came in.")]
    items: tuple[QuarantinedItem, ...]

    @classmethod
    def of(cls, entry: QuarantineEntry) -> "Quarantined":
        """The entry as callers see it."""
        return cls(
            id=entry.entry_id,
            received_at=entry.received_at,
            last_at=entry.last_at,
            times=entry.times,
            integration_id=entry.integration_id,
            integration_name=entry.integration_name,
            sender=entry.sender,
            items=tuple(
                QuarantinedItem(
                    position=item.position,
                    field=item.field,
                    reason=item.reason,
                    remedy=item.remedy,
                    excerpt=item.excerpt,
                )
                for item in entry.items
            ),
        )


class Quarantine(Shown):
    """One page of a UTC day's quarantine, newest first."""

    day: date
    quarantine: tuple[Quarantined, ...]
    next: Next
