"""A sender that has gone silent is an alert of our own: how it begins and how it ends.

The clocks find the silence and say so, the door hears the sender again and ends it. Both speak of the moment
that the integration's row holds (`silent_since`): the same silence told twice is the same event, and its end
is always newer than its beginning, whatever the clocks of the two functions say.
"""

from datetime import datetime, timedelta

from leitplanke.domain.events import Action, Event, Severity, bounded_text
from leitplanke.domain.integrations import Integration

OWN_INTEGRATION = "leitplanke"
"""The integration, and the sender, of alerts that we raise ourselves."""
SYMPTOM = "sender gone silent"


def alert_key(integration_id: str) -> str:
    """The key of the alert about this sender's silence."""
    return f"sender-silent/{integration_id}"


def gone_silent(integration: Integration, *, since: datetime) -> Event:
    """It has said nothing for too long; noted at `since`."""
    heard_at = integration.heard_at
    heard = f"{heard_at:%Y-%m-%d %H:%M:%S} UTC" if heard_at else "never"
    return _event(
        integration,
        Action.TRIGGER,
        title=f"Sender {_name(integration)} has gone silent: last heard {heard}",
        silent_since=since,
        at=since,
        began_at=min(heard_at or integration.created_at, since),
    )


def heard_again(integration: Integration, *, since: datetime, at: datetime) -> Event:
    """It speaks again, or is not expected to any more; its silence was noted at `since`."""
    over = max(at, since + timedelta(milliseconds=1))
    title = f"Sender {_name(integration)} is heard again"
    return _event(integration, Action.RESOLVE, title=title, silent_since=since, at=over, began_at=over)


def _event(
    integration: Integration,
    action: Action,
    *,
    title: str,
    silent_since: datetime,
    at: datetime,
    began_at: datetime,
) -> Event:
    ident, name = integration.integration_id, _name(integration)
    return Event(
        event_id=f"{alert_key(ident)}/{silent_since.isoformat()}/{action.value}",
        integration_id=OWN_INTEGRATION,
        sender=OWN_INTEGRATION,
        alert_key=alert_key(ident),
        action=action,
        title=title,
        symptom=SYMPTOM,
        severity=Severity.ERROR,
        labels={"service": f"monitoring: {name}", "integration": name, "integration_id": ident},
        received_at=at,
        occurred_at=began_at,
        state_time=at,
    )


def _name(integration: Integration) -> str:
    return bounded_text(integration.name, 200)[0]
