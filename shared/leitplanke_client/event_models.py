"""What is said to the front door, and what it answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from leitplanke_client.answers import Answer


class Event(BaseModel):
    """One thing to say about one alert, in our own small JSON (docs/guides/senders.md).

    Trigger, acknowledge and resolve of one alert carry the same `alert_key`. A trigger needs a title.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert_key: str
    action: Literal["trigger", "acknowledge", "resolve"] = "trigger"
    title: str | None = None
    symptom: str | None = None
    severity: str | None = None
    service: str | None = None
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    links: tuple[str, ...] = ()
    occurred_at: datetime | None = None
    expires_at: datetime | None = None
    by: str | None = None


class RejectedItem(Answer):
    """One item that could not be used. `position` counts from 0; null: the request as a whole."""

    position: int | None
    field: str
    reason: str
    remedy: str


class Received(Answer):
    """What became of a request: how many events were stored, and why others were not (the first twenty)."""

    accepted: int
    rejected: tuple[RejectedItem, ...] = ()
    rejected_count: int = 0
    ignored: tuple[str, ...] = ()
