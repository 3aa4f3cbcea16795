"""What each function needs from its environment: one frozen class per function, named after its logical id.

A field is the lower-case name of its environment variable. A field with a default may be left out; an empty
variable counts as left out. `read_settings` names everything that is wrong at once, because a deployment
that fails once per mistake costs minutes each time. An architecture test compares these classes with
template.yaml in both directions.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import TypeVar

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsError(RuntimeError):
    """The function was deployed with a wrong environment; `faults` has one sentence for each mistake."""

    def __init__(self, kind: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"{kind}: " + "; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every function has."""

    log_level: str = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveEventsSettings(Settings):
    """The front door: who may come in (table), and where what they say goes (queue)."""

    table_name: str
    event_queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelateAlertsSettings(Settings):
    """Events become alerts and incidents: only the table."""

    table_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishChangesSettings(Settings):
    """The outbox goes to the bus; stream records that cannot be read go to their own queue."""

    table_name: str
    bus_name: str
    stream_dead_letters_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteIncidentsSettings(Settings):
    """Routing; a service that flips wakes other incidents through the function's own queue."""

    table_name: str
    routing_queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectRecurrenceSettings(Settings):
    """Signatures and problems: only the table."""

    table_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateBoardSettings(Settings):
    """The board's read model: only the table."""

    table_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRespondersSettings(Settings):
    """Channels; `public_url` is the address people can open, for the link in the message."""

    table_name: str
    public_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchClocksSettings(Settings):
    """Due looks and the reconciler: publishes what was missed, reads the backlog, fans out.

    `heartbeat`: where the outside watcher's URL is kept (`ssm:/...`); empty: no drills, nobody is told.
    """

    table_name: str
    bus_name: str
    event_queue_url: str
    clock_queue_url: str
    heartbeat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeApiSettings(Settings):
    """The API; `scope_prefix` because Cognito issues `resource-server/read`; `roles_claim` has the roles.

    `dead_letters`: where they lie and where they go home to, see leitplanke.edge.dead_letters.
    """

    table_name: str
    public_url: str = ""
    scope_prefix: str = ""
    roles_claim: str = "roles"
    dead_letters: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeBoardSettings(Settings):
    """The board: who vouches for people, how it knows us, and where the key of sessions is kept.

    `jwt_audience` as in the template, with commas between. `public_url` is what the browser sees: the
    provider sends people back there. `sign_in_scopes` have blanks or commas between. `dead_letters` as for
    the API. `functions` are their names as JSON, by what we call them.
    """

    table_name: str
    public_url: str
    jwt_issuer: str
    jwt_audience: str
    client_id: str
    session_secret_arn: str
    sign_in_scopes: str = "openid"
    scope_prefix: str = ""
    roles_claim: str = "roles"
    dead_letters: str = ""
    functions: str = "{}"


SettingsT = TypeVar("SettingsT", bound=Settings)


def read_settings(kind: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """The settings of this class from `environ`; raises SettingsError with every fault."""
    values: dict[str, str] = {}
    faults: list[str] = []
    for field in fields(kind):
        name = field.name.upper()
        value = environ.get(name, "").strip()
        if value:
            values[field.name] = value
            faults.extend(_faults_of(name, value))
        elif field.default is MISSING:
            faults.append(f"{name} is missing or empty")
    if faults:
        raise SettingsError(kind.__name__, tuple(faults))
    return kind(**values)


@cache
def settings(kind: type[SettingsT]) -> SettingsT:
    """The settings of this process, read once."""
    return read_settings(kind, os.environ)


def _faults_of(name: str, value: str) -> list[str]:
    if name.endswith("_URL") and not value.startswith(("https://", "http://")):
        return [f"{name} is not a URL: {value!r}"]
    if name == "LOG_LEVEL" and value not in _LOG_LEVELS:
        return [f"{name} is {value!r}; it takes one of {', '.join(_LOG_LEVELS)}"]
    return []
