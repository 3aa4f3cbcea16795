"""Which scenarios there are, and when one is played."""

from infra.local.installation import EXAMPLE_POLICY
from infra.scenario import vpn
from infra.scenario.story import Story

NONE = "none"
_TOLD = {"vpn": vpn.tell}
NAMES = (*_TOLD, NONE)


def play(name: str, story: Story) -> None:
    """Tell the scenario `name`, unless the installation already has a life of its own.

    A new installation gets the example policy in any case: without one nothing has an owner.
    Raises NeverHappenedError and RefusedError when the system does not do what the story says.
    """
    api = story.installation.api
    if not api.has_policy():
        story.installation.put_policy(EXAMPLE_POLICY.read_text("utf-8"))
    if name == NONE:
        return
    if api.get("/v1/incidents", state="all", limit=1)["incidents"]:
        story.narrator.line()
        story.narrator.line(
            f"This installation already has incidents, so the scenario {name!r} is not played again. "
            f"To see it from the start: make run SCENARIO={name} FRESH=1"
        )
        return
    _TOLD[name](story)
