"""The board in a real browser, on the whole system."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from infra.local.api import RefusedError
from infra.local.installation import EXAMPLE_POLICY, Installation
from infra.local.narrator import Narrator
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from infra.scenario import vpn
from infra.scenario.story import Story
from tests.e2e.board.person import Looks, Person

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",  # builds run as root, where it cannot be had
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """The whole system with the VPN provider's catalogue, and nothing wrong."""
    with EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=folder, keep=False)) as engine:
        installation = Installation(engine, folder)
        installation.open()
        installation.put_policy(EXAMPLE_POLICY.read_text("utf-8"))
        yield installation
        installation.close()


def story_of(installation: Installation) -> Story:
    """What scenarios are told with, in silence."""
    return Story(installation, Narrator(Console(file=io.StringIO())))


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Installation]:
    """An installation on which nothing ever happened."""
    with installed(tmp_path) as installation:
        yield installation


@pytest.fixture(scope="session")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One that has a past: restored, closed, come back, a problem; and now both gateways are down again."""
    with installed(tmp_path_factory.mktemp("outage")) as installation:
        story = story_of(installation)
        vpn.tell(story)
        # It begins now: what began before its last end would be a late word about that.
        again = {**vpn.gateway_down("vpn-gateway-1"), "startsAt": datetime.now(UTC).isoformat()}
        story.prometheus(again)
        raised = story.incident("vpn-gateway-2", lambda it: it["priority"] == "P1", "raising of the second")
        remark = {"text": "the root cause is the new firmware"}
        with pytest.raises(RefusedError, match="cause-before-restore"):
            story.act(raised, "note", remark)
        past = {"guardrail": "cause-before-restore", "reason": "the vendor is on the line"}
        story.act(raised, "note", {**remark, "override": past})
        story.prometheus(
            {
                **again,
                "labels": {"alertname": "TonerLow", "service": "office-printer"},
                "annotations": {"summary": "toner is low"},
            }
        )
        printer = story.incident("office-printer", lambda it: it["lane"], "routing of the printer")
        until = datetime.now(UTC) + timedelta(hours=2)
        story.act(printer, "suppress", {"until": until.isoformat(), "reason": "toner is on its way"})
        yield installation


@pytest.fixture
def person(chromium: Browser) -> Iterator[Callable[..., Person]]:
    """Somebody with a browser, as often as asked for: `person(installation, width=375, dark=True)`."""
    with ExitStack() as stack:

        def comes(installation: Installation, **how: object) -> Person:
            looks = Looks(**how)  # type: ignore[arg-type]
            context = chromium.new_context(
                base_url=installation.engine.base_url,
                viewport={"width": looks.width, "height": 900},
                color_scheme="dark" if looks.dark else "light",
                java_script_enabled=looks.scripts,
            )
            stack.callback(context.close)
            return Person(context.new_page(), looks)

        yield comes
