"""Which service an alert is about, and which alerts belong to one incident."""

from collections.abc import Mapping
from urllib.parse import quote

from leitplanke.domain.catalogue import UNASSIGNED
from leitplanke.domain.expressions import Facts
from leitplanke.domain.ids import stable_hash
from leitplanke.domain.policy import Policy
from leitplanke.domain.signatures import normalise

MAX_KEY_CHARS = 1_000
_MAX_SERVICE_CHARS = 128
_PLAIN = " !#$&'()*+,/:?@[]<>"  # besides letters and digits: what needs no escaping to stay readable


def service_of(labels: Mapping[str, str], policy: Policy) -> str:
    """The service that these labels name; "unassigned" if none does.

    A service whose `match` labels are all there wins, the one with the most labels first. Else the first
    label of `grouping.service_from` that is there names it, in the catalogue or not.
    """
    matched = policy.service_matching(labels)
    if matched is not None:
        return matched
    for label in policy.grouping.service_from:
        name = " ".join(labels.get(label, "").split())
        if name and len(name) <= _MAX_SERVICE_CHARS:
            return name
    return UNASSIGNED


def group_key(service: str, symptom: str, labels: Mapping[str, str], policy: Policy) -> str:
    """The key under which alerts become one incident, readable: `service=vpn; site=north`.

    The service is always in it; the first rule of `grouping.rules` that holds adds its labels. `symptom` is
    what is wrong with hosts and numbers masked. Parts are escaped: different ones cannot give the same key.
    """
    by = _labels_to_group_by(service, symptom, labels, policy)
    values = {**labels, "symptom": normalise(symptom)}
    parts = [f"service={_escape(service)}"]
    parts += [f"{_escape(name)}={_escape(values[name])}" for name in by if name in values]
    key = "; ".join(parts)
    if len(key) <= MAX_KEY_CHARS:
        return key
    return f"{key[: MAX_KEY_CHARS - 30]}~{stable_hash(key)}"


def _labels_to_group_by(
    service: str, symptom: str, labels: Mapping[str, str], policy: Policy
) -> tuple[str, ...]:
    facts: Facts | None = None
    for rule in policy.grouping.rules:
        if rule.when is None:
            return rule.by
        facts = facts or Facts({"service": service, "symptom": symptom, "labels": dict(labels)})
        if policy.condition("grouping", rule.when).judge(facts).holds:
            return rule.by
    return ()


def _escape(text: str) -> str:
    return quote(text, safe=_PLAIN, errors="surrogatepass") if not text.isalnum() else text
