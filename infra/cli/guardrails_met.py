"""Meeting a guardrail: what it is, why it is there, and how to go on all the same.

On a terminal it asks once; elsewhere, and for a hard one, it says what to type.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from infra.cli import screen
from infra.cli.errors import CliError, Exit
from infra.cli.explaining import facts_of
from infra.cli.options import Manner
from infra.cli.typed import typed_again
from leitplanke_client import FiredGuardrail, GuardrailError, HardGuardrailError, Override

Done = TypeVar("Done")


def past_guardrails(act: Callable[[Sequence[Override]], Done], how: Manner) -> Done:
    """Act; where soft guardrails speak against it, ask whoever is there whether to go on. Raises CliError."""
    try:
        return act(how.overrides)
    except HardGuardrailError as met:
        raise _hard(met, how) from met
    except GuardrailError as met:
        if how.as_json or not screen.may_ask():
            raise _soft(met, how) from met
        overrides = _asked(met.fired, how)
        if overrides is None:
            left = CliError(
                "nothing was done",
                remedy="to go on all the same, later:",
                line=_line(met.fired, how),
                code=Exit.GUARDRAIL,
            )
            raise left from met
    try:
        return act(overrides)
    except HardGuardrailError as met:  # another one spoke up meanwhile
        raise _hard(met, how) from met
    except GuardrailError as met:
        raise _soft(met, how) from met


def _soft(met: GuardrailError, how: Manner) -> CliError:
    names = ", ".join(one.id for one in met.fired)
    speaks = "a guardrail speaks" if len(met.fired) == 1 else "guardrails speak"
    return CliError(
        f"{speaks} against this: {names}",
        details=[*_details(met.fired), *_others(met.fired, how)],
        remedy="leave it, or go on all the same:",
        line=_line(met.fired, how),
        code=Exit.GUARDRAIL,
        facts=facts_of(met),
    )


def _hard(met: HardGuardrailError, how: Manner) -> CliError:
    hard = [one for one in met.fired if one.is_hard]
    names = ", ".join(one.id for one in hard)
    roles = "; ".join(f"{one.id}: {' or '.join(one.may_override)}" for one in hard)
    return CliError(
        f"a guardrail stands in the way that only some may go past: {names}",
        details=[*_details(met.fired), ("who may", roles), *_others(met.fired, how)],
        remedy="ask one of these to type, or type it yourself if you are one:",
        line=_line(met.fired, how),
        code=Exit.GUARDRAIL,
        facts=facts_of(met),
    )


def _details(fired: Sequence[FiredGuardrail]) -> list[tuple[str, str]]:
    found = []
    for one in fired:
        found.append(("why" if len(fired) == 1 else one.id, one.purpose))
        if one.source:
            found.append(("evidence", one.source))
    return found


def _others(fired: Sequence[FiredGuardrail], how: Manner) -> list[tuple[str, str]]:
    """Overrides that nobody asked for: mostly a slip of the keyboard."""
    names = {one.id for one in fired}
    return [
        (one.guardrail, "was named with --override, but does not speak against this; leave it out")
        for one in how.overrides
        if one.guardrail not in names
    ]


def _line(fired: Sequence[FiredGuardrail], how: Manner) -> str:
    said = {one.guardrail for one in how.overrides}
    more = [f"--override {one.id}" for one in fired if one.id not in said]
    if any(one.reason_required for one in fired) and not (how.reason or "").strip():
        more.append('--reason "..."')
    return typed_again(*more)


def _asked(fired: Sequence[FiredGuardrail], how: Manner) -> Sequence[Override] | None:
    """Overrides of all that fired, if the person goes on; None if not."""
    console = screen.err()
    for one in fired:
        console.print(screen.labelled(f"guardrail {one.id}", one.purpose))
        if one.source:
            console.print(screen.labelled("evidence", one.source))
    kept = [one for one in how.overrides if one.reason.strip()]
    named = {one.guardrail for one in kept}
    why = _why(how, is_needed=any(one.reason_required for one in fired))
    if why is None:
        return None
    return [*kept, *(Override(guardrail=one.id, reason=why) for one in fired if one.id not in named)]


def _why(how: Manner, *, is_needed: bool) -> str | None:
    """The reason to go on for; None: leave it."""
    given = (how.reason or "").strip()
    if given or not is_needed:
        question = f"Go on all the same, because: {given}?" if given else "Go on all the same?"
        return given if typer.confirm(question, err=True) else None
    question = "Go on all the same? Say why (nothing: leave it)"
    return str(typer.prompt(question, default="", show_default=False, err=True)).strip() or None
