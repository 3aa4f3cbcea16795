"""Requests as wire modules see them, for the tests of all of them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from leitplanke.wire.intake import Call, Intake, Wire

NOW = datetime(2026, 3, 11, 12, 0, 0, tzinfo=UTC)
INTEGRATION = "int-1"


def call(body: object, *, headers: Mapping[str, str] | None = None, now: datetime = NOW) -> Call:
    """A call with this body: bytes as they are, everything else as JSON. Ids are id-1, id-2, ..."""
    numbers = count(1)
    return Call(
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers=headers or {"content-type": "application/json"},
        received_at=now,
        integration_id=INTEGRATION,
        new_id=lambda: f"id-{next(numbers)}",
    )


def read(wire: Wire, body: object, **more: Any) -> Intake:
    """What this protocol makes of the body."""
    return wire.read(call(body, **more))
