"""The guardrails of a policy: data only, with the set that holds where a policy names none.

Each default says in one sentence why it is there, and where its number comes from. They are soft: which
roles there are, and what they may do, only a policy knows.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from leitplanke.domain.attempts import Action
from leitplanke.domain.catalogue import Document, Name
from leitplanke.domain.rules import When

Strength = Literal["soft", "hard"]
"""Soft: anybody may go on, with a reason where one is asked for. Hard: only those with a named role may."""

MOST = 30
"""Guardrails in one policy: all of them may fire at once, and one transaction carries 100 rows."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


def _an_id(text: str) -> str:
    if _ID.fullmatch(text):
        return text
    raise PydanticCustomError(
        "guardrail_id", "is no id", {"remedy": "write at most 48 of a-z, 0-9 and -, like third-hand-over"}
    )


GuardrailId = Annotated[str, AfterValidator(_an_id)]
"""Short, because every count of it carries it."""

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^\S(.*\S)?$")]


def _a_day(value: object) -> object:
    try:
        return date.fromisoformat(str(value))
    except ValueError as fault:
        raise PydanticCustomError(
            "day", "is no day of the calendar", {"remedy": "write it as year-month-day, like 2027-03-31"}
        ) from fault


Day = Annotated[date, BeforeValidator(_a_day)]


JUDGED = tuple(one for one in Action if one not in (Action.REPORT, Action.UNSUPPRESS))
"""Before a report there is no record to judge by; to end a silence early takes no thought. ADR 9."""


def _judged(value: object) -> object:
    if value in JUDGED:
        return value
    actions = ", ".join(JUDGED)
    remedy = f"write some of {actions}; events, and what our clocks do, follow other parts of the policy"
    shown = repr(value)[:50]
    raise PydanticCustomError(
        "judged", "is {shown}, nothing that people do to a record", {"shown": shown, "remedy": remedy}
    )


Judged = Annotated[Action, BeforeValidator(_judged)]


class Guardrail(Document):
    """A declared limit on what people do. `when` says in CEL whether it speaks up; left out, it always does.

    `expires` is the first day (UTC) on which it is silent. `source` is the evidence behind it, for whoever
    asks why.
    """

    id: GuardrailId
    purpose: Sentence
    """What it is good for: one sentence, shown to whoever meets it."""
    applies_to: tuple[Judged, ...] = Field(min_length=1, max_length=len(JUDGED))
    when: When | None = None
    level: Strength = "soft"
    reason: bool = True
    """Whether going past it takes words. Past a hard one it always does."""
    may_override: tuple[Name, ...] = Field(default=(), max_length=20)
    """Roles, as tokens claim them. Of hard ones only: past a soft one everybody may go."""
    expires: Day | None = None
    source: Annotated[str, StringConstraints(max_length=1_024)] = ""

    def applies(self, action: Action, today: date) -> bool:
        """Whether it has a say in this action today."""
        return action in self.applies_to and (self.expires is None or today < self.expires)


_LIVE = 'state in ["open", "acknowledged"]'

DEFAULT_GUARDRAILS = (
    Guardrail(
        id="lower-priority-while-cut-off",
        purpose="Customers are cut off: a lower priority means that they wait longer.",
        applies_to=(Action.PRIORITISE,),
        when='size(customers) > 0 && priority != "" && to_priority > priority',
        source="Impact is computed from who is cut off. In a public log of 24,918 incidents the priority "
        "followed from impact and urgency in all of them: a lower one contradicts the facts.",
    ),
    Guardrail(
        id="close-before-restored",
        purpose="Nobody has said that customers can work again; closing now ends their clock on paper only.",
        applies_to=(Action.CLOSE,),
        when=_LIVE,
        source="Restored is the customer's moment, closed the paper's (glossary; ITIL keeps the two apart). "
        "Good reasons to go on: a false alarm, a duplicate.",
    ),
    Guardrail(
        id="third-hand-over",
        purpose="Handed over twice already: each hand-over multiplies the time until customers work again.",
        applies_to=(Action.ASSIGN,),
        when=f"{_LIVE} && hand_overs >= 2 && ("
        '(to_assignee != "" && assignee != "" && to_assignee != assignee && to_assignee != actor) || '
        '(to_team != "" && team != "" && to_team != team))',
        source="Public log of 24,918 incidents, median hours to resolve by number of hand-overs: "
        "none 0.7, one 42, two 103, three 146. Taking it oneself is not stopped, within the team.",
    ),
    Guardrail(
        id="cause-before-restore",
        purpose="Customers still wait: first what gets them working, the cause belongs into the problem.",
        applies_to=(Action.NOTE,),
        when=f"{_LIVE} && size(customers) > 0 && "
        r'text.matches("(?i)\\b(root[ -]?causes?|post[ -]?mortem|RCA|five whys|5 whys|Ursachenanalyse)\\b")',
        reason=False,
        source="Two records, two clocks: incident and problem are separate jobs (ITIL). The project began "
        "with engineers torn between the two while a federal agency could not work.",
    ),
    Guardrail(
        id="suppress-without-end",
        purpose="Without an end nobody will hear of it again, not even when it gets worse.",
        applies_to=(Action.SUPPRESS,),
        when="until_minutes == 0",
        source="Suppression is a state with a reason and an end. Alertmanager's silences must end as well.",
    ),
    Guardrail(
        id="suppress-over-a-day",
        purpose="In more than a day others are on duty, who do not know that this is suppressed.",
        applies_to=(Action.SUPPRESS,),
        when="until_minutes > 1440",
        source="The longest usual rotation of a shift is a day. Planned work has maintenance windows.",
    ),
    Guardrail(
        id="suppress-broadly",
        purpose="More than five services depend on this one and would fall silent with it.",
        applies_to=(Action.SUPPRESS,),
        when="services_silenced > 5",
        source="Counted from the catalogue. Five is a guess that the report puts to the test.",
    ),
    Guardrail(
        id="tenth-at-once",
        purpose="You hold nine live incidents: what one more person takes, nobody works on.",
        applies_to=(Action.ACKNOWLEDGE,),
        when="holding >= 9 && !(acknowledged && assignee == actor)",
        source="Acknowledging stops the escalation. Google's SRE book, chapter 11: two incidents a shift are "
        "what a person can follow up; nine leaves room for a storm of one cause.",
    ),
    Guardrail(
        id="problem-work-in-progress",
        purpose="The team works on as many problems as it can finish: one more makes all of them later.",
        applies_to=(Action.ACCEPT,),
        when="team_wip >= wip_limit",
        source="Little's law (1961): time to finish = work in progress / throughput. The limit is the team's "
        "own `wip_limit`, three unless it says otherwise.",
    ),
)
