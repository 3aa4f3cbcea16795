"""The commands of the runbook, "The table was lost or spoilt", on an engine of their own.

The engine's point-in-time recovery copies the table as it is, so here the restore point is the moment of the
command; `make drill` restores to an earlier one.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.api import Json
from infra.local.deploy import STACK, deploy
from infra.local.installation import EXAMPLE_POLICY, Installation
from infra.local.process import EngineProcess
from infra.local.settings import REGION, EngineSettings
from infra.local.waiting import wait_for
from infra.restore.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
BEFORE, IN_THE_GAP, WAITED = "known-before", "fell-into-the-gap", "waited-in-the-queue"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with an archive: the engine's CloudFormation makes none."""
    folder = tmp_path_factory.mktemp("restored")
    with (
        EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=folder, keep=False)) as engine,
        closing(Installation(engine, folder)) as opened,
    ):
        opened.open()
        opened.put_policy(EXAMPLE_POLICY.read_text("utf-8"))
        engine.aws.client("events").create_archive(
            ArchiveName="restored", EventSourceArn=Stack(engine.aws, STACK).output("BusArn")
        )
        yield opened


def test_a_stack_comes_back_on_a_restored_table_and_names_what_it_lost(installation: Installation) -> None:
    aws = installation.engine.aws
    lost = Stack(aws, STACK).output("TableName")
    post(installation, BEFORE)
    wait_for(lambda: incidents(installation, BEFORE), timeout=60, what="an incident of before")
    since = datetime.now(UTC).isoformat()
    printed = command(installation, "table", "--at", since)
    post(installation, IN_THE_GAP)
    wait_for(lambda: published(installation, IN_THE_GAP), timeout=60, what="an incident of the gap")

    command(installation, "pause")
    post(installation, WAITED)
    deploy(installation.engine, parameters=parameters_in(printed))
    assert not incidents(installation, WAITED), "somebody reads the queue while it is paused"
    command(installation, "resume")

    wait_for(lambda: incidents(installation, WAITED), timeout=60, what="the incident that waited")
    assert incidents(installation, BEFORE)
    assert not incidents(installation, IN_THE_GAP)
    stack = Stack(aws, STACK)
    assert stack.output("TableName") != lost
    assert aws.client("dynamodb").describe_table(TableName=lost), "the lost table has to stay"
    report = command(installation, "gap", "--since", since, "--lost", lost)
    assert re.search(rf"incident/\w+ .*{IN_THE_GAP}", report)
    assert BEFORE not in report
    assert WAITED not in report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gap", "--since", "yesterday"), "is not a time"),
        (("gap", "--since", "2026-11-25T02:40:00"), "does not say its zone"),
        (("table",), "it takes a time"),
        (("pause", "--stack", "nobody"), "does not exist"),
        (("gap", "--since", "2026-11-25T02:40:00Z", "--lost", "nobody"), "there is no table nobody"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    installation: Installation, arguments: tuple[str, ...], said: str
) -> None:
    result = run(installation, *arguments)

    assert result.returncode == 1
    assert said in result.stderr
    assert "do this: " in result.stderr
    assert "Traceback" not in result.stderr


def command(installation: Installation, *arguments: str) -> str:
    """What a command prints; it has to end well."""
    result = run(installation, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def run(installation: Installation, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": installation.engine.aws.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "COLUMNS": "200",
    }
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "infra.restore", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def parameters_in(printed: str) -> dict[str, str]:
    """Those of the `make deploy` that the command prints."""
    found = re.search(r'PARAMETERS="([^"]+)"', printed)
    assert found, printed
    return dict(pair.split("=", 1) for pair in found[1].split())


def post(installation: Installation, service: str) -> None:
    alert = {"labels": {"alertname": "NotAnswering", "service": service}}
    installation.api.ingest("/api/v2/alerts", [alert], key=installation.key)


def incidents(installation: Installation, service: str) -> list[Json]:
    found: list[Json] = installation.api.get("/v1/incidents", service=service)["incidents"]
    return found


def published(installation: Installation, service: str) -> bool:
    """Whether the archive has heard of it: an archive counts what it holds."""
    events = installation.engine.aws.client("events")
    (archive,) = events.list_archives()["Archives"]
    return bool(incidents(installation, service)) and archive["EventCount"] > 0
