"""What guardrails did, and what our own functions could not handle."""

from datetime import date

from leitplanke_client.acting import part
from leitplanke_client.dead_letter_models import Places, PlaceWithLetters, Redriven
from leitplanke_client.guardrail_models import GuardrailReport
from leitplanke_client.resource import Resource
from leitplanke_client.transport import Call


class GuardrailsApi(Resource):
    """`client.guardrails`. Takes the scope read."""

    def report(self, *, first: date | None = None, last: date | None = None) -> GuardrailReport:
        """What each did in these days (UTC), and whether to keep it."""
        days = {"from": first, "to": last}
        query = {name: day.isoformat() for name, day in days.items() if day is not None}
        return self._transport.ask(Call(method="GET", path="/v1/guardrails", query=query), GuardrailReport)


class DeadLettersApi(Resource):
    """`client.dead_letters`. Looking takes the scope manage, sending home admin."""

    def places(self) -> Places:
        """Every place, empty ones as well, with how many wait there."""
        return self._transport.ask(Call(method="GET", path="/v1/dead-letters"), Places)

    def look(self, place: str, *, limit: int = 20) -> PlaceWithLetters:
        """One place with some of its messages. They stay, but SQS counts a look like a try."""
        call = Call(method="GET", path=f"/v1/dead-letters/{part(place)}", query={"limit": limit})
        return self._transport.ask(call, PlaceWithLetters)

    def redrive(self, place: str, *, at_most: int = 100) -> Redriven:
        """Send up to so many (100 at once) home. Ask again until `empty`.

        Not asked again by itself when the answer is lost: a second time would move others.
        """
        path = f"/v1/dead-letters/{part(place)}/redrive"
        call = Call(method="POST", path=path, json={"at_most": at_most}, repeatable=False)
        return self._transport.ask(call, Redriven)
