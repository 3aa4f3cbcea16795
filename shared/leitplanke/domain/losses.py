"""What an incident cost customers: how many people could not work, times how long."""

from datetime import datetime, timedelta

from leitplanke.domain.incidents import Incident

_MINUTE = timedelta(minutes=1)


def customer_minutes(incident: Incident, *, now: datetime) -> int:
    """Minutes that people could not work: its heads, from its first alert until it was restored, or `now`.

    One that was closed without having been restored was a false alarm or a duplicate: it cost nobody anything
    (`incidents.close`). Heads are those of the last decision of routing, so an outage that grew counts as if
    it had been so from its beginning.
    """
    if incident.restored_at is None and not incident.is_live:
        return 0
    end = incident.restored_at or now
    return incident.heads * max(end - incident.began_at, timedelta(0)) // _MINUTE
