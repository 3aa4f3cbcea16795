"""The service catalogue: what there is, who owns it, what it needs, and which customers stand behind it.

customers:                         "needs" reads the same for a service and for a customer:
  Federal Registry Office:           needs: vpn                                one thing
    heads: 1800                      needs: [vpn, database]                    all of them
    needs: registry-office-access    needs: {any_of: [gateway-1, gateway-2]}   one is enough
                                     needs: {at_least: {count: 2, of: [a, b, c]}}
"""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

UNASSIGNED = "unassigned"
"""The service of an alert that names none, and the team of what nobody owns."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^\S(.*\S)?$")]
"""A name as people write it; no blank at either end, no line break (`.` matches none)."""

_NEED_REMEDY = "write a service's name, or one of any_of, all_of, at_least; they can nest"
_FORMS = ("service", "any_of", "all_of", "at_least")


class Document(BaseModel):
    """Base of every part of a policy: frozen, and a key that is not known is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AtLeast(Document):
    """`count` of the things in `of` must work."""

    count: int = Field(ge=1, strict=True)
    of: tuple["Need", ...] = Field(min_length=1)


class Need(Document):
    """What must work: exactly one of a service's name, `any_of`, `all_of` or `at_least`; they nest."""

    service: Name | None = None
    any_of: tuple["Need", ...] | None = Field(default=None, min_length=1)
    all_of: tuple["Need", ...] | None = Field(default=None, min_length=1)
    at_least: AtLeast | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, raw: Any) -> Any:
        if isinstance(raw, str):
            return {"service": raw}
        if isinstance(raw, list):
            return {"all_of": raw}
        if not isinstance(raw, dict | cls):
            raise PydanticCustomError("need_type", "is no need", {"remedy": _NEED_REMEDY})
        return raw

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [form for form in _FORMS if getattr(self, form) is not None]
        if len(given) == 1:
            return self
        said = " and ".join(given) if given else "nothing"
        raise PydanticCustomError(
            "need_form",
            "says {said}, and must say one thing",
            {"said": said, "remedy": _NEED_REMEDY},
        )

    @property
    def parts(self) -> tuple["Need", ...]:
        """What it is made of; empty for a single service."""
        if self.at_least is not None:
            return self.at_least.of
        return self.any_of or self.all_of or ()

    @property
    def required(self) -> int:
        """How many of `parts` must work."""
        if self.at_least is not None:
            return self.at_least.count
        return 1 if self.any_of else len(self.parts)

    def services(self) -> Iterator[str]:
        """Every service named anywhere in it, in order, repeated as often as it is named."""
        if self.service is not None:
            yield self.service
        for part in self.parts:
            yield from part.services()

    def words(self) -> str:
        """How a person would say it: `one of a, b`."""
        if self.service is not None:
            return self.service
        inner = [f"({part.words()})" if part.parts else part.words() for part in self.parts]
        if self.required == len(inner):
            return " and ".join(inner)
        return f"{'one' if self.required == 1 else self.required} of {', '.join(inner)}"


class Service(Document):
    """A way to give customers a result they want. `match`: labels that say an alert is about it."""

    team: Name
    description: str = Field(default="", max_length=1_024)
    needs: Need | None = None
    match: dict[str, str] = Field(default_factory=dict, max_length=16)


class Customer(Document):
    """Who cannot work when `needs` is not met, and how many people (`heads`) that is."""

    heads: int = Field(ge=0, le=10_000_000_000, strict=True)
    needs: Need
    vital: bool = False
    description: str = Field(default="", max_length=1_024)
