"""Is every event accounted for? Each check is a generator of findings: nothing found, nothing lost."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.chaos.news import Books
from infra.chaos.snapshot import Snapshot, partition
from infra.chaos.world import TEAMS, channel
from infra.local.inbox import SIZE
from leitplanke.domain.alerts import AlertState
from leitplanke.domain.ids import stable_hash
from leitplanke.domain.incidents import IncidentState
from leitplanke.domain.problems import ProblemState

_LINK = re.compile(r"/v1/(incident|problem)s/([0-9A-Za-z_-]+)")
_PROBLEM_ENDED = frozenset({ProblemState.VERIFIED, ProblemState.CLOSED, ProblemState.DECLINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that must not be. `what` is "lost" or "doubled"."""

    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`accounted`: alerts that say what their last news demands, and nonsense in quarantine. `told_twice`:
    notifications doubled where the ledger shows a try that could not be recorded."""

    findings: tuple[Finding, ...]
    accounted: int
    told: int
    told_twice: int

    def number(self, what: str) -> int:
        """How many findings of one kind."""
        return sum(finding.what == what for finding in self.findings)


def account(snap: Snapshot, books: Books, inbox: Path) -> Account:
    """Everything at once."""
    told = read_inbox(inbox)
    again, unexcused = _told_again(snap, told)
    alerts = list(_alerts(snap, books))
    nonsense = [
        Finding(what="lost", text=f"refused and not in quarantine: {marker}")
        for marker in sorted(books.nonsense)
        if marker not in snap.quarantined
    ]
    findings = (*alerts, *nonsense, *invariants(snap), *unexcused)
    everything = len(books.alerts) + len(books.nonsense)
    return Account(
        findings=findings,
        accounted=everything - len(alerts) - len(nonsense),
        told=sum(told.values()),
        told_twice=again,
    )


def invariants(snap: Snapshot) -> Iterator[Finding]:
    """What must hold of any table at rest, whatever was sent."""
    yield from _incidents(snap)
    yield from _timelines(snap)
    yield from _problems(snap)
    yield from _untold(snap)
    yield from (Finding(what="lost", text=text) for text in snap.owed())


def _alerts(snap: Snapshot, books: Books) -> Iterator[Finding]:
    """The table says of each alert what its sender said last, and has counted every repetition."""
    for alert_id, told in books.alerts.items():
        if not told.settled:
            continue
        alert = snap.alerts.get(alert_id)
        wanted = AlertState.FIRING if told.firing else AlertState.RESOLVED
        if alert is None:
            yield Finding(what="lost", text=f"alert {alert_id} of {told.service}: not in the table")
        elif alert.state is not wanted:
            text = f"alert {alert_id} of {told.service}: {alert.state}, and its sender said {wanted}"
            yield Finding(what="lost", text=text)
        elif told.firing and told.triggers is not None and alert.occurrences < told.triggers:
            text = f"alert {alert_id}: {alert.occurrences} occurrences of {told.triggers} that were accepted"
            yield Finding(what="lost", text=text)


def _incidents(snap: Snapshot) -> Iterator[Finding]:
    """One unclosed incident per group key, none without alerts, no firing alert without one, all routed."""
    unclosed = Counter(
        one.group_key for one in snap.incidents.values() if one.state is not IncidentState.CLOSED
    )
    for group, number in unclosed.items():
        if number > 1:
            yield Finding(what="doubled", text=f"{number} unclosed incidents of group {group}")
    firing = Counter[str]()
    for alert in snap.alerts.values():
        if alert.state is not AlertState.FIRING:
            continue
        incident = snap.incidents.get(alert.incident_id or "")
        if incident is None or not incident.is_live:
            state = incident.state if incident else "not there"
            text = f"firing alert {alert.alert_id} of {alert.service}: its incident is {state}"
            yield Finding(what="lost", text=text)
        else:
            firing[incident.incident_id] += 1
    for name, incident in snap.incidents.items():
        if incident.is_live and not firing[name]:
            yield Finding(
                what="lost", text=f"incident {name} of {incident.service} is live and nothing fires"
            )
        if incident.is_live and snap.groups.get(incident.group_key) != name:
            yield Finding(what="lost", text=f"incident {name}: its group points elsewhere")
        if incident.is_live and (incident.lane is None or incident.priority is None):
            yield Finding(what="lost", text=f"incident {name} was never routed")


def _timelines(snap: Snapshot) -> Iterator[Finding]:
    """Every revision has its line."""
    for kind, records in (
        ("incident", snap.incidents),
        ("problem", snap.problems),
        ("service", snap.services),
    ):
        for name, one in records.items():
            there = sorted(snap.lines[partition(kind, name)])
            if there != list(range(1, one.revision + 1)):
                yield Finding(what="lost", text=f"{kind} {name}: lines {there}, revision {one.revision}")


def _problems(snap: Snapshot) -> Iterator[Finding]:
    """At most one live problem per signature."""
    live = Counter(one.signature for one in snap.problems.values() if one.state not in _PROBLEM_ENDED)
    for signature, number in live.items():
        if number > 1:
            yield Finding(what="doubled", text=f"{number} live problems of signature {signature}")


def _untold(snap: Snapshot) -> Iterator[Finding]:
    """Every loud change, once the incident was routed, has its end in the ledger: told, or why not."""
    for name in snap.incidents:
        owner = partition("incident", name)
        ends: dict[int, set[str]] = {}
        for row in snap.told[owner]:
            ends.setdefault(row["revision"], set()).add(row["state"])
        routed = False
        for revision, line in sorted(snap.lines[owner].items()):
            routed = routed or line["kind"] == "incident.routed"
            states = ends.get(revision, set())
            if routed and line["loud"] and (not states or states - {"sent", "nobody"}):
                shown = ", ".join(sorted(states)) or "nothing"
                text = f"incident {name}: {line['kind']} (revision {revision}) should be told: {shown}"
                yield Finding(what="lost", text=text)


def read_inbox(inbox: Path) -> Counter[tuple[str, str]]:
    """How often each channel was told about each subject: (partition key, channel) -> number."""
    found: Counter[tuple[str, str]] = Counter()
    lines = inbox.read_text("utf-8").splitlines() if inbox.exists() else []
    if len(lines) >= SIZE:
        raise RuntimeError(f"the inbox keeps {SIZE:,} notifications; run fewer events")
    for line in lines:
        item = json.loads(line)
        match = _LINK.search(item["body"]["message"])
        if match:
            found[partition(match[1], match[2]), item["inbox"]] += 1
    return found


def _told_again(snap: Snapshot, told: Counter[tuple[str, str]]) -> tuple[int, list[Finding]]:
    """Notifications beyond one per entry of the ledger: those that a second try explains, and the others."""
    inboxes = {stable_hash(channel(name)): name for name in (*TEAMS, "duty")}
    sent: Counter[tuple[str, str]] = Counter()
    tries: Counter[tuple[str, str]] = Counter()
    for owner, entries in snap.told.items():
        for row in entries:
            inbox = inboxes.get(row["sk"].rpartition("#")[2])
            if inbox is not None:
                sent[owner, inbox] += row["state"] == "sent"
                tries[owner, inbox] += row.get("tries", 1) - 1
    excused = 0
    findings = []
    for place in {*told, *sent}:
        extra = told[place] - sent[place]
        if extra < 0:
            findings.append(
                Finding(what="lost", text=f"{place}: in the ledger and not in the inbox: {-extra}")
            )
        elif extra > tries[place]:
            text = f"{place}: told {told[place]} times, {sent[place]} changes, {tries[place]} further tries"
            findings.append(Finding(what="doubled", text=text))
        else:
            excused += extra
    return excused, findings
