"""Integrations and the policy, which the bus does not speak of: the lost table against the restored one.

made in the gap      its key opens nothing any more   carried over, the key works again: the row is its hash
revoked in the gap   its key works again              carried over, it is revoked again
"""

from collections.abc import Mapping
from dataclasses import dataclass

from leitplanke.domain.attempts import Actor
from leitplanke.domain.integrations import Integration
from leitplanke.table.integrations import Integrations
from leitplanke.table.policies import Policies, PolicyVersion

_AGAIN = {
    "prometheus": "yes, within minutes: what fires, and for 15 minutes what has ended",
    "alertmanager": "what fires, after its repeat_interval (4 hours unless set); what has ended not",
}
_NEVER = "no: look there what is broken"
_UNKNOWN = "not known, it was made without saying what it speaks: look there"
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderGap:
    """What the restored table does not know of integrations and the policy. `compared`: with a lost table."""

    compared: bool
    current: tuple[Integration, ...]
    made: tuple[Integration, ...] = ()
    revoked: tuple[Integration, ...] = ()
    policies: tuple[PolicyVersion, ...] = ()


def says_again(integration: Integration) -> str:
    """Whether a sender repeats by itself what it said in the gap."""
    if integration.sender is None:
        return _UNKNOWN
    return _AGAIN.get(integration.sender, _NEVER)


def repeats(sender: str | None) -> bool:
    """Whether whoever speaks this protocol says again what still fires."""
    return sender in _AGAIN


def all_of(integrations: Integrations) -> dict[str, Integration]:
    """Every integration by id."""
    found: dict[str, Integration] = {}
    mark: str | None = None
    while True:
        page = integrations.listed(limit=_PAGE, before=mark)
        found |= {one.integration_id: one for one in page.items}
        mark = page.next_mark
        if mark is None:
            return found


def compared(
    restored: Mapping[str, Integration],
    lost: Mapping[str, Integration] | None,
    *,
    policies: tuple[PolicyVersion, ...] = (),
) -> SenderGap:
    """What the lost table knew better. None: there is no lost table to compare with."""
    current = tuple(one for one in restored.values() if one.revoked_at is None)
    if lost is None:
        return SenderGap(compared=False, current=current)
    made = tuple(one for ident, one in lost.items() if ident not in restored)
    revoked = tuple(
        one
        for ident, one in lost.items()
        if one.revoked_at is not None and ident in restored and restored[ident].revoked_at is None
    )
    return SenderGap(compared=True, current=current, made=made, revoked=revoked, policies=policies)


def newer_policies(restored: Policies, lost: Policies) -> tuple[PolicyVersion, ...]:
    """Versions that were put in the gap, newest first."""
    known = {(one.version, one.digest) for one in restored.versions(limit=_PAGE).items}
    return tuple(one for one in lost.versions(limit=_PAGE).items if (one.version, one.digest) not in known)


def carry_over(gap: SenderGap, restored: Integrations) -> None:
    """Make what was made and revoke what was revoked. Again is no error."""
    for one in gap.made:
        restored.create(one, by=Actor(name=one.created_by))
    for one in gap.revoked:
        if one.revoked_at is not None:
            restored.revoke(one.integration_id, by=Actor(name=one.revoked_by or "restore"), at=one.revoked_at)
