"""Does it come back? Incidents of a signature, the problem they share, what helped. Function 5 of the design.

One function of the incident as it is now, whatever woke it; doing it twice changes nothing. An incident says
that it belongs to a problem (`problem_id`) last of all: as long as it does not, its review begins anew.

    note ─▶ learn ─▶ is there a live problem? ──no──▶ do the rules want one? ─▶ open it for this incident
                            │yes                                                        │
                            ▼                                                           ▼
                     link this incident                          link and mark all that came before it
                            └──────────────────────▶ mark this incident ◀───────────────┘
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import SYSTEM, Change, Changed, Incident
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import Link, Problem, ProblemState, gathered, linked, opened
from leitplanke.domain.recurrence import RecurrenceFacts, Verdict, counts_in, verdict, windows
from leitplanke.domain.workarounds import learn
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import LINKS_AT_ONCE, Problems
from leitplanke.table.signatures import Memory, Signatures
from leitplanke.usecases.ports import NewId, Policies

_TRIES = 24
"""Of sixteen incidents of one signature that are linked at once the last one is after sixteen rounds."""
_HISTORY = 1_000
"""Incidents of one signature that are looked back on, unless a rule counts further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Keeps the history of signatures and opens problems by the policy's rules."""

    incidents: Incidents
    problems: Problems
    signatures: Signatures
    policies: Policies
    new_id: NewId

    def review(self, incident_id: str, *, now: datetime) -> str | None:
        """Note the incident in its signature's history, learn its workaround, open or link the problem.

        Returns the live problem's id, if there is one. Raises NotFoundError, LostRaceError, UnavailableError.
        """
        for _ in range(_TRIES):
            try:
                return self._review(self.incidents.get(incident_id), now)
            except LostRaceError:
                continue
        raise LostRaceError(f"reviewing incident {incident_id}")

    def _review(self, incident: Incident, now: datetime) -> str | None:
        policy, _ = self.policies.get(now)
        memory = self.signatures.memory(incident)
        self._remember(incident, memory)
        if memory.problem_id is not None and memory.problem_id == incident.problem_id:
            return memory.problem_id
        if memory.problem_id is not None:
            problem = self.problems.get(memory.problem_id)
        else:
            found = self._due(incident, policy, max(now, incident.opened_at))
            if found is None:
                return None
            problem = self._open(incident, *found, policy=policy, now=now)
        self._join(incident, problem, now)
        return problem.problem_id

    def _remember(self, incident: Incident, memory: Memory) -> None:
        lesson = learn(memory.known, memory.learnt, incident)
        if lesson is not None:
            self.signatures.learn(incident, memory, lesson)
        elif not memory.noted:
            self.signatures.note(incident)

    def _due(
        self, incident: Incident, policy: Policy, now: datetime
    ) -> tuple[Verdict, Sequence[Link]] | None:
        """The rule that wants a problem, and the incidents that it is about, the newest first."""
        itself = Link(incident_id=incident.incident_id, opened_at=incident.opened_at)
        spans = windows(policy)
        history: list[Link] = []
        if spans:
            history = self.signatures.occurrences(
                incident.signature, since=now - spans[-1], limit=_history(policy)
            )
        found = verdict(counts_in((one.opened_at for one in history), now, policy), _facts(incident), policy)
        if found is None:
            return None
        return found, history if itself in history else [itself, *history]

    def _open(
        self, incident: Incident, found: Verdict, links: Sequence[Link], *, policy: Policy, now: datetime
    ) -> Problem:
        first = list(links[:LINKS_AT_ONCE])
        problem = Problem(
            problem_id=self.new_id(),
            state=ProblemState.OPEN,
            signature=incident.signature,
            title=f"{incident.service}: {incident.symptom}",
            service=incident.service,
            symptom=incident.symptom,
            team=policy.owner(incident.service) or incident.team or policy.default_team,
            rule=found.rule,
            reason=found.reason,
            opened_at=now,
            opened_for=incident.incident_id,
            first_incident_at=min(link.opened_at for link in links),
            incidents=len(first),
            last_incident_at=max(link.opened_at for link in links),
            changed_at=now,
        )
        return self.problems.open(opened(problem, by=SYSTEM), first)

    def _join(self, incident: Incident, problem: Problem, now: datetime) -> None:
        if problem.opened_for == incident.incident_id:
            self._gather(incident, problem, now)
        else:
            link = Link(incident_id=incident.incident_id, opened_at=incident.opened_at)
            self.problems.link(problem, linked(problem, incident, by=SYSTEM, at=now), link)
        self._mark(incident, problem, now)

    def _gather(self, incident: Incident, problem: Problem, now: datetime) -> None:
        """Link and mark all that came before the incident that made it a problem."""
        policy, _ = self.policies.get(now)
        limit = _history(policy) + LINKS_AT_ONCE
        since = problem.first_incident_at or problem.opened_at
        history = self.signatures.occurrences(problem.signature, since=since, limit=limit)
        there = set(self.problems.links(problem.problem_id, limit=limit))
        missing = [link for link in history if link not in there and link.opened_at <= problem.opened_at]
        for start in range(0, len(missing), LINKS_AT_ONCE):
            links = missing[start : start + LINKS_AT_ONCE]
            problem = self.problems.gather(problem, gathered(problem, links, by=SYSTEM, at=now), links)
        others = {link.incident_id for link in (*there, *missing)} - {incident.incident_id}
        for other in self.incidents.get_many(sorted(others)).values():
            self._mark(other, problem, now)

    def _mark(self, incident: Incident, problem: Problem, now: datetime) -> None:
        """A linked incident says so itself, in its own timeline."""
        if incident.problem_id == problem.problem_id:
            return
        after = replace(
            incident, problem_id=problem.problem_id, revision=incident.revision + 1, changed_at=now
        )
        data = {"problem": problem.problem_id, "rule": problem.rule, "reason": problem.reason}
        change = Change(kind="incident.linked", at=now, by=SYSTEM, data=data)
        self.incidents.commit(incident, Changed(incident=after, change=change))


def _history(policy: Policy) -> int:
    return max(_HISTORY, *(rule.count or 0 for rule in policy.recurrence), 0)


def _facts(incident: Incident) -> RecurrenceFacts:
    return RecurrenceFacts(
        service=incident.service,
        symptom=incident.symptom,
        title=incident.title,
        severity=incident.severity,
        labels=incident.labels,
        impact=incident.impact,
        urgency=incident.urgency,
        priority=incident.priority,
        customers=tuple(one.name for one in incident.cut_off),
        heads=incident.heads,
    )
