"""Facts of an incident as phrases of a notification: what, who, since when, what helped, who has it."""

from datetime import datetime

from leitplanke.domain.catalogue import UNASSIGNED
from leitplanke.domain.incidents import CutOff, Incident, IncidentState, KnownWorkaround
from leitplanke.domain.plain_text import ago, clock, counted, day, people, quoted, times

NAME_CHARS = 60
HEADLINE_CHARS = 80
TEXT_CHARS = 300
_SHOWN_CUSTOMERS = 5


def thing(service: str, what: str) -> str:
    """`service: what` for a title, without saying the service twice, or one that nobody has named."""
    text = quoted(what, HEADLINE_CHARS)
    if service == UNASSIGNED or service.casefold() in text.casefold():
        return text
    return f"{quoted(service, NAME_CHARS)}: {text}" if text else quoted(service, NAME_CHARS)


def described(service: str, what: str) -> str:
    """The service, and what the sender says of it in quotes; without the service if that says it, too."""
    name = "a service that nobody has named" if service == UNASSIGNED else quoted(service, NAME_CHARS)
    text = quoted(what, TEXT_CHARS)
    if not text:
        return name
    return f'"{text}"' if name.casefold() in text.casefold() else f'{name}, "{text}"'


def cut_off_in_short(incident: Incident) -> str | None:
    """How many people, or customers where nobody has counted heads; None if nobody is cut off."""
    if incident.heads:
        return people(incident.heads)
    if incident.cut_off_count:
        return counted(incident.cut_off_count, "customer", "customers")
    return None


def customers(incident: Incident) -> str | None:
    """Who is cut off: the first few by name, the rest by number."""
    shown = incident.cut_off[:_SHOWN_CUSTOMERS]
    if not shown:
        return cut_off_in_short(incident)
    text = ", ".join(_customer(one) for one in shown)
    more = max(incident.cut_off_count, len(incident.cut_off)) - len(shown)
    if more <= 0:
        return text
    return f"{text}, and {counted(more, 'more customer', 'more customers')} ({people(incident.heads)} in all)"


def _customer(customer: CutOff) -> str:
    name = quoted(customer.name, NAME_CHARS)
    return f"{name} ({people(customer.heads)})" if customer.heads else name


def last_time(known: KnownWorkaround | None, now: datetime) -> list[str]:
    """What helped before, and how far to trust it."""
    if known is None:
        return ["What helped before: nothing on record for this symptom."]
    last = f"last on {day(known.last_at, now)}, {ago(known.last_at, now)}"
    text = quoted(known.text, TEXT_CHARS)
    if not known.worked:
        return [f"Tried before, without success: {text}", f"({times(known.used)}, {last})"]
    if known.used == 1:
        return [f"What helped before: {text}", f"(once, {last})"]
    return [f"What helped before: {text}", f"(it worked {known.worked} of {known.used} times, {last})"]


def team(name: str | None) -> str:
    """`team network`."""
    return f"team {quoted(name, NAME_CHARS)}" if name else "no team"


def person(name: str | None) -> str:
    """Who, as far as we know."""
    return quoted(name, NAME_CHARS) if name else "somebody"


def holder(incident: Incident, now: datetime) -> str:
    """Who has it."""
    if incident.state is IncidentState.ACKNOWLEDGED and incident.acknowledged_at:
        by = person(incident.acknowledged_by)
        return f"{by} ({team(incident.team)}), since {when(incident.acknowledged_at, now)}"
    if incident.assignee:
        return (
            f"{person(incident.assignee)} ({team(incident.team)}) shall have it, but has not acknowledged it"
        )
    return f"nobody yet ({team(incident.team)})"


def when(moment: datetime, now: datetime) -> str:
    """`02:10 UTC, 12 minutes ago`."""
    return f"{clock(moment, now)}, {ago(moment, now)}"
