"""A sample of `make crash` in every test run: some calls of every scenario, one fault each."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.crash.calls import Call
from tests.crash.faults import Fault
from tests.crash.judging import judge
from tests.crash.reading import End
from tests.crash.running import Choice, Outcome, Undisturbed

ROOT = Path(__file__).resolve().parents[2]
CALL = Call(0, "notify_responders", "channel.notify")


def _end(**fields: object) -> End:
    plain: End = {"incidents": {}, "told": {"pager | P1 down | text": 1}, "may be doubled": {}}
    return plain | {"dead letters": [], "integrations": []} | fields


def _judged(**fields: object) -> tuple[str, ...]:
    reference = Undisturbed((CALL,), _end(), Counter())
    return judge(Outcome("a scenario", CALL, Fault.DIED, _end(**fields)), reference).differences


def test_a_sample_of_calls_may_fail_in_every_way() -> None:
    command = [sys.executable, "-m", "tests.crash", "--every", "25", "--seed", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
    assert "100 %" in done.stdout


def test_a_run_that_ends_differently_is_noticed() -> None:
    assert _judged() == ()
    assert _judged(told={}) != ()
    assert _judged(incidents={"incident 2": {"timeline": [], "why": []}}) != ()
    assert _judged(services={"vpn": True}) != ()


def test_a_message_may_come_twice_only_if_nobody_could_note_the_first() -> None:
    twice = {"pager | P1 down | text": 2}
    assert _judged(told=twice) != ()
    assert _judged(told=twice, **{"may be doubled": {"pager | P1 down": 1}}) == ()


def test_a_sample_takes_every_fault_in_turn() -> None:
    choice = Choice(every=5)
    tried = [fault for number in range(1, 200) for fault in choice.faults_at(number)]
    assert set(tried) == set(Fault)
    assert len(tried) == 40
