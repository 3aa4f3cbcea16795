"""`make run`: tells its story, works from another terminal, refuses clearly, stops without a trace."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.engine import free_port
from infra.local.lock import AlreadyRunningError, StateLock
from infra.local.state import FILES, FOLDERS, forget
from infra.local.waiting import wait_for
from tests.flow.running import ROOT, Run


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "state"


@pytest.fixture(scope="module")
def first(state: Path) -> Iterator[Run]:
    """A first start without a terminal, with the default scenario."""
    run = Run(state, port=free_port()).ready()
    yield run
    if not run.group_is_empty():
        run.signal_group(signal.SIGKILL)


@pytest.fixture(scope="module")
def environment(first: Run, state: Path) -> dict[str, str]:
    """The variables of the file that it writes for scripts."""
    lines = (state / "leitplanke.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_without_a_terminal_it_prints_plain_lines(first: Run) -> None:
    assert "\x1b" not in first.text
    assert "\r" not in first.text


def test_the_story_is_told_to_its_end(first: Run) -> None:
    told = first.text
    assert "breaks off" not in told
    steps = (
        "VPN gateway 1 stops answering",
        "nobody is cut off",
        "VPN gateway 2 fails as well",
        "P1, lane expedite",
        "Federal Registry Office (1,800 people)",
        "is raised from",
        "restored with a workaround",
        "Gateway 2 fails again",
        "now has both incidents in it",
        "the first notification already says what helped last time",
    )
    positions = [told.find(step) for step in steps]
    assert -1 not in positions, steps[positions.index(-1)]
    assert positions == sorted(positions)


def test_the_file_for_scripts_is_private_and_works(
    first: Run, state: Path, environment: dict[str, str]
) -> None:
    assert (state / "leitplanke.env").stat().st_mode & 0o777 == 0o600
    assert environment["LEITPLANKE_URL"] == first.url
    work = {"authorization": f"Bearer {environment['LEITPLANKE_TOKEN']}"}
    answer = httpx.get(f"{first.url}/v1/incidents", headers=work, trust_env=False)
    assert answer.status_code == 200
    sender = {"authorization": f"Bearer {environment['LEITPLANKE_KEY']}"}
    alerts = [{"labels": {"alertname": "FromAScript", "service": "scripted"}}]
    answer = httpx.post(f"{first.url}/api/v2/alerts", json=alerts, headers=sender, trust_env=False)
    assert answer.status_code == 200


def test_every_line_it_offers_to_copy_works(first: Run) -> None:
    lines = [line.strip() for line in first.lines()]
    offered = lines[lines.index("Try next, in another terminal:") + 1 :]
    commands = offered[: offered.index("")]
    assert len(commands) >= 4
    for command in commands[1:]:
        strictly = " --fail --noproxy '*' -o /dev/null" if command.startswith("curl") else ""
        script = f"set -e\n{commands[0]}\n{command}{strictly}"
        done = subprocess.run(
            ["/bin/sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
        )  # noqa: S603
        assert done.returncode == 0, (command, done.stderr)


def test_a_second_start_on_the_same_state_is_refused_in_one_line(first: Run, state: Path) -> None:
    second = Run(state, port=free_port())
    assert second.ended() == 1
    assert len(second.text.strip().splitlines()) == 1
    assert "already running" in second.text
    assert str(first.pid) in second.text


def test_a_port_in_use_is_named_in_one_line_with_another_one(first: Run, tmp_path: Path) -> None:
    second = Run(tmp_path / "other", port=first.port)
    assert second.ended() == 1
    assert len(second.text.strip().splitlines()) == 1
    assert f"port {first.port} is in use" in second.text
    assert "PORT=" in second.text


def test_an_unknown_scenario_is_refused_in_one_line(tmp_path: Path) -> None:
    run = Run(tmp_path / "other", port=free_port(), SCENARIO="flood")
    assert run.ended() == 1
    assert "flood" in run.text
    assert "SCENARIO=vpn" in run.text


def test_it_stops_cleanly_and_starts_again_where_it_was(
    first: Run, state: Path, environment: dict[str, str]
) -> None:
    first.signal_group(signal.SIGTERM)
    assert first.ended() == 0
    wait_for(first.group_is_empty, timeout=5, what="the end of every process of the first run")
    assert not (state / "tmp").exists()

    again = Run(state, port=first.port, in_terminal=True).ready()
    try:
        assert "\x1b[" in again.text
        assert "is not played again" in again.text
        work = {"authorization": f"Bearer {environment['LEITPLANKE_TOKEN']}"}
        listed = httpx.get(
            f"{again.url}/v1/incidents", params={"service": "vpn-gateway-2"}, headers=work, trust_env=False
        )
        assert listed.status_code == 200, "the token of the first run still works"
        assert len(listed.json()["incidents"]) == 1
        key = f"LEITPLANKE_KEY={environment['LEITPLANKE_KEY']}"
        assert key in (state / "leitplanke.env").read_text().splitlines()
    finally:
        again.signal_group(signal.SIGINT)
        code = again.ended()
    assert code == 0
    wait_for(again.group_is_empty, timeout=5, what="the end of every process of the second run")


def test_a_fresh_start_forgets_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    for name in (*FILES, "lock", "somebody-elses.txt"):
        (tmp_path / name).write_text("kept")
    for name in (*FOLDERS, "photos"):
        (tmp_path / name).mkdir()
    forget(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "photos", "somebody-elses.txt"]


def test_a_lock_whose_holder_was_killed_is_free(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time\n"
        "from infra.local.lock import StateLock\n"
        f"with StateLock(pathlib.Path({str(tmp_path)!r})):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(AlreadyRunningError) as refused, StateLock(tmp_path):
        pass
    assert refused.value.pid == holder.pid
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with StateLock(tmp_path):
        assert (tmp_path / "lock").read_text().strip().isdigit()
