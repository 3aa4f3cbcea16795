"""What it takes to act on an incident, and what comes of it."""

from typing import Annotated

from pydantic import Field

from functions.serve_api.incident_shapes import ShownIncident, fields_of
from functions.serve_api.shapes import Given, text
from leitplanke.usecases.work_incidents import Done


class ActedOn(ShownIncident):
    """The incident after somebody acted on it."""

    changed: Annotated[bool, Field(description="False if it was so already.")]
    notice: Annotated[str | None, Field(description="What else to know about what was done.")]

    @classmethod
    def of_done(cls, done: Done, *, notice: str | None = None) -> "ActedOn":
        """What became of the action."""
        return cls(**fields_of(done.incident), changed=done.changed, notice=notice)


class Assign(Given):
    """Who gets it."""

    assignee: Annotated[str, text(longest=200), Field(examples=["Grace Example"])]


class Note(Given):
    """A remark for its timeline."""

    text: Annotated[str, text(longest=4_000), Field(examples=["Carrier confirms an outage in the north"])]


class Restore(Given):
    """What restored it. The workaround is offered to the next incident of the same signature."""

    workaround: Annotated[
        str | None, text(longest=2_000), Field(examples=["Restart the IKE daemon on the gateway"])
    ] = None
    helped: Annotated[bool | None, Field(description="Whether the workaround did it.")] = None
    note: Annotated[str | None, text(longest=1_000)] = None


class Close(Given):
    """Why it is closed."""

    reason: Annotated[str | None, text(longest=1_000)] = None
