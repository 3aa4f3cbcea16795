"""The signature of an incident: service and symptom, without all that differs between two of a kind."""

import re

from leitplanke.domain.ids import stable_hash


def signature(service: str, symptom: str) -> str:
    """The same for incidents of one kind: a stable hash of the service and the normalised symptom."""
    return stable_hash(service, normalise(symptom))


def normalise(symptom: str) -> str:
    """What is wrong, without where, how much and when. Normalising again changes nothing."""
    return re.sub(r"\s+", " ", symptom).strip().casefold()
