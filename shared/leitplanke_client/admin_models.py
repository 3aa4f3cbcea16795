"""Integrations, the policy, the audit, the quarantine and dead letters as the API gives them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import AwareDatetime

from leitplanke_client.answers import Answer, Page


class Integration(Answer):
    """One sender that may speak to the installation. Its key is not among this."""

    id: str
    name: str
    sender: str | None = None
    capabilities: tuple[str, ...] = ()
    created_at: AwareDatetime
    created_by: str
    heard_at: AwareDatetime | None = None
    silent_since: AwareDatetime | None = None
    quiet_after_s: int | None = None
    limit_per_minute: int | None = None
    revoked_at: AwareDatetime | None = None
    revoked_by: str | None = None


class CreatedIntegration(Integration):
    """A new sender with its key, which is shown this once."""

    key: str


class Integrations(Page):
    """One page of integrations, newest first, revoked ones among them."""

    integrations: tuple[Integration, ...]


class PolicyText(Answer):
    """A policy as it was put, with its comments. Version 0: there was none yet."""

    version: int
    text: str


class PolicyPut(Answer):
    """What became of a policy that was put: the version in force, and whether that is new."""

    version: int
    changed: bool


class AuditRecord(Answer):
    """One thing that somebody did to the rules or the keys, or with a role."""

    id: str
    at: AwareDatetime
    by: str
    by_id: str = ""
    roles: tuple[str, ...] = ()
    did: str
    subject: str
    facts: Mapping[str, Any] = {}


class AuditPage(Page):
    """One page of a UTC month's audit, newest first."""

    month: str
    audit: tuple[AuditRecord, ...]


class QuarantinedItem(Answer):
    """One item that could not be used: which field, why, and what to send instead."""

    position: int | None
    field: str
    reason: str
    remedy: str
    excerpt: str


class Quarantined(Answer):
    """What one request had in it that could not be used."""

    id: str
    received_at: AwareDatetime
    last_at: AwareDatetime | None = None
    times: int = 1
    integration_id: str
    integration_name: str
    sender: str
    items: tuple[QuarantinedItem, ...]


class Quarantine(Page):
    """One page of a UTC day's quarantine, newest first."""

    day: date
    quarantine: tuple[Quarantined, ...]
