"""The operators on small sources, and that every explained survivor is a mutant that there is."""

from pathlib import Path

from tests.mutants.conditions import code_conditions, written_conditions
from tests.mutants.explained import Name, explanations, without_mutant
from tests.mutants.operators import MUST_DIE, mutants_of
from tests.mutants.source import Module
from tests.mutants.writes import removed_writes, swapped_writes

PACKAGE = Path(__file__).resolve().parents[2] / "shared" / "leitplanke"
WRITER = """
class Store:
    def save(self, row):
        self._table.put(Put(row=row, condition="revision = :revision AND pulse = :pulse"))

    def move(self, row):
        self.incidents.commit(row)
        self.publisher.publish(row)
        if row.is_new:
            self.incidents.pulse(row)
"""


def test_each_part_of_a_condition_is_made_to_hold_always() -> None:
    mutants = list(written_conditions(Module(WRITER)))
    assert [one.change for one in mutants] == [
        "revision = :revision always holds",
        "pulse = :pulse always holds",
    ]
    assert "(revision = :revision OR attribute_not_exists(nowhere)) AND pulse" in mutants[0].apply(WRITER)


def test_a_write_is_taken_out_and_the_rest_still_runs() -> None:
    changed = [one.apply(WRITER) for one in removed_writes(Module(WRITER))]
    assert changed
    for source in changed:
        assert source != WRITER
        compile(source, "mutant", "exec")


def test_two_writes_change_places() -> None:
    changed = [one.apply(WRITER) for one in swapped_writes(Module(WRITER))]
    assert any(source.index("publish(row)") < source.index("commit(row)") for source in changed)


def test_a_condition_of_the_code_is_turned() -> None:
    assert all(one.apply(WRITER) != WRITER for one in code_conditions(Module(WRITER)))


def test_every_explanation_is_of_a_mutant_that_there_is() -> None:
    there = []
    for folder in ("table", "usecases"):
        for path in sorted((PACKAGE / folder).glob("*.py")):
            source = path.read_text("utf-8")
            module = Module(source)
            there += [
                Name(f"{folder}/{path.name}", module.place(min(mutant.lines)), mutant.change)
                for operator in MUST_DIE
                for mutant in mutants_of(source, operator)
            ]
    assert len(there) > 200
    assert without_mutant(explanations(), there) == []
