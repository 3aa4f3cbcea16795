"""What the restored table knows of the subjects that were spoken of: a few queries each, no scan."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain

from infra.restore.gap import Known, Record, signatures_of
from leitplanke.domain.announcements import Announcement
from leitplanke.domain.errors import NotFoundError
from leitplanke.domain.incidents import Change
from leitplanke.table import keys
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.table.timelines import TimelinePage

_PAGE = 1_000


def look_up(table: Table, said: Iterable[Announcement], *, since: datetime) -> Known:
    """Everything that `gap.missing` asks. Cost: two calls for each subject, two for each signature."""
    told = list(said)
    subjects = {str(one["subject"]) for one in told}
    found = ((subject, _record(table, subject)) for subject in sorted(subjects))
    return Known(
        records={subject: record for subject, record in found if record is not None},
        since={signature: tuple(_opened_since(table, signature, since)) for signature in signatures_of(told)},
    )


def _record(table: Table, subject: str) -> Record | None:
    kind, _, name = subject.partition("/")
    try:
        match kind:
            case "incident":
                incidents = Incidents(table)
                one = incidents.get(name)
                lines = _lines(lambda a: incidents.timeline(name, after_revision=a, limit=_PAGE))
                return Record(lines=lines, live=one.is_live, pulse=one.pulse)
            case "problem":
                problems = Problems(table)
                problems.get(name)
                return Record(lines=_lines(lambda a: problems.timeline(name, after_revision=a, limit=_PAGE)))
            case "service":
                services = Services(table)
                return Record(lines=_lines(lambda a: services.timeline(name, after_revision=a, limit=_PAGE)))
    except NotFoundError:
        return None
    return None


def _lines(read: Callable[[int], TimelinePage]) -> dict[int, Change]:
    found: dict[int, Change] = {}
    after: int | None = 0
    while after is not None:
        page = read(after)
        found |= {entry.revision: entry.change for entry in page.entries}
        after = page.next_revision
    return found


def _opened_since(table: Table, signature: str, since: datetime) -> Iterable[str]:
    """Incidents of this signature opened after the restore point, and the problem that is live for it."""
    first = keys.signature_occurrence(signature, since, "")
    page = table.query(first.pk, between=(first.sk, "SEEN#~"), limit=_PAGE)
    incidents = (f"incident/{row['incident']}" for row in page.rows)
    live = table.get(keys.signature_problem(signature))
    return chain(incidents, [f"problem/{live['problem']}"] if live else [])
