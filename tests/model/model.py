"""What is true whatever happened to the messages: an alert fires if that is the last that its sender said.

Three things stand against a sender's last word, and the model knows no others:
    a person closed the incident in which it fired       it does not fire until its sender says so again
    its promise to say more is over, it was heard since  it does not fire either
    one of these two met news that was still under way   no claim, until its sender speaks once more
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

GRACE = timedelta(minutes=1)
"""`restoring.quiet_after` of the policies used here."""

SURE = timedelta(minutes=4)
"""How long the clocks may take to find out that a promise is over; in between there is no claim."""


@dataclass
class Said:
    """The last word about one alert."""

    fires: bool = False
    promise: datetime | None = None
    """Until when its sender wanted to say more."""
    ended: bool = False
    """A person closed its incident since."""
    unsure: bool = False
    """News was under way when we decided about it: what came first is anybody's guess."""


@dataclass
class Model:
    """Every alert of every sender, by (sender, alert key)."""

    said: dict[tuple[str, str], Said] = field(default_factory=dict)
    heard: dict[str, datetime] = field(default_factory=dict)

    def says(
        self, sender: str, key: str, *, fires: bool | None, at: datetime, promise: datetime | None = None
    ) -> None:
        """The sender speaks. An acknowledgement (`fires` is None) says nothing about firing."""
        self.heard[sender] = at
        said = self.said.setdefault((sender, key), Said())
        if fires is None:
            return
        said.fires, said.promise = fires, promise if fires else None
        said.ended = False
        said.unsure = False

    def closes(self, sender: str, key: str, *, under_way: bool) -> None:
        """A person closed the incident in which it fires; `under_way`: not all that was said has arrived."""
        said = self.said[sender, key]
        said.ended = True
        said.unsure = said.unsure or under_way

    def doubts(self, sender: str, key: str) -> None:
        """A decision and news at the very same time: either may come first."""
        self.said.setdefault((sender, key), Said()).unsure = True

    def sweeps(self, under_way: set[tuple[str, str]], now: datetime) -> None:
        """The clocks end what broke its promise; what they say about an alert with news under way is open."""
        for (sender, key), said in self.said.items():
            if (sender, key) in under_way and self._is_over(sender, said, now):
                said.unsure = True

    def fires(self, sender: str, key: str, now: datetime) -> bool | None:
        """Whether it must fire once everything is at rest; None if that cannot be said."""
        said = self.said[sender, key]
        if not said.fires:
            return False
        if said.unsure:
            return None
        if said.ended:
            return False
        if not self._is_over(sender, said, now):
            return True
        return False if self._is_over(sender, said, now - SURE) else None

    def _is_over(self, sender: str, said: Said, now: datetime) -> bool:
        """Quiet is not well: a promise is broken only by a sender that was heard since."""
        if not said.fires or said.promise is None or said.promise + GRACE > now:
            return False
        return self.heard[sender] >= said.promise
