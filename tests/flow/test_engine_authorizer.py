"""The JWT authorizer of the local engine lets in what AWS's would, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.issuer import Issuer
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from tests.flow.small_stack.stack import SmallStack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    settings = EngineSettings(port=0, aws_port=0, state_dir=tmp_path_factory.mktemp("small"), keep=False)
    with EngineProcess(settings) as engine:
        yield SmallStack(engine)


def test_a_good_token_is_let_in(stack: SmallStack) -> None:
    assert stack.post("writer").status_code == 202


def test_a_request_without_a_token_is_refused(stack: SmallStack) -> None:
    url = f"{stack.engine.base_url}/items"
    assert httpx.post(url, json={"name": "none"}, trust_env=False).status_code == 401


def test_garbage_is_refused(stack: SmallStack) -> None:
    assert stack.post("garbage", "garbage").status_code == 401


def test_an_expired_token_is_refused(stack: SmallStack) -> None:
    expired = stack.engine.issuer.mint_token(scopes=["write"], ttl=-10)
    assert stack.post("expired", expired).status_code == 401


def test_a_token_for_another_audience_is_refused(stack: SmallStack) -> None:
    foreign = stack.engine.issuer.mint_token(scopes=["write"], audience="somebody-else")
    assert stack.post("foreign", foreign).status_code == 401


def test_a_token_signed_with_another_key_is_refused(stack: SmallStack, tmp_path: Path) -> None:
    stranger = Issuer(tmp_path, stack.engine.base_url)
    assert stack.post("stranger", stranger.mint_token(scopes=["write"])).status_code == 401


def test_a_good_token_without_the_scope_is_forbidden(stack: SmallStack) -> None:
    reader = stack.engine.issuer.mint_token(scopes=["read"])
    assert stack.post("reader", reader).status_code == 403


def test_paths_of_the_engine_itself_do_not_exist_on_our_port(stack: SmallStack) -> None:
    for path in ("/health", "/_ministack/health", "/_localstack/health"):
        answer = httpx.get(f"{stack.engine.base_url}{path}", trust_env=False)
        assert answer.status_code == 404, path
