"""Pictures of numbers: every one has its numbers as a table, from which a script draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["line", "bars", "stacked", "across"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line, or one part of every bar. None where there is no number."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture, the sentence that says what it shows, and its numbers. `head` names what the labels are."""

    name: str
    title: str
    kind: Kind
    head: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""

    @property
    def rows(self) -> Sequence[tuple[str, Sequence[float | None]]]:
        """Its table: a label, and the number of each series."""
        return [
            (label, [one.values[place] for one in self.series]) for place, label in enumerate(self.labels)
        ]
