"""Rules about alarms: whoever is woken by one finds what it means and what to do."""

import re
from collections.abc import Iterator
from pathlib import Path

from infra.template.reading import ALARM, ROOT, Template

RUNBOOK = ROOT / "docs" / "runbook.md"

_HEADING = re.compile(r"^### (\w+)$", re.MULTILINE)


def alarms_are_in_the_runbook(template: Template, runbook: Path = RUNBOOK) -> Iterator[str]:
    """Every alarm has a heading in the runbook and names it; no heading is left of an alarm that is gone."""
    alarms = template.of_type(ALARM)
    headings = set(_HEADING.findall(runbook.read_text("utf-8")))
    for name, properties in alarms.items():
        if name not in headings:
            yield f"{name}: docs/runbook.md has no heading '### {name}'"
        if f"docs/runbook.md, {name}" not in properties.get("AlarmDescription", ""):
            yield f"{name}: AlarmDescription must say 'docs/runbook.md, {name}'"
    for heading in sorted(headings - set(alarms)):
        yield f"docs/runbook.md: '### {heading}' is not an alarm of the template"


def alarms_tell_somebody(template: Template) -> Iterator[str]:
    """Every alarm goes to the topic that the operator named, and so does its end."""
    for name, properties in template.of_type(ALARM).items():
        for actions in ("AlarmActions", "OKActions"):
            if not properties.get(actions):
                yield f"{name}: add {actions}"
