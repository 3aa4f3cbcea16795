"""What the API takes and gives, as far as all records share it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from leitplanke.table.rows import TimelineEntry
from leitplanke.table.timelines import TimelinePage


class Given(BaseModel):
    """Something that callers send: a key that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Shown(BaseModel):
    """Something that callers get. Every field is always there; what is not known is null."""

    model_config = ConfigDict(frozen=True, defer_build=True)


def text(*, longest: int) -> StringConstraints:
    """The constraints of something that a person writes."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest)


Next = Annotated[
    str | None,
    Field(
        description="Send it as `page`, with the same conditions, for the next page; null on the last one."
    ),
]


class ShownLink(Shown):
    """Somewhere to look further."""

    href: str
    text: str


class TimelineLine(Shown):
    """One thing that happened. Its number is the record's revision from then on."""

    revision: int
    at: AwareDatetime
    by: Annotated[str, Field(description="A name; people may be able to change theirs.")]
    by_id: Annotated[
        str, Field(description="Of a person: what the identity provider knows them by, the claim `sub`.")
    ]
    kind: Annotated[str, Field(examples=["incident.acknowledged"])]
    loud: Annotated[bool, Field(description="Whether people were told at once.")]
    data: Annotated[Mapping[str, Any], Field(description="What is particular to this kind.")]

    @classmethod
    def of(cls, entry: TimelineEntry) -> "TimelineLine":
        """The line as callers see it."""
        change = entry.change
        return cls(
            revision=entry.revision,
            at=change.at,
            by=change.by,
            by_id=change.by_id,
            kind=change.kind,
            loud=change.loud,
            data=change.data,
        )


class Timeline(Shown):
    """A story, oldest line first."""

    timeline: tuple[TimelineLine, ...]
    next: Next

    @classmethod
    def of(cls, page: TimelinePage, *, token: str | None) -> "Timeline":
        """One page of it."""
        return cls(timeline=tuple(TimelineLine.of(entry) for entry in page.entries), next=token)


class Problem(Shown):
    """An error (RFC 9457). `type` says which case it is; docs/errors.md lists them all."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(examples=["urn:leitplanke:error:not-found"])]
    title: str
    status: int
    detail: Annotated[str, Field(description="What happened in this case.")] = ""
    field: Annotated[str, Field(description="What in the request is wrong.")] = ""
    remedy: Annotated[str, Field(description="What to do about it.")] = ""
    fired: Annotated[
        tuple[Mapping[str, Any], ...],
        Field(
            description="Guardrails that speak against it, each with `id`, `purpose`, `level` (soft, hard), "
            "`reason_required`, `may_override` (roles) and `source`."
        ),
    ] = ()
    errors: Annotated[
        tuple[Mapping[str, Any], ...],
        Field(description="Every wrong field, each with `field`, `message` and `remedy`."),
    ] = ()
    faults: Annotated[
        tuple[Mapping[str, Any], ...],
        Field(description="Every fault of a policy, each with `path`, `message` and `remedy`."),
    ] = ()
    current_revision: Annotated[
        int | None, Field(description="Of what somebody else has changed: the revision now.")
    ] = None


class GatewayRefusal(Shown):
    """What the API's gateway says by itself of a request that it does not pass on. It has no `type`."""

    message: Annotated[str, Field(examples=["Unauthorized"])]
