import pytest

from functions.receive_events.handler import BEGIN_SECONDS
from infra.local.template import load_template
from leitplanke.domain.errors import UnavailableError
from leitplanke.edge.clients import Patience
from leitplanke.edge.deadline import Deadline


def ticking(*moments: float) -> Deadline:
    """A deadline of 4 s; its clock shows these moments, one after the other."""
    shown = iter([0.0, *moments])
    return Deadline(4.0, clock=lambda: next(shown))


def test_steps_begin_until_the_time_is_over() -> None:
    deadline = ticking(0.1, 3.9, 4.0)
    assert deadline.time_left()
    deadline.must_hold()
    with pytest.raises(UnavailableError, match="took too long"):
        deadline.must_hold()


def test_of_many_steps_those_begin_for_which_there_is_time() -> None:
    begun: list[str] = []
    with pytest.raises(UnavailableError):
        begun.extend(ticking(0.0, 2.0, 5.0).each(["a", "b", "c"]))
    assert begun == ["a", "b"]


def test_nobody_pauses_after_the_deadline() -> None:
    with pytest.raises(UnavailableError):
        ticking(4.1).pause(60)


def test_the_door_answers_before_its_senders_its_function_and_the_gateway_give_up() -> None:
    longest = BEGIN_SECONDS + Patience.DOOR.longest_seconds
    resources = load_template()["Resources"]
    prometheus, gateway = 10, 30  # Prometheus: notifier/manager.go; HTTP APIs: 30 s for an integration
    assert longest < min(resources["ReceiveEvents"]["Properties"]["Timeout"], prometheus, gateway)


def test_the_api_answers_before_its_function_and_the_gateway_give_up() -> None:
    resources = load_template()["Resources"]
    assert Patience.PROMPT.longest_seconds < resources["ServeApi"]["Properties"]["Timeout"] < 30
