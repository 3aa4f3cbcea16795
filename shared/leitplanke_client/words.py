"""Words that the API takes. What it gives may be newer, so answers have them as plain texts."""

from typing import Literal

IncidentState = Literal["open", "acknowledged", "restored", "closed", "all"]
ProblemState = Literal[
    "candidate",
    "open",
    "known_error",
    "fix_deployed",
    "verified",
    "closed",
    "declined",
    "regressed",
    "all",
]
Lane = Literal["expedite", "standard", "backlog"]
Priority = Literal["P1", "P2", "P3", "P4", "P5"]
Severity = Literal["critical", "error", "warning", "info"]
Capability = Literal["events", "silences", "read"]
