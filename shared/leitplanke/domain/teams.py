"""Teams and the channels that reach them. An address is a reference: its token is never in a policy."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from leitplanke.domain.catalogue import Document, Name

_REFERENCE = re.compile(r"ssm:/[\w./-]+|secretsmanager:[\w/+=.@:-]+|env:[A-Za-z_]\w*")
_REMEDY = (
    "put the address into a secret and write where it is: ssm:/path/of/parameter, "
    "secretsmanager:name, or env:VARIABLE on one machine"
)


def _reference(text: str) -> str:
    if _REFERENCE.fullmatch(text):
        return text
    if "://" in text:
        raise PydanticCustomError(
            "channel_secret",
            "is an address itself; whoever reads the policy, or any old version of it, could use its token",
            {"remedy": _REMEDY},
        )
    raise PydanticCustomError("channel_reference", "is not a reference to a secret", {"remedy": _REMEDY})


class Channel(Document):
    """One way to reach people. `url` refers to the secret that holds an Apprise address."""

    name: Name
    url: Annotated[str, Field(max_length=1_024), AfterValidator(_reference)]


class Team(Document):
    """Who works on it. `escalation` hears of what nobody acknowledged in time; the same channels if empty.

    `wip_limit` is how many problems it works on at once: a fact for guardrails.
    """

    description: str = Field(default="", max_length=1_024)
    channels: tuple[Channel, ...] = Field(default=(), max_length=20)
    escalation: tuple[Channel, ...] = Field(default=(), max_length=20)
    wip_limit: int = Field(default=3, ge=1, le=1_000, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_known(cls, raw: Any) -> Any:
        """`network:` alone is a team without channels."""
        return {} if raw is None else raw

    @property
    def escalation_channels(self) -> tuple[Channel, ...]:
        """Where an escalation goes."""
        return self.escalation or self.channels
