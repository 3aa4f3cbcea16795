"""What it takes to act on an incident or a problem, and what comes of it."""

from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from functions.serve_api.acts import Overriding
from functions.serve_api.incident_shapes import ShownIncident, fields_of
from functions.serve_api.problem_shapes import ShownProblem
from functions.serve_api.problem_shapes import fields_of as fields_of_problem
from functions.serve_api.shapes import Given, text
from leitplanke.domain.events import MAX_LABEL_CHARS, MAX_LABELS, MAX_TEXT_CHARS, Severity
from leitplanke.domain.reports import Report as Reported
from leitplanke.domain.rules import Priority
from leitplanke.usecases import work_incidents, work_problems

_REASON = text(longest=1_000)
Reason = Annotated[str, _REASON, Field(description="Why. It stands in the timeline.")]


class ActedOn(ShownIncident):
    """The incident after somebody acted on it."""

    changed: Annotated[bool, Field(description="False if it was so already.")]
    notice: Annotated[str | None, Field(description="What else to know about what was done.")]

    @classmethod
    def of_done(cls, done: work_incidents.Done, *, notice: str | None = None) -> "ActedOn":
        """What became of the action."""
        return cls(**fields_of(done.record), changed=done.changed, notice=notice)


class DecidedOn(ShownProblem):
    """The problem after somebody decided about it."""

    changed: Annotated[bool, Field(description="False if it was so already.")]

    @classmethod
    def of_done(cls, done: work_problems.Done) -> "DecidedOn":
        """What became of the decision."""
        return cls(**fields_of_problem(done.record), changed=done.changed)


class ReportedIncident(ShownIncident):
    """The incident that has the report."""

    joined: Annotated[
        bool, Field(description="True if there was one already for the same group: the report went into it.")
    ]

    @classmethod
    def of_done(cls, done: work_incidents.Done) -> "ReportedIncident":
        """Where the report went."""
        return cls(**fields_of(done.record), joined=not done.changed)


class Report(Given):
    """What is wrong, as a person sees it."""

    title: Annotated[str, text(longest=MAX_TEXT_CHARS), Field(examples=["Nobody in the north can log in"])]
    service: Annotated[
        str | None,
        text(longest=128),
        Field(description="Its name in the catalogue, if you know it.", examples=["vpn-gateway"]),
    ] = None
    symptom: Annotated[
        str | None,
        text(longest=MAX_TEXT_CHARS),
        Field(description="What is wrong, without where; the title if left out. Recurrences share it."),
    ] = None
    severity: Annotated[Severity, Field(description="How bad it looks. Not the priority.")] = Severity.ERROR
    description: Annotated[str | None, text(longest=MAX_LABEL_CHARS)] = None
    labels: Annotated[
        dict[Annotated[str, text(longest=128)], Annotated[str, text(longest=MAX_LABEL_CHARS)]],
        Field(
            max_length=MAX_LABELS - 1,
            description="As a monitoring system would set them: they group and route.",
        ),
    ] = {}

    def as_report(self) -> Reported:
        """The report as the use case takes it."""
        return Reported(**self.model_dump())


class Acknowledge(Overriding):
    """Nothing has to be said."""


class Assign(Overriding):
    """Who gets it: a person, a team, or both."""

    assignee: Annotated[str | None, text(longest=200), Field(examples=["Grace Example"])] = None
    team: Annotated[
        str | None,
        text(longest=128),
        Field(description="One of the policy's teams; routing keeps it.", examples=["network"]),
    ] = None
    reason: Annotated[str | None, _REASON] = None

    @model_validator(mode="after")
    def _somebody(self) -> "Assign":
        if self.assignee is None and self.team is None:
            raise PydanticCustomError("nobody", "needs an assignee, a team, or both")
        return self


class Note(Overriding):
    """A remark for its timeline."""

    text: Annotated[str, text(longest=4_000), Field(examples=["Carrier confirms an outage in the north"])]


class Escalate(Overriding):
    """Why more hands are needed."""

    reason: Reason


class Prioritise(Overriding):
    """Which priority, and why the facts are wrong."""

    priority: Annotated[
        Priority | None, Field(description="null: as impact and urgency say, from now on again.")
    ]
    reason: Reason


class Suppress(Overriding):
    """Until when nobody is told of it, and why. It is worked all the same."""

    until: Annotated[
        AwareDatetime | None,
        Field(description="null: until somebody ends it. A moment that is over ends it now."),
    ]
    reason: Reason


class Restore(Overriding):
    """What restored it. The workaround is offered to the next incident of the same signature."""

    workaround: Annotated[
        str | None, text(longest=2_000), Field(examples=["Restart the IKE daemon on the gateway"])
    ] = None
    helped: Annotated[bool | None, Field(description="Whether the workaround did it.")] = None
    note: Annotated[str | None, text(longest=1_000)] = None


class Reopen(Overriding):
    """How you know that customers cannot work again."""

    reason: Reason


class Close(Overriding):
    """Why it is closed."""

    reason: Annotated[str | None, _REASON] = None


class Accept(Overriding):
    """Nothing has to be said."""


class Decline(Overriding):
    """Why it is not worth the work."""

    reason: Reason
