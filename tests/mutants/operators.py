"""Our operators as Cosmic Ray wants them, beside its own.

Cosmic Ray walks a parso tree node by node. Ours look at a module as a whole: their only node is the root.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import cosmic_ray.plugins
import parso
from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Module as Root

from tests.mutants.conditions import code_conditions, written_conditions
from tests.mutants.source import Module, Mutant
from tests.mutants.writes import removed_writes, swapped_writes

Find = Callable[[Module], Iterator[Mutant]]
_FINDS: Mapping[str, Find] = {
    "written-condition": written_conditions,
    "code-condition": code_conditions,
    "swapped-writes": swapped_writes,
    "removed-write": removed_writes,
}
OURS = tuple(f"leitplanke/{name}" for name in _FINDS)
"""Each finds its mutants in a module as a whole."""
MUST_DIE = tuple(name for name in OURS if not name.endswith("code-condition"))
"""None of these may survive without an explanation: they are what the promises about the table rest on."""
STANDARD = tuple(
    f"core/{name}"
    for name in (
        *(
            f"ReplaceComparisonOperator_{one}_{other}"
            for one, other in (
                ("Lt", "LtE"),
                ("LtE", "Lt"),
                ("Gt", "GtE"),
                ("GtE", "Gt"),
                ("Eq", "NotEq"),
                ("NotEq", "Eq"),
                ("Is", "IsNot"),
                ("IsNot", "Is"),
            )
        ),
        "ReplaceBinaryOperator_Add_Sub",
        "ReplaceBinaryOperator_Sub_Add",
        "ReplaceUnaryOperator_Delete_Not",
        "ReplaceAndWithOr",
        "ReplaceOrWithAnd",
        "ReplaceTrueWithFalse",
        "ReplaceFalseWithTrue",
        "ReplaceBreakWithContinue",
        "ReplaceContinueWithBreak",
        "ExceptionReplacer",
        "NumberReplacer",
        "ZeroIterationForLoop",
    )
)
"""Cosmic Ray's own that make sense here: `|` is a type's, and a condition's negation is ours."""


class Whole(Operator):
    """An operator that finds its mutants in a module's source."""

    find: Find

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """One for each mutant, all at the root; a position is nothing but the lines."""
        if isinstance(node, Root):
            for mutant in self._mutants(node):
                yield (min(mutant.lines), 0), (max(mutant.lines) + 1, 0)

    def mutate(self, node: Any, index: int) -> Any:
        """The root of the changed module."""
        return parso.parse(list(self._mutants(node))[index].apply(node.get_code()))

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """They are in the tests."""
        return ()

    def _mutants(self, node: Root) -> Iterator[Mutant]:
        return type(self).find(Module(node.get_code()))


def offer(names: Iterable[str]) -> None:
    """Make Cosmic Ray use these operators and no others.

    (Its plugins are entry points of installed packages; this project is none.)
    """
    known = cosmic_ray.plugins.OPERATOR_PROVIDERS
    core = known["core"]
    ours = {name: type(name, (Whole,), {"find": staticmethod(find)}) for name, find in _FINDS.items()}
    wanted = [name.partition("/")[::2] for name in names]
    known["leitplanke"] = {name: ours[name] for provider, name in wanted if provider == "leitplanke"}
    known["core"] = {name: core[name] for provider, name in wanted if provider == "core"}


@lru_cache(maxsize=256)
def mutants_of(source: str, operator: str) -> tuple[Mutant, ...]:
    """What one of our operators finds in a module, in order of occurrence."""
    return tuple(_FINDS[operator.removeprefix("leitplanke/")](Module(source)))
