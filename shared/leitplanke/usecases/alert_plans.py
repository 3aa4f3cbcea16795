"""One alert of a batch: as it was, as the news makes it, and what that means for the incidents it is in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from leitplanke.domain.alerts import Alert, AlertState, Folded, ResolvedBy, Transition, TransitionKind
from leitplanke.domain.events import Event
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.placement import Group
from leitplanke.domain.reports import is_report
from leitplanke.table.alerts import Episode, StoredAlert


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One alert of the batch. `group` is where it belongs if it fires, or may have to fire again."""

    news: Sequence[Event]
    stored: StoredAlert | None
    folded: Folded
    group: Group | None

    @property
    def before(self) -> Alert | None:
        """The alert as it was."""
        return self.stored.alert if self.stored else None

    @property
    def alert(self) -> Alert:
        """The alert as the news makes it, not yet placed if it fires anew."""
        return self.folded.alert

    @property
    def incident_before(self) -> str | None:
        """The incident that it was in."""
        return self.before.incident_id if self.before else None

    def stays(self, known: Mapping[str, Incident]) -> bool:
        """Whether it needs no (other) incident.

        What fires anew does. What fired before does if its incident was closed under its feet.
        """
        if self.group is None:
            return True
        if any(t.kind is TransitionKind.FIRED and not t.replay for t in self.folded.transitions):
            return False
        incident = known.get(self.alert.incident_id or "")
        is_over = incident is None or incident.state is IncidentState.CLOSED
        return self.alert.state is AlertState.RESOLVED or not is_over

    @property
    def reporter(self) -> str | None:
        """The person who reported it, where no monitoring did."""
        return self.news[-1].by if is_report(self.alert) else None

    def placed(self, home: Incident | None) -> "PlacedPlan":
        """With its alert in this incident; where it is if None."""
        alert = self.alert
        if home is not None and self.group is not None:
            alert = replace(alert, service=self.group.service, incident_id=home.incident_id)
        return PlacedPlan(plan=self, alert=alert)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPlan:
    """A plan whose alert knows its incident: what is to be written, and whom it concerns."""

    plan: Plan
    alert: Alert

    @property
    def is_changed(self) -> bool:
        """Whether the alert's row has to be written."""
        return self.alert != self.plan.before

    @property
    def left(self) -> str | None:
        """The incident that it leaves for another one."""
        before = self.plan.incident_before
        return before if before != self.alert.incident_id else None

    def incident_of(self, transition: Transition) -> str | None:
        """The incident that this happened in: an episode that is over stays in the incident it was in."""
        before = self.plan.before
        if before is not None and transition.episode == before.episode < self.alert.episode:
            return before.incident_id
        return self.alert.incident_id

    def begun(self) -> list[Episode]:
        """The episodes that began, with their ends where they have ended already."""
        ends = {t.episode: t for t in self._transitions(TransitionKind.RESOLVED)}
        made: list[Episode] = []
        for fired in self._transitions(TransitionKind.FIRED):
            if fired.replay and self.left is None:
                continue
            end = ends.get(fired.episode)
            made.extend(self._episode(fired, began_at=fired.at, ended_at=end.at if end else None))
        return made

    def ended_before(self, known: Mapping[str, Incident], now: datetime) -> list[Episode]:
        """The episode that the alert goes on from: its own row will not say any more how that ended."""
        before = self.plan.before
        if before is None or before.incident_id is None:
            return []
        if self.alert.episode == before.episode:
            incident = known.get(before.incident_id)
            closed_at = incident.closed_at if incident else None
            end = _ended(before, at=closed_at or now, by=ResolvedBy.HUMAN)
            return [end] if self.left is not None else []
        if before.state is AlertState.RESOLVED and before.resolved_by is not None:
            return [_ended(before, at=before.resolved_at or now, by=before.resolved_by)]
        ends = [t for t in self._transitions(TransitionKind.RESOLVED) if t.episode == before.episode]
        return [_ended(before, at=end.at, by=ResolvedBy.SOURCE) for end in ends]

    def ended(self) -> list[Episode]:
        """The episode that the alert was in and is in, if it is over now."""
        before = self.plan.before
        if before is None or before.episode != self.alert.episode or before.incident_id is None:
            return []
        ends = self._transitions(TransitionKind.RESOLVED)
        return [_ended(before, at=end.at, by=ResolvedBy.SOURCE) for end in ends]

    def _transitions(self, kind: TransitionKind) -> list[Transition]:
        return [transition for transition in self.plan.folded.transitions if transition.kind is kind]

    def _episode(
        self, fired: Transition, *, began_at: datetime, ended_at: datetime | None
    ) -> Iterator[Episode]:
        incident_id = self.incident_of(fired)
        if incident_id is None:
            return
        yield Episode(
            incident_id=incident_id,
            alert_id=self.alert.alert_id,
            number=fired.episode,
            title=self.alert.title,
            symptom=self.alert.symptom,
            severity=self.alert.severity.value,
            fired_at=began_at,
            resolved_at=ended_at,
            resolved_by=ResolvedBy.SOURCE.value if ended_at else None,
        )


def _ended(alert: Alert, *, at: datetime, by: ResolvedBy) -> Episode:
    """The end of the episode that this alert was in."""
    return Episode(
        incident_id=alert.incident_id or "",
        alert_id=alert.alert_id,
        number=alert.episode,
        title=alert.title,
        symptom=alert.symptom,
        severity=alert.severity.value,
        fired_at=alert.fired_at or alert.first_seen_at,
        resolved_at=at,
        resolved_by=by.value,
    )
