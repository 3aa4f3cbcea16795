"""Is the end of a disturbed run the same? What may differ is named here, each with its reason."""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os.path import commonprefix
from typing import Any

from tests.crash.reading import End
from tests.crash.running import Outcome, Undisturbed

LINKED = "incident.linked"
_ITS_PROBLEM = re.compile(r" Its problem: \S+( \d+)?")


@dataclass(frozen=True, slots=True)
class Allowed:
    """A difference that is right, and why. `allow` makes two ends equal in this respect, or leaves them."""

    name: str
    reason: str
    allow: Callable[[End, End], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`differences` is empty if the run ended as it should; `exceptions` are the rules that it took."""

    differences: tuple[str, ...]
    exceptions: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return not self.differences


def judge(outcome: Outcome, reference: Undisturbed) -> Verdict:
    """Compare, first strictly, then with one exception after another."""
    if outcome.is_same:
        return Verdict(())
    if outcome.end is None:
        return Verdict((outcome.error.strip(),))
    expected, found = copy.deepcopy(reference.end), copy.deepcopy(outcome.end)
    found.pop("may be doubled", None)
    expected.pop("may be doubled", None)
    again = outcome.end["may be doubled"]
    taken: list[str] = []
    for exception in ALLOWED:
        if expected == found:
            break
        before = len(list(differences(expected, found)))
        expected["_again"] = found["_again"] = again
        exception.allow(expected, found)
        del expected["_again"], found["_again"]
        if len(list(differences(expected, found))) != before:
            taken.append(exception.name)
    return Verdict(tuple(differences(expected, found)), tuple(taken))


def differences(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """Where two ends differ, in words."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if where == "/told":
            yield from _told_differently(expected, found)
            return
        for name in sorted({*expected, *found}, key=str):
            yield from differences(expected.get(name), found.get(name), f"{where}/{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for position, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{where}/{position}")
    elif expected != found:
        yield f"{where}: {_short(expected)} became {_short(found)}"


def _told_differently(expected: End, found: End) -> Iterator[str]:
    """Messages are long: of two that begin alike only the place where they part is shown."""
    missing = [what for what, count in expected.items() if found.get(what, 0) < count]
    extra = [what for what, count in found.items() if expected.get(what, 0) < count]
    for what in missing:
        other = max(extra, key=lambda one: len(commonprefix([one, what])), default="")
        at = len(commonprefix([other, what]))
        if at < _TITLE_CHARS:
            yield f"/told: not told: {what[:200]}"
            continue
        extra.remove(other)
        part = slice(max(0, at - 30), at + 120)
        yield f"/told: {what[:90]} … {what[part]!r} became {other[part]!r}"
    for what in extra:
        yield f"/told: {found[what]} instead of {expected.get(what, 0)}: {what[:200]}"


_TITLE_CHARS = 60


def _short(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict) and "kind" in value[0]:
        return str([line["kind"] for line in value])
    return str(value)[:300]


def _doubled(expected: End, found: End) -> None:
    """Excess messages whose forerunner was not known to have arrived."""
    for what, count in list(found["told"].items()):
        channel_and_title = " | ".join(what.split(" | ")[:2])
        wanted = expected["told"].get(what, 0)
        if count > wanted and count - wanted <= found["_again"].get(channel_and_title, 0) and wanted:
            found["told"][what] = wanted


def _link_order(expected: End, found: End) -> None:
    for end in (expected, found):
        for incident in end["incidents"].values():
            incident["timeline"].sort(key=lambda line: line["kind"] == LINKED)
        told = Counter[str]()
        for what, count in end["told"].items():
            told[_ITS_PROBLEM.sub("", what)] += count
        end["told"] = dict(sorted(told.items()))


def _facts_of_the_moment(expected: End, found: End) -> None:
    for end in (expected, found):
        for incident in end["incidents"].values():
            for decision in incident["why"]:
                decision["facts"].pop("down", None)


def _unheard_integration(expected: End, found: End) -> None:
    more = Counter[str](found["integrations"]) - Counter[str](expected["integrations"])
    for one in more.elements():
        if "'heard_at': None" in one and "'revoked_at': None" in one:
            found["integrations"].remove(one)


def _dead_twice(expected: End, found: End) -> None:
    if set(expected["dead letters"]) == set(found["dead letters"]):
        found["dead letters"] = expected["dead letters"]


ALLOWED = (
    Allowed(
        "told twice",
        "the channel was told and nobody could note it: the process died between sending and recording, the "
        "channel's answer was lost, or the ledger refused; it is told again rather than perhaps never",
        _doubled,
    ),
    Allowed(
        "place of the link",
        "routing and recurrence have queues of their own, so that neither waits for the other: in a timeline "
        "the link to a problem may stand before or after an outcome, and a message may leave without it",
        _link_order,
    ),
    Allowed(
        "facts of the moment",
        "a decision records which services were down when it was made; unrelated incidents are routed in any "
        "order, and the outcome is the same",
        _facts_of_the_moment,
    ),
    Allowed(
        "a dead letter twice",
        "a queue that took a message and could not say so gets it again; redrive brings both home, and doing "
        "it twice is harmless",
        _dead_twice,
    ),
    Allowed(
        "a key that nobody has",
        "an integration was stored and its key never arrived, so the administrator made another; the first "
        "is in the list, has never been heard, and can be revoked",
        _unheard_integration,
    ),
)
