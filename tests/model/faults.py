"""What must never be in the table, and what must not be there any more when everything is at rest."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.clocks import next_look
from leitplanke.domain.impact import counts_as_down
from leitplanke.domain.incidents import SYSTEM, Incident, IncidentState
from leitplanke.domain.policy import Policy
from leitplanke.table import keys
from tests.model.snapshot import Snapshot

MINUTE = timedelta(minutes=1)


def always(seen: Snapshot, now: datetime) -> list[str]:
    """What contradicts the design at any moment, whoever died in the middle of what."""
    return [
        *_groups(seen),
        *_timelines(seen),
        *_index(seen),
        *_unwatched(seen, now),
        *(f"quarantined: {row}" for row in seen.others if row["type"].startswith("quarantine")),
        *(
            f"{one.incident_id} is published or routed beyond what it is"
            for one in seen.incidents.values()
            if one.published_revision > one.revision or one.routed_pulse > one.pulse
        ),
    ]


def at_rest(seen: Snapshot, policy: Policy, now: datetime) -> list[str]:
    """What contradicts the design when everything has arrived and the clocks have swept for some minutes."""
    return [
        *_homeless(seen),
        *_incidents(seen, policy, now),
        *_unpublished(seen),
        *_services(seen, policy),
        *_problems(seen),
    ]


def _groups(seen: Snapshot) -> Iterator[str]:
    unclosed = [one for one in seen.incidents.values() if one.state is not IncidentState.CLOSED]
    for key, count in Counter(one.group_key for one in unclosed).items():
        if count > 1:
            yield f"{count} unclosed incidents for {key}"
    for one in unclosed:
        if seen.pointers.get(one.group_key) != one.incident_id:
            yield f"{one.group_key} points to {seen.pointers.get(one.group_key)}, not to {one.incident_id}"


def _timelines(seen: Snapshot) -> Iterator[str]:
    owners: dict[str, int] = {
        keys.incident(one.incident_id).pk: one.revision for one in seen.incidents.values()
    }
    owners |= {keys.problem(one.problem_id).pk: one.revision for one in seen.problems.values()}
    owners |= {keys.service_flip(one.service).pk: one.revision for one in seen.services.values()}
    for pk, revision in owners.items():
        if sorted(seen.lines[pk]) != list(range(1, revision + 1)):
            yield f"{pk} has revision {revision} and lines {sorted(seen.lines[pk])}"
    for pk in seen.lines.keys() - owners.keys():
        yield f"{pk} has a timeline and nobody whose it is"


def _index(seen: Snapshot) -> Iterator[str]:
    for ident, alert in seen.alerts.items():
        partition = seen.indexed[ident]
        expected = None
        if alert.state is AlertState.FIRING and alert.incident_id:
            expected = keys.firing(alert.incident_id, ident, alert.severity.rank).pk
        if partition != expected:
            yield f"{alert.alert_key} is {alert.state} in {alert.incident_id}, its index says {partition}"


def _unwatched(seen: Snapshot, now: datetime) -> Iterator[str]:
    """Who is owed something has a look armed in time; what is overdue already may wait for a minute."""
    for one in seen.incidents.values():
        due, armed = next_look(one), one.look_at
        name = f"{one.incident_id} ({one.state})"
        if armed is not None and armed not in seen.looks[f"incident/{one.incident_id}"]:
            yield f"{name} believes in a look at {armed} that is not there"
        if due is not None and (armed is None or armed > max(due, now + MINUTE)):
            yield f"{name} is owed something at {due}, its look is at {armed}"
    owing: list[tuple[str, Any]] = [(f"problem/{one.problem_id}", one) for one in seen.problems.values()]
    owing += [(f"service/{one.service}", one) for one in seen.services.values()]
    for subject, one in owing:
        if one.published_revision < one.revision and not seen.looks[subject]:
            yield f"{subject} owes a publication and nobody will look"


def _homeless(seen: Snapshot) -> Iterator[str]:
    for alert in seen.alerts.values():
        if alert.state is not AlertState.FIRING:
            continue
        home = seen.incidents.get(alert.incident_id or "")
        if home is None or home.state is IncidentState.CLOSED:
            yield f"{alert.alert_key} fires in {home.incident_id if home else 'no incident'}, which is over"
        elif home.state is IncidentState.RESTORED and not _was_known(alert, home):
            yield f"{alert.alert_key} fires in {home.incident_id}, restored by {home.restored_by}"


def _was_known(alert: Alert, home: Incident) -> bool:
    """A person who restored it knew that this fired, and said that customers can work all the same."""
    by_person = home.restored_by != SYSTEM
    return by_person and home.restored_at is not None and alert.first_seen_at <= home.restored_at


def _incidents(seen: Snapshot, policy: Policy, now: datetime) -> Iterator[str]:
    for one in seen.incidents.values():
        firing = seen.firing(one.incident_id)
        awaited = getattr(one, "alerts_by", None)
        if one.is_live and not firing and (awaited is None or awaited < now):
            yield f"{one.incident_id} is {one.state} and nothing fires in it"
        if (
            one.state is IncidentState.RESTORED
            and one.close_at
            and one.close_at + 2 * MINUTE < now
            and not firing
        ):
            yield f"{one.incident_id} is restored, quiet, and its window is over since {one.close_at}"
        if one.closed_by == SYSTEM:
            yield from _closed_too_early(one, seen, policy)


def _closed_too_early(one: Incident, seen: Snapshot, policy: Policy) -> Iterator[str]:
    changes = sorted(seen.changes[keys.incident(one.incident_id).pk])
    restored = [at for _, kind, at in changes if kind == "incident.restored"][-1]
    if one.closed_at is not None and one.closed_at < restored + policy.reopen_window:
        yield f"{one.incident_id} was closed {one.closed_at - restored} after its restore"


def _unpublished(seen: Snapshot) -> Iterator[str]:
    subjects: list[Any] = [*seen.incidents.values(), *seen.problems.values(), *seen.services.values()]
    for one in subjects:
        if one.published_revision != one.revision:
            yield f"unpublished: {one}"
    for incident in seen.incidents.values():
        if incident.state is not IncidentState.CLOSED and incident.routed_pulse != incident.pulse:
            yield f"{incident.incident_id} has pulse {incident.pulse}, routed {incident.routed_pulse}"


def _services(seen: Snapshot, policy: Policy) -> Iterator[str]:
    causes: dict[str, set[str]] = defaultdict(set)
    for one in seen.incidents.values():
        worst = min((alert.severity for alert in seen.firing(one.incident_id)), key=_rank, default=None)
        if one.is_live and worst is not None and counts_as_down(worst, policy):
            causes[one.service].add(one.incident_id)
    for service in (seen.services.keys() | causes.keys() | seen.causes.keys()) & policy.services.keys():
        expected, found = causes[service], seen.causes[service]
        if found - expected - _empty(seen) or expected - found:
            yield f"{service} is down because of {sorted(expected)}, the table says {sorted(found)}"
        state = seen.services.get(service)
        if (state.down if state else False) is not bool(found):
            yield f"{service}: the summary says {state}, the causes are {sorted(found)}"


def _empty(seen: Snapshot) -> set[str]:
    """Live incidents whose alerts are still awaited: what severity they have is nobody's guess."""
    return {
        one.incident_id for one in seen.incidents.values() if one.is_live and not seen.firing(one.incident_id)
    }


def _rank(severity: Any) -> int:
    return int(severity.rank)


def _problems(seen: Snapshot) -> Iterator[str]:
    """The policies here open a problem for the second incident of a signature."""
    by_signature: dict[str, list[Incident]] = defaultdict(list)
    for one in seen.incidents.values():
        by_signature[one.signature].append(one)
    for signature, incidents in by_signature.items():
        problems = [one for one in seen.problems.values() if one.signature == signature]
        ids = {one.incident_id for one in incidents}
        if len(problems) != (1 if len(incidents) > 1 else 0):
            yield f"{len(problems)} problems for {len(incidents)} incidents of {incidents[0].symptom}"
        for problem in problems:
            linked = seen.links[problem.problem_id]
            if seen.live_problems.get(signature) != problem.problem_id:
                yield f"{problem.problem_id} is not the live problem of its signature"
            if linked != ids or problem.incidents != len(ids):
                expected = f"{sorted(linked)}, not {sorted(ids)}"
                yield f"{problem.problem_id} counts {problem.incidents} of {expected}"
            strangers = [one.incident_id for one in incidents if one.problem_id != problem.problem_id]
            if strangers:
                yield f"{strangers} do not know of {problem.problem_id}"
