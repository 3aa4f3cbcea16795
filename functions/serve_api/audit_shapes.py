"""Audit records as the API shows them."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AwareDatetime, Field

from functions.serve_api.shapes import Next, Shown
from leitplanke.domain.audit import Audited, AuditRecord, Fact

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


class ShownRecord(Shown):
    """One thing that somebody did."""

    id: str
    at: AwareDatetime
    by: Annotated[str, Field(description="As in timelines; people may be able to change it.")]
    by_id: Annotated[str, Field(description="What the identity provider knows them by: the claim `sub`.")]
    roles: Annotated[tuple[str, ...], Field(description="The roles that their token claimed.")]
    did: Audited
    subject: Annotated[str, Field(examples=["policy/7", "integration/k3v…"])]
    facts: Annotated[Mapping[str, Fact], Field(description="What else there is to know, by kind.")]

    @classmethod
    def of(cls, record: AuditRecord) -> "ShownRecord":
        """The record as callers see it."""
        return cls(
            id=record.record_id,
            at=record.at,
            by=record.by.name,
            by_id=record.by.ident,
            roles=tuple(sorted(record.by.roles)),
            did=record.did,
            subject=record.subject,
            facts=record.facts,
        )


class AuditPage(Shown):
    """One page of a UTC month's audit, newest first."""

    month: str
    audit: tuple[ShownRecord, ...]
    next: Next
