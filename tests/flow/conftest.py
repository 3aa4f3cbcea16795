"""The whole system on this machine, deployed once from template.yaml for all flow tests."""

from collections.abc import Iterator

import pytest

from infra.local.installation import EXAMPLE_POLICY, Installation
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Free ports, state of its own, the example policy, channels that end in `installation.inbox(...)`.

    `installation.api` speaks to the front door with all scopes, `installation.key` is for senders.
    Tests share it: each uses alert names and services of its own.
    """
    folder = tmp_path_factory.mktemp("installation")
    with EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=folder, keep=False)) as engine:
        opened = Installation(engine, folder)
        opened.open()
        opened.put_policy(EXAMPLE_POLICY.read_text("utf-8"))
        yield opened
        opened.close()
