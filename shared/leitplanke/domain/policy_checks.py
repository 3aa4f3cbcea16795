"""What a policy must satisfy beyond the shape of its parts: names exist, no circles, conditions compile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leitplanke.domain.errors import Fault, InvalidInputError
from leitplanke.domain.yaml_text import Path, Read, dotted

if TYPE_CHECKING:
    from leitplanke.domain.expressions import Place
    from leitplanke.domain.policy import Policy


def faults_in(policy: Policy, read: Read) -> list[Fault]:
    """Every inconsistency of a well-formed policy."""
    checks = _Checks(policy, read)
    checks.conditions()
    return checks.faults


class _Checks:
    def __init__(self, policy: Policy, read: Read) -> None:
        self.policy = policy
        self.read = read
        self.faults: list[Fault] = []

    def conditions(self) -> None:
        for place in ("impact", "urgency"):
            for i, rule in enumerate(getattr(self.policy, place).rules):
                self.condition(place, rule.when, (place, "rules", i, "when"))

    def condition(self, place: Place, text: str, path: Path) -> None:
        try:
            self.policy.condition(place, text)
        except InvalidInputError as fault:
            self.add(path, fault.message, fault.remedy)

    def add(self, path: Path, message: str, remedy: str) -> None:
        line = self.read.line(path)
        where = f" (line {line})" if line else ""
        self.faults.append(Fault(path=dotted(path), message=message + where, remedy=remedy))
