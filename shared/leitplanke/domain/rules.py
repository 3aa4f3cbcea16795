"""The rules of a policy: levels, matrix, routing tree, grouping, recurrence, times. Data only; see the doers.

Each default stands here once, with the reason for its number.
"""

from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from leitplanke.domain.catalogue import Document, Name
from leitplanke.domain.durations import Duration
from leitplanke.domain.events import Severity

Level = Literal[1, 2, 3]
Priority = Literal["P1", "P2", "P3", "P4", "P5"]
Lane = Literal["expedite", "standard", "backlog"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
LANES: tuple[Lane, ...] = get_args(Lane)
"""The most urgent first."""

When = Annotated[str, StringConstraints(min_length=1)]
"""A condition in CEL; see `expressions` for the names it may use at each place."""

LabelName = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class LevelRule(Document):
    """If `when` holds, the level is `level`. The first rule that holds wins."""

    name: Name
    when: When
    level: Level


class Levels(Document):
    """Rules for impact or urgency; `default` where none holds."""

    rules: tuple[LevelRule, ...] = Field(min_length=1, max_length=100)
    default: Level = 3


DEFAULT_IMPACT = Levels(
    rules=(
        LevelRule(name="a vital customer or many people cut off", when="vital || heads >= 100", level=1),
        LevelRule(
            name="somebody cut off, or no redundancy left",
            when='size(customers) > 0 || redundancy == "used_up"',
            level=2,
        ),
    )
)
"""A hundred people is a guess that fits a mid-sized organisation; a policy that knows better says so."""

DEFAULT_URGENCY = Levels(
    rules=(
        LevelRule(name="people cannot work now", when="size(customers) > 0", level=1),
        LevelRule(
            name="one more failure would hurt, or the sender calls it critical",
            when='redundancy == "used_up" || severity == "critical"',
            level=2,
        ),
    )
)

Matrix = tuple[
    tuple[Priority, Priority, Priority],
    tuple[Priority, Priority, Priority],
    tuple[Priority, Priority, Priority],
]
"""`matrix[impact - 1][urgency - 1]`."""

DEFAULT_MATRIX: Matrix = (("P1", "P2", "P3"), ("P2", "P3", "P4"), ("P3", "P4", "P5"))
"""The usual 3x3 matrix of the field (ServiceNow's default, see the glossary)."""


class Route(Document):
    """A node below the root. Without `when` it always matches. `continue` goes on to its siblings."""

    name: Name
    when: When | None = None
    goes_on: bool = Field(default=False, alias="continue")
    team: Name | None = None
    lane: Lane | None = None
    routes: tuple["Route", ...] = Field(default=(), max_length=500)


class Routing(Document):
    """The root. `team` gets what no service's owner and no node claims; `lane` is where all else goes."""

    team: Name | None = None
    lane: Lane = "standard"
    routes: tuple[Route, ...] = (Route(name="first things first", when='priority == "P1"', lane="expedite"),)


class GroupingRule(Document):
    """Alerts of one service that agree in the labels `by` are one incident. `symptom` means what is wrong."""

    name: Name
    when: When | None = None
    by: tuple[LabelName, ...] = Field(default=(), max_length=8)


class Grouping(Document):
    """`service_from`: labels that may name the service, the first that is there wins."""

    service_from: tuple[LabelName, ...] = Field(default=("service", "component", "job"), max_length=16)
    rules: tuple[GroupingRule, ...] = Field(
        default=(
            GroupingRule(name="unknown things by symptom", when='service == "unassigned"', by=("symptom",)),
        ),
        max_length=100,
    )


class RecurrenceRule(Document):
    """Open a problem: after `count` incidents `within` a span, or at once for a `major` priority."""

    name: Name
    count: int | None = Field(default=None, ge=2, le=10_000, strict=True)
    within: Duration | None = None
    major: tuple[Priority, ...] | None = Field(default=None, min_length=1)
    when: When | None = None


DEFAULT_RECURRENCE = (RecurrenceRule(name="major incident", major=("P1",)),)
"""No counting by default: in a real log, counting repeats flags 13-97 % of all incidents, while people opened
a problem per major incident (design, section 1.3)."""


class AcknowledgeWithin(Document):
    """How long until somebody must have said "mine"; null means that no clock runs."""

    P1: Duration | None = timedelta(minutes=5)
    P2: Duration | None = timedelta(minutes=15)
    P3: Duration | None = timedelta(hours=1)
    P4: Duration | None = None
    P5: Duration | None = None

    def for_priority(self, priority: Priority) -> timedelta | None:
        """The span for this priority."""
        span: timedelta | None = getattr(self, priority)
        return span


class Restoring(Document):
    """When an incident counts as restored by itself, and which alerts make a service count as down."""

    after: Duration = timedelta(0)
    """How long nothing may fire. 0: at once; a later alert reopens within the reopen window anyway."""
    quiet_after: Duration = timedelta(minutes=1)
    """How long past the moment that a sender promised news for (`endsAt`) until no news means resolved."""
    down_from: Severity = Severity.ERROR
    """The mildest severity that means "down". A warning says that it still works."""
