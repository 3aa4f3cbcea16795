"""Real senders against the whole system on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.installation import Installation
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from tests.e2e.senders import MonitoredWorld

POLICY = """
teams:
  platform: {}
services:
  checkout: {team: platform}
  search: {team: platform}
  storefront: {team: platform, needs: {all_of: [checkout]}}
customers:
  Tidewater Books: {heads: 120, vital: true, needs: storefront}
routing:
  team: platform
restoring:
  after: 0s
"""


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The whole system, with a small catalogue."""
    folder = tmp_path_factory.mktemp("installation")
    with EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=folder, keep=False)) as engine:
        opened = Installation(engine, folder)
        opened.open()
        opened.put_policy(POLICY)
        yield opened
        opened.close()


@pytest.fixture
def monitored(tmp_path: Path) -> Iterator[MonitoredWorld]:
    """Something that a Prometheus can watch, and that a test can break."""
    with MonitoredWorld() as world:
        yield world
