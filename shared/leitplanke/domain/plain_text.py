"""Words, numbers and times for people who read them on a telephone at night. English, UTC, one line each."""

import re
from datetime import UTC, datetime, timedelta

_LOOKALIKES = str.maketrans(
    {
        "<": "‹",
        ">": "›",
        "[": "(",
        "]": ")",
        "`": "'",
        "*": "∗",
        "~": "∼",
        "|": "¦",
    }
)
"""What chat programs and mail readers take for markup, and what reads the same and is not.

Tags and links need one of these: `<b>`, `[text](address)`, Slack's `<!channel>` and `<address|text>`,
Discord's `||hidden||`, code fences, bold, struck out.
"""

_MENTION = re.compile(r"@(?<!\w@)|@(?![\w-]+\.\w)|@(?=(?:everyone|here|channel|all)\b)", re.IGNORECASE)
"""`@everyone`, `@kim`: every @ but that of a mail address, which is how most people are named here."""

_MONTHS = "January February March April May June July August September October November December".split()

_MINUTE = 60
_HOUR = 3_600
_DAY = 86_400


def quoted(text: str, limit: int) -> str:
    """Other people's text as part of ours: one line, at most `limit` characters, nothing that acts.

    Control, direction and zero-width characters become blanks; markup becomes what looks like it. A bare
    address stays as it is: most programs make a link of it, and it says itself where it leads.
    """
    clean = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(_MENTION.sub("＠", clean.translate(_LOOKALIKES)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def counted(number: int, one: str, many: str) -> str:
    """`1,840 people`, `1 person`."""
    return f"{number:,} {one if number == 1 else many}"


def people(number: int) -> str:
    """So many heads."""
    return counted(number, "person", "people")


def times(number: int) -> str:
    """How often."""
    return counted(number, "time", "times")


def span(length: timedelta) -> str:
    """A length of time in its largest sensible unit: `12 minutes`, `3 hours`, `17 days`. Rounded down."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < _MINUTE:
        return "less than a minute"
    if seconds < 2 * _HOUR:
        return counted(seconds // _MINUTE, "minute", "minutes")
    if seconds < 2 * _DAY:
        return counted(seconds // _HOUR, "hour", "hours")
    return counted(seconds // _DAY, "day", "days")


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`."""
    past = now - moment
    return "just now" if past < timedelta(minutes=1) else f"{span(past)} ago"


def clock(moment: datetime, now: datetime) -> str:
    """When: the time of day in UTC, with the date if that is not today's."""
    utc = moment.astimezone(UTC)
    time = f"{utc:%H:%M} UTC"
    return time if utc.date() == now.astimezone(UTC).date() else f"{day(moment, now)}, {time}"


def day(moment: datetime, now: datetime) -> str:
    """Which day in UTC, with the year if that is not this one."""
    utc = moment.astimezone(UTC)
    date = f"{utc.day} {_MONTHS[utc.month - 1]}"
    return date if utc.year == now.astimezone(UTC).year else f"{date} {utc.year}"
