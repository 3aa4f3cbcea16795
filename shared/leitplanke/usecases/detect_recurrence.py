"""Does it come back? Incidents of a signature, the problem they share, what helped. Function 5 of the design.

One function of the incident as it is now, whatever woke it; doing it twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import SYSTEM, Change, Changed, Incident, IncidentState
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import Problem, ProblemState, linked, opened
from leitplanke.domain.recurrence import RecurrenceFacts, Verdict, counts_in, verdict, windows
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Link, Problems
from leitplanke.usecases.ports import NewId, Policies

_TRIES = 12
_FIRST_LINKS = 90
"""Incidents linked when a problem opens; one transaction holds 100 rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Keeps the history of signatures and opens problems by the policy's rules."""

    incidents: Incidents
    problems: Problems
    policies: Policies
    new_id: NewId

    def review(self, incident_id: str, *, now: datetime) -> Problem | None:
        """Note the incident in its signature's history, link or open the problem, learn the workaround.

        Returns the live problem, if there is one. Raises NotFoundError, LostRaceError, UnavailableError.
        """
        incident = self.incidents.get(incident_id)
        self.problems.note_occurrence(incident)
        if incident.state in (IncidentState.RESTORED, IncidentState.CLOSED):
            self.problems.learn_workaround(incident, at=incident.restored_at or now)
        for _ in range(_TRIES):
            try:
                problem = self._problem(incident, now)
                break
            except LostRaceError:
                continue
        else:
            raise LostRaceError(f"problem of signature {incident.signature}")
        if problem is not None and incident.problem_id != problem.problem_id:
            self._mark(self.problems.links(problem.problem_id, limit=_FIRST_LINKS), incident, problem, now)
        return problem

    def _problem(self, incident: Incident, now: datetime) -> Problem | None:
        live = self.problems.live(incident.signature)
        link = Link(incident_id=incident.incident_id, opened_at=incident.opened_at)
        if live is not None:
            changed = linked(live, incident, by=SYSTEM, at=now)
            return self.problems.link(live, changed, link) or live
        policy, _ = self.policies.get(now)
        history = self._history(incident, policy, now)
        counts = counts_in((one.opened_at for one in history), now, policy)
        found = verdict(counts, _facts(incident), policy)
        if found is None:
            return None
        links = history if link in history else [link, *history]
        return self._open(incident, links[:_FIRST_LINKS], found, now, policy)

    def _history(self, incident: Incident, policy: Policy, now: datetime) -> list[Link]:
        spans = windows(policy)
        if not spans:
            return []
        return self.problems.occurrences(incident.signature, since=now - spans[-1])

    def _open(
        self, incident: Incident, links: list[Link], found: Verdict, now: datetime, policy: Policy
    ) -> Problem:
        problem = Problem(
            problem_id=self.new_id(),
            state=ProblemState.OPEN,
            signature=incident.signature,
            title=f"{incident.service}: {incident.symptom}",
            service=incident.service,
            symptom=incident.symptom,
            team=policy.owner(incident.service) or incident.team,
            rule=found.rule,
            reason=found.reason,
            opened_at=now,
            incidents=len(links),
            last_incident_at=max(link.opened_at for link in links),
            changed_at=now,
        )
        return self.problems.open(opened(problem, by=SYSTEM), links)

    def _mark(self, links: Iterable[Link], incident: Incident, problem: Problem, now: datetime) -> None:
        """Each linked incident says so itself, in its own timeline.

        The one that is reviewed comes last: until it says so, a repeated review marks the others.
        """
        found = self.incidents.get_many({incident.incident_id, *(link.incident_id for link in links)})
        for one in sorted(found.values(), key=lambda one: one.incident_id == incident.incident_id):
            self._mark_one(one, problem, now)

    def _mark_one(self, incident: Incident, problem: Problem, now: datetime) -> None:
        for _ in range(_TRIES):
            if incident.problem_id == problem.problem_id:
                return
            after = replace(
                incident, problem_id=problem.problem_id, revision=incident.revision + 1, changed_at=now
            )
            data = {"problem": problem.problem_id, "rule": problem.rule, "reason": problem.reason}
            change = Change(kind="incident.linked", at=now, by=SYSTEM, data=data)
            try:
                self.incidents.commit(incident, Changed(incident=after, change=change))
                return
            except LostRaceError:
                incident = self.incidents.get(incident.incident_id)
        raise LostRaceError(f"linking incident {incident.incident_id}")


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
