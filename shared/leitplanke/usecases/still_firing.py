"""What fires in an incident after a person has said that customers can work.

What people reported does not count: nobody sends its end, the clocks end it a little later.
"""

from datetime import datetime

from leitplanke.domain.events import Severity
from leitplanke.domain.reports import is_report
from leitplanke.table.alerts import Alerts

_LOOKED_AT = 50
"""Of those that fire, the worst ones. That all of so many are reports does not happen."""


def worst_of_senders(alerts: Alerts, incident_id: str, *, now: datetime) -> Severity | None:
    """The worst that a sender says still fires. S queries, and one batch read if anything fires at all."""
    firing = alerts.worst_firing_ids(incident_id, limit=_LOOKED_AT)
    if not firing.ids:
        return None
    stored = alerts.load(firing.ids, now=now)
    left = [one.alert.severity for one in stored.values() if one.alert and not is_report(one.alert)]
    return min(left, key=lambda severity: severity.rank, default=None)
