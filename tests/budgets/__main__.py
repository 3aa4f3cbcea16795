"""`make budgets`: play every scenario and write what it costs into budgets.yaml and docs/costs.md."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.bench.costs import rewrite_document
from infra.local.aws import Aws
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from infra.local.template import load_template, table_definition
from tests.budgets.budget import Budget, budgets, differences, measure, rewrite, table_of
from tests.budgets.scenarios import SCENARIOS

_numbers = itertools.count(1)


def main(
    only: Annotated[
        str, typer.Argument(help="Play scenarios with this in their name; the others stay.")
    ] = "",
) -> None:
    """Measure, say what has changed, write."""
    console = Console()
    known = budgets()
    measured: dict[str, Budget] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = EngineSettings(port=0, aws_port=0, state_dir=Path(folder), keep=False, log_level="WARNING")
        with EngineProcess(settings) as engine:
            for scenario in SCENARIOS:
                if only not in scenario and scenario in known:
                    measured[scenario] = known[scenario]
                    continue
                with _table(engine.aws) as name:
                    measured[scenario] = measure(engine.aws, name, scenario)
                changed = differences(known.get(scenario, {}), measured[scenario])
                console.print(f"{scenario}: {'new numbers' if changed else 'as budgeted'}", highlight=False)
                if changed:
                    console.print(table_of(changed), highlight=False, markup=False)
    rewrite(measured)
    rewrite_document()
    console.print("Say in the commit message why numbers have changed.")


@contextmanager
def _table(aws: Aws) -> Iterator[str]:
    name = f"budgets-{next(_numbers)}"
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(TableName=name, **table_definition(load_template()))
    yield name
    dynamodb.delete_table(TableName=name)


if __name__ == "__main__":
    typer.run(main)
