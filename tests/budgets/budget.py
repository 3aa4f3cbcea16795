"""What a scenario costs, by function: measured on a plant, kept in budgets.yaml, compared by number."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from infra.local.aws import Aws
from tests.budgets.functions import BUS
from tests.budgets.plant import running
from tests.budgets.scenarios import SCENARIOS
from tests.budgets.stage import Stage
from tests.support.costs import Costs

FILE = Path(__file__).with_name("budgets.yaml")
HOT = 10
"""Units on one partition key from which on the file names them; below, nobody needs to know."""

Numbers: TypeAlias = Mapping[str, Any]
"""One function's: a number, or numbers by name, for each word of the file's head."""
Budget: TypeAlias = Mapping[str, Numbers]
"""One scenario's, by function."""


def measure(aws: Aws, table_name: str, scenario: str) -> dict[str, dict[str, Any]]:
    """Play a scenario on an empty table."""
    with running(aws, table_name) as plant:
        stage = Stage(plant, aws)
        stage.prepare()
        SCENARIOS[scenario](stage)
    return {
        function: _numbers(costs, stage.invocations.get(function, 0), stage.logged.get(function, 0))
        for function, costs in stage.seen.items()
    }


def _numbers(costs: Costs, invocations: int, logged: int) -> dict[str, Any]:
    calls = {name: count for name, count in sorted(costs.calls.items()) if name != "(rule)"}
    sent = dict(sorted(costs.sent().items()))
    numbers: dict[str, Any] = {
        "invocations": invocations,
        "calls": calls,
        "reads": costs.read_units,
        "writes": dict(sorted(costs.by_kind().items())),
        "hottest": {kind: units for kind, units in sorted(costs.hottest().items()) if units > HOT},
        "stopped": sum(call.failed for call in costs.recorded),
        "entries": sent.pop(BUS, 0),
        "messages": sent,
        "chunks": sum(call.chunks for call in costs.recorded),
        "bytes": sum(call.bytes for call in costs.recorded),
        "logs": logged,
    }
    return {name: _plain(value) for name, value in numbers.items() if value}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def budgets(path: Path = FILE) -> dict[str, dict[str, dict[str, Any]]]:
    """All of the file."""
    loaded: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(path.read_text("utf-8")) or {}
    return loaded


def rewrite(measured: Mapping[str, Budget], path: Path = FILE) -> None:
    """Put new numbers into the file; its head and its comments stay where they are."""
    old = path.read_text("utf-8") if path.exists() else ""
    head, notes = _notes(old)
    lines = [head.rstrip()]
    for scenario, budget in measured.items():
        lines += ["", *notes.get((scenario, "above"), "").splitlines(), f"{scenario}:"]
        for function, numbers in budget.items():
            lines.append(f"  {function}:{notes.get((scenario, function), '')}")
            lines += [
                f"    {name}: {_text(value)}{notes.get((scenario, function, name), '')}"
                for name, value in numbers.items()
            ]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _text(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return "{" + ", ".join(f"{name}: {number}" for name, number in value.items()) + "}"


_LINE = re.compile(r"^(?P<indent> *)(?P<name>[^#\s][^:{]*):(?P<value>[^#]*)(?P<note>#.*)?$")


def _notes(text: str) -> tuple[str, dict[tuple[str, ...], str]]:
    """The head, and comments by what they stand at; those above a scenario under (scenario, "above")."""
    notes: dict[tuple[str, ...], str] = {}
    scenario = function = head = ""
    above: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            above.append(line)
            continue
        found = _LINE.match(line)
        if not found:
            if not scenario:
                head, above = "\n".join([head, *above]), []
            continue
        name, note = found["name"], f"  {found['note']}" if found["note"] else ""
        match len(found["indent"]):
            case 0:
                scenario, above, notes[scenario_key(name)] = name, [], "\n".join(above)
            case 2:
                function, notes[(scenario, name)] = name, note
            case _:
                notes[(scenario, function, name)] = note
    return head.strip("\n"), notes


def scenario_key(name: str) -> tuple[str, str]:
    """Where comments above a scenario are kept."""
    return (name, "above")


def differences(expected: Budget, seen: Budget) -> list[tuple[str, str, str, str]]:
    """Rows of function, number, expected, seen; empty if all is as budgeted."""
    rows: list[tuple[str, str, str, str]] = []
    for function in sorted({*expected, *seen}):
        was, now = _flat(expected.get(function, {})), _flat(seen.get(function, {}))
        for name in sorted({*was, *now}):
            if was.get(name, 0) != now.get(name, 0):
                rows.append((function, name, str(was.get(name, 0)), str(now.get(name, 0))))
    return rows


def _flat(numbers: Numbers) -> dict[str, float]:
    flat: dict[str, float] = {}
    for name, value in numbers.items():
        if isinstance(value, Mapping):
            flat |= {f"{name} {part}": number for part, number in value.items()}
        else:
            flat[name] = value
    return flat


def table_of(rows: list[tuple[str, str, str, str]]) -> str:
    """These differences for people."""
    lines = [("function", "what", "budget", "seen"), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
