"""What is done in the drill, and what has to become of it: a service for each thing, by which it is found."""

from dataclasses import dataclass

from infra.restore.gap import Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that fell into the gap. `fate` is what the report has to say of it."""

    service: str
    what: str
    fate: Fate
    kind: str = "incident"


IN_THE_GAP = (
    Deed(service="thicket-gateway-1", what="Prometheus: an incident, said again", fate=Fate.BACK),
    Deed(service="thicket-database", what="PagerDuty: an incident, said once", fate=Fate.UNTOLD),
    Deed(service="thicket-portal", what="PagerDuty: an incident that ends as well", fate=Fate.OVER),
    Deed(service="meadow-database", what="PagerDuty: an older incident ends", fate=Fate.STILL_LIVE),
    Deed(service="harbour-gateway-1", what="Prometheus: an older one ends, said again", fate=Fate.BACK),
    Deed(service="orchard-portal", what="a person acknowledges", fate=Fate.REDO),
    Deed(service="lantern-database", what="a person writes a note", fate=Fate.REDO),
    Deed(service="beacon-portal", what="a person restores, with a workaround", fate=Fate.STILL_LIVE),
    Deed(service="quarry-gateway-1", what="PagerDuty: an alert joins an incident", fate=Fate.CHECK),
    Deed(service="lantern-portal", what="Alertmanager: one of two alerts ends", fate=Fate.CHECK),
    Deed(service="weir-portal", what="PagerDuty: an incident comes back", fate=Fate.UNTOLD),
    Deed(service="weir-portal", what="and becomes a problem", fate=Fate.UNTOLD, kind="problem"),
    Deed(service="quarry-portal", what="PagerDuty: an incident, into the ruins", fate=Fate.UNTOLD),
)

WAITED = ("orchard-database", "meadow-portal")
"""Said while nobody read the queues: the first waits in the event queue, the second is a dead letter. Both
have to become incidents, for the gap does not concern them."""

MADE, REVOKED = "made in the gap", "revoked in the gap"
"""Integrations."""
