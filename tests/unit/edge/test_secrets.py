"""Addresses come from where a policy says they are; errors name that place and nothing that is kept there."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from leitplanke.domain.errors import InvalidInputError, UnavailableError
from leitplanke.edge.secrets import FRESH_SECONDS, ChannelSecrets

ADDRESS = "slack://TokenA/TokenB/TokenC"
SSM = "ssm:/leitplanke/channels/network"
SECRET = "secretsmanager:/leitplanke/channels/network"


@cache
def _client(service: str) -> Any:
    return botocore.session.Session().create_client(
        service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


class Aws:
    """Two clients whose answers are written down beforehand, and a clock."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.ssm = _client("ssm")
        self.secretsmanager = _client("secretsmanager")
        self.ssm_answers = Stubber(self.ssm)
        self.secret_answers = Stubber(self.secretsmanager)
        self.seconds = 0.0
        self.secrets = ChannelSecrets(
            ssm=lambda: self.ssm,
            secretsmanager=lambda: self.secretsmanager,
            environ=environ,
            seconds=lambda: self.seconds,
        )

    def answer_ssm(self, value: str) -> None:
        self.ssm_answers.add_response(
            "get_parameter",
            {"Parameter": {"Name": "x", "Value": value}},
            {"Name": "/leitplanke/channels/network", "WithDecryption": True},
        )

    def answer_secret(self, value: str) -> None:
        self.secret_answers.add_response(
            "get_secret_value", {"SecretString": value}, {"SecretId": "/leitplanke/channels/network"}
        )


@pytest.fixture
def aws() -> Iterator[Aws]:
    stubbed = Aws({"NETWORK": f" {ADDRESS}\n", "EMPTY": "  "})
    with stubbed.ssm_answers, stubbed.secret_answers:
        yield stubbed


def test_a_parameter_is_read_decrypted(aws: Aws) -> None:
    aws.answer_ssm(ADDRESS)

    assert aws.secrets.resolve(SSM) == ADDRESS


@pytest.mark.parametrize("stored", [ADDRESS, f'{{"url": "{ADDRESS}"}}'])
def test_a_secret_holds_the_address_or_json_with_it(aws: Aws, stored: str) -> None:
    aws.answer_secret(stored)

    assert aws.secrets.resolve(SECRET) == ADDRESS


def test_an_environment_variable_serves_on_one_machine(aws: Aws) -> None:
    assert aws.secrets.resolve("env:NETWORK") == ADDRESS


def test_an_address_is_read_once_in_five_minutes(aws: Aws) -> None:
    aws.answer_ssm(ADDRESS)
    aws.secrets.resolve(SSM)
    aws.seconds = FRESH_SECONDS - 1
    assert aws.secrets.resolve(SSM) == ADDRESS
    aws.ssm_answers.assert_no_pending_responses()

    aws.answer_ssm("slack://new/new/new")
    aws.seconds = FRESH_SECONDS
    assert aws.secrets.resolve(SSM) == "slack://new/new/new"


def test_an_address_that_failed_is_read_anew(aws: Aws) -> None:
    aws.answer_ssm(ADDRESS)
    aws.secrets.resolve(SSM)
    aws.secrets.forget(SSM)

    aws.answer_ssm("slack://new/new/new")
    assert aws.secrets.resolve(SSM) == "slack://new/new/new"


@pytest.mark.parametrize(
    ("code", "what", "remedy"),
    [
        ("ParameterNotFound", "does not exist", "create it"),
        ("AccessDeniedException", "may not be read (AccessDeniedException)", "ChannelSecretsPrefix"),
        ("ValidationException", "was refused (ValidationException)", "check its name"),
    ],
)
def test_a_parameter_that_cannot_be_had_is_named_with_the_remedy(
    aws: Aws, code: str, what: str, remedy: str
) -> None:
    aws.ssm_answers.add_client_error("get_parameter", code, "value was hunter2")

    with pytest.raises(InvalidInputError) as caught:
        aws.secrets.resolve(SSM)

    assert caught.value.message == f"{SSM} {what}"
    assert caught.value.field == SSM
    assert remedy in caught.value.remedy
    assert caught.value.__cause__ is None, "AWS's own words are not passed on"


def test_a_secret_that_does_not_exist_is_named(aws: Aws) -> None:
    aws.secret_answers.add_client_error("get_secret_value", "ResourceNotFoundException")

    with pytest.raises(InvalidInputError, match="secretsmanager:/leitplanke/channels/network does not exist"):
        aws.secrets.resolve(SECRET)


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_what_may_pass_is_worth_another_try(aws: Aws, code: str) -> None:
    aws.ssm_answers.add_client_error("get_parameter", code)

    with pytest.raises(UnavailableError, match=f"{SSM} could not be read: {code}"):
        aws.secrets.resolve(SSM)


def test_a_service_that_does_not_answer_is_worth_another_try(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://ssm.example")

    monkeypatch.setattr(aws.ssm, "get_parameter", unreachable)

    with pytest.raises(UnavailableError, match="EndpointConnectionError"):
        aws.secrets.resolve(SSM)


@pytest.mark.parametrize("reference", ["env:MISSING", "env:EMPTY"])
def test_an_empty_or_missing_variable_is_named(aws: Aws, reference: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{reference} is empty or missing"):
        aws.secrets.resolve(reference)


@pytest.mark.parametrize("stored", ['{"url": 5}', '{"webhook": "x"}', '{"broken', "[]{}"])
def test_a_secret_without_an_address_in_it_never_shows_what_it_holds(aws: Aws, stored: str) -> None:
    aws.answer_secret(stored)

    if stored.startswith("{"):
        with pytest.raises(InvalidInputError) as caught:
            aws.secrets.resolve(SECRET)
        assert "webhook" not in str(caught.value)
    else:
        assert aws.secrets.resolve(SECRET) == stored


def test_an_unknown_kind_of_reference_is_refused(aws: Aws) -> None:
    with pytest.raises(InvalidInputError, match="vault:x is not a kind of reference"):
        aws.secrets.resolve("vault:x")
