"""Did it come back? Each check is a generator of findings: nothing found, nothing lost.

nothing is opened twice     at most one unclosed incident per group key, one live problem per signature
nothing is owed             published, routed, confirmed, told
before the restore point    every line of every timeline, every alert, as it was
in the gap                  every line and every alert is in the table again, or named in the report
"""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.chaos.account import Finding, invariants
from infra.chaos.snapshot import Snapshot, partition
from infra.drill.deeds import IN_THE_GAP, WAITED, Deed
from infra.restore.finding import Gap
from infra.restore.gap import Missing
from leitplanke.domain.alerts import AlertState


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One deed and what the report says of it; None: it is not in the report."""

    deed: Deed
    found: Missing | None

    @property
    def is_right(self) -> bool:
        """Whether it says what it should."""
        return self.found is not None and self.found.fate is self.deed.fate


def verdicts(gap: Gap) -> list[Verdict]:
    """Each deed in the report."""
    return [Verdict(deed=deed, found=_found(gap, deed)) for deed in IN_THE_GAP]


def findings(*, before: Snapshot, lost: tuple[Snapshot, ...], after: Snapshot, gap: Gap) -> list[Finding]:
    """Everything that must not be."""
    return [
        *invariants(after),
        *_as_it_was(before, after),
        *(one for snap in lost for one in _unaccounted(before, snap, after, gap)),
        *_waited(after),
        *_wrong(gap),
    ]


def _found(gap: Gap, deed: Deed) -> Missing | None:
    """Of several of one service, the one with the fate that is looked for."""
    of_service = [one for one in gap.missing if one.kind == deed.kind and _service(one) == deed.service]
    return next((one for one in of_service if one.fate is deed.fate), next(iter(of_service), None))


def _as_it_was(before: Snapshot, after: Snapshot) -> Iterator[Finding]:
    for owner, lines in before.lines.items():
        for revision, line in lines.items():
            if after.lines[owner].get(revision) != line:
                yield Finding(what="lost", text=f"{owner}, revision {revision} of before: {line['kind']}")
    for kind in ("incidents", "problems", "services", "alerts", "groups"):
        for name in getattr(before, kind):
            if name not in getattr(after, kind):
                yield Finding(what="lost", text=f"{kind}: {name} of before")


def _unaccounted(before: Snapshot, lost: Snapshot, after: Snapshot, gap: Gap) -> Iterator[Finding]:
    """What was in the lost table and is neither in the new one nor named."""
    named = {
        (partition(*one.subject.split("/", 1)), line.revision, line.change.kind)
        for one in gap.missing
        for line in one.lines
    }
    for owner, lines in lost.lines.items():
        for revision, line in lines.items():
            known = line in (before.lines[owner].get(revision), after.lines[owner].get(revision))
            if not known and (owner, revision, line["kind"]) not in named:
                yield Finding(what="lost", text=f"{owner}: {line['kind']} of the gap is not named")
    spoken_of = {one.subject for one in gap.missing}
    for name, alert in lost.alerts.items():
        now = after.alerts.get(name)
        same = now is not None and now.state is alert.state
        if not same and f"incident/{alert.incident_id}" not in spoken_of:
            text = f"alert {name} of {alert.service}: {alert.state} in the gap, and not named"
            yield Finding(what="lost", text=text)


def _waited(after: Snapshot) -> Iterator[Finding]:
    """What was said while nobody read the queues is no part of the gap."""
    firing = {alert.service for alert in after.alerts.values() if alert.state is AlertState.FIRING}
    for service in WAITED:
        if service not in firing:
            yield Finding(what="lost", text=f"what waited in the queues for {service}")


def _wrong(gap: Gap) -> Iterator[Finding]:
    """What the report says otherwise than it should, and what it asks somebody to do for nothing."""
    for one in verdicts(gap):
        if not one.is_right:
            said = one.found.fate if one.found else "nothing"
            text = f"{one.deed.what} ({one.deed.service}): the report says {said}, not {one.deed.fate}"
            yield Finding(what="unnamed", text=text)
    expected = {deed.service for deed in IN_THE_GAP if deed.fate.wants_somebody}
    for missing in gap.missing:
        if missing.fate.wants_somebody and _service(missing) not in expected:
            yield Finding(
                what="too much", text=f"{missing.subject}: {missing.fate}, and nothing of it was lost"
            )


def _service(one: Missing) -> str:
    return str(one.about.get("service", ""))
