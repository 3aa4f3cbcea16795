from collections.abc import Iterator

import pytest

from leitplanke.edge import clients
from leitplanke.edge.clients import Patience


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clients.forget_clients()
    yield
    clients.forget_clients()


def test_a_client_is_built_once() -> None:
    assert clients.sqs() is clients.sqs()


def test_a_client_for_somebody_who_waits_gives_up_before_prometheus_does() -> None:
    config = clients.sqs(Patience.PROMPT).meta.config
    attempts = config.retries["total_max_attempts"]  # type: ignore[attr-defined]
    assert attempts * (config.connect_timeout + config.read_timeout) < 10  # type: ignore[attr-defined]


def test_a_call_of_the_door_is_short_enough_for_two_of_them() -> None:
    assert Patience.DOOR.longest_seconds == 5
    assert 2 * Patience.DOOR.longest_seconds <= 10


def test_every_builder_builds_its_own_service() -> None:
    built = [clients.dynamodb(), clients.sqs(), clients.events(), clients.ssm(), clients.secretsmanager()]
    assert [client.meta.service_model.service_name for client in built] == [
        "dynamodb",
        "sqs",
        "events",
        "ssm",
        "secretsmanager",
    ]


def test_clients_follow_the_endpoint_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert clients.dynamodb().meta.endpoint_url == "http://127.0.0.1:4566"
