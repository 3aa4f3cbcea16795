"""A typed client for a Leitplanke installation: what people do (`Client`) and what senders say (`Sender`).

    from leitplanke_client import Client

    with Client("https://leitplanke.example", token) as client:
        for incident in client.incidents.list(team="network"):
            print(incident.priority, incident.title, incident.heads)

It needs httpx, pydantic and tenacity, and nothing else of this repository. Guide: docs/guides/client.md.
"""

from leitplanke_client.client import Client
from leitplanke_client.errors import (
    ApiError,
    BrokenError,
    BusyError,
    ClientError,
    ConflictError,
    GuardrailError,
    HardGuardrailError,
    NotAllowedError,
    NotFoundError,
    NotLeitplankeError,
    NotReachedError,
    StaleRevisionError,
    UnauthenticatedError,
    WrongFieldsError,
    WrongRequestError,
)
from leitplanke_client.event_models import Event, Received
from leitplanke_client.guardrail_models import FiredGuardrail, Override
from leitplanke_client.listing import Listing
from leitplanke_client.sender import Sender

__all__ = [
    "ApiError",
    "BrokenError",
    "BusyError",
    "Client",
    "ClientError",
    "ConflictError",
    "Event",
    "FiredGuardrail",
    "GuardrailError",
    "HardGuardrailError",
    "Listing",
    "NotAllowedError",
    "NotFoundError",
    "NotLeitplankeError",
    "NotReachedError",
    "Override",
    "Received",
    "Sender",
    "StaleRevisionError",
    "UnauthenticatedError",
    "WrongFieldsError",
    "WrongRequestError",
]
