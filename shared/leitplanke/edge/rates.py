"""What this process counts of senders that have a limit (leitplanke.domain.rates)."""

from dataclasses import replace
from datetime import datetime

from leitplanke.domain.integrations import Integration
from leitplanke.domain.rates import Share, next_share


class Rates:
    """The requests of each integration with a limit since the table was last asked about its key."""

    def __init__(self) -> None:
        self._shares: dict[str, Share] = {}

    def untold(self, integration_id: str) -> int:
        """What the table has not been told yet."""
        share = self._shares.get(integration_id)
        return share.asked if share else 0

    def told(self, owner: Integration, now: datetime) -> None:
        """The table was told, and this is the integration as it is now."""
        last = self._shares.pop(owner.integration_id, None)
        if owner.limit_per_minute is not None:
            self._shares[owner.integration_id] = next_share(
                owner.limit_per_minute, total=owner.requests, now=now, last=last
            )

    def take(self, owner: Integration, now: datetime) -> bool:
        """Count one request of this sender; whether it is within its limit. Refused ones count too."""
        share = self._shares.get(owner.integration_id)
        if share is None:
            return True
        share = replace(share, asked=share.asked + 1)
        self._shares[owner.integration_id] = share
        return share.holds(now)
