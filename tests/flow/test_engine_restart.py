"""A clean stop loses nothing and a start with kept state goes on, shown on a stack that is small on purpose.

The engine by itself skips new stream records after a restart, and writes its state while its pollers run;
infra/local/settle.py is what stands between that and these tests. Starting is what takes time here, so one
history is lived through once, and each test looks at its own part of it.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from infra.local.waiting import wait_for
from tests.flow.small_stack.stack import SMALL, SmallStack, is_alive, is_listening

BURST = {f"item-{number}" for number in range(60)}


@dataclass
class History:
    """What was seen in three lives of one state folder."""

    published: list[list[str]] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    workers_alive: list[bool] = field(default_factory=list)
    scratch_left: list[bool] = field(default_factory=list)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Life 1: a burst, stopped in the middle. Life 2: another port and changed code. Life 3: as life 2."""
    folder = tmp_path_factory.mktemp("history")
    code = Path(shutil.copytree(SMALL / "functions", folder / "functions"))
    seen = History()

    def live(port: int) -> Iterator[SmallStack]:
        with EngineProcess(EngineSettings(port=port, aws_port=0, state_dir=folder / "state")) as engine:
            stack = SmallStack(engine, code)
            seen.outcomes.append(stack.outcome)
            seen.urls.append(engine.base_url)
            yield stack
        seen.scratch_left.append(engine.settings.scratch.exists())
        seen.workers_alive.append(is_alive(seen.answers[-1]["pid"]))

    for stack in live(0):
        seen.answers.append(stack.post("first").json())
        stack.collect({"first"})
        stack.flood(BURST)
        seen.published.append(stack.collect_some())

    module = code / "small.py"
    module.write_text(re.sub(r'VERSION = "\w+"', 'VERSION = "second"', module.read_text()))
    for stack in live(0):
        seen.published.append(stack.collect(BURST - set(seen.published[0])))
        seen.answers.append(stack.post("second").json())
        seen.published.append(stack.collect({"second"}))
        token, port = stack.token(), stack.engine.settings.port

    for stack in live(port):
        answer = stack.post("third", token)
        seen.statuses["token of the life before"] = answer.status_code
        seen.answers.append(answer.json())
        seen.published.append(stack.collect({"third"}))
    return seen


def test_a_stop_in_the_middle_of_a_burst_loses_nothing_and_doubles_nothing(history: History) -> None:
    before, after = history.published[:2]
    assert after, "the stop came too late to be in the middle"
    assert sorted(before + after) == sorted(BURST)


def test_what_is_written_after_a_restart_is_published(history: History) -> None:
    assert history.published[2:] == [["second"], ["third"]]


def test_changed_code_reaches_a_kept_stack(history: History) -> None:
    assert [answer["version"] for answer in history.answers] == ["first", "second", "second"]


def test_a_kept_stack_follows_the_base_url_to_another_port(history: History) -> None:
    assert history.urls[0] != history.urls[1]
    assert [answer["public_url"] for answer in history.answers] == history.urls


def test_only_what_changed_is_deployed(history: History) -> None:
    assert history.outcomes == ["created", "updated", "unchanged"]


def test_a_token_survives_a_restart(history: History) -> None:
    assert history.statuses == {"token of the life before": 202}


def test_a_clean_stop_leaves_no_worker_and_no_scratch_file(history: History) -> None:
    assert history.workers_alive == [False, False, False]
    assert history.scratch_left == [False, False, False]


def test_an_engine_whose_parent_is_killed_stops_by_itself(tmp_path: Path) -> None:
    engine = EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=tmp_path, keep=False))
    assert is_listening(engine.base_url)
    engine.abandon()
    wait_for(lambda: not is_listening(engine.base_url), timeout=20, what="the engine's end")
    engine.stop()
