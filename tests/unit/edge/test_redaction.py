"""What must not stand in a log does not, and what people need there does."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.integrations import new_key
from leitplanke.edge.redaction import redacted, redacted_text
from tests.unit.edge.corpus import CORPUS, HARMLESS, KEY, SENTENCES


def leaks(text: str) -> list[str]:
    return [one for one in CORPUS if one in text]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_secrets_addresses_mail_and_phone_numbers_are_redacted(sentence: str) -> None:
    assert leaks(sentence) or "Basic" in sentence
    assert leaks(redacted_text(sentence)) == []
    assert "[" in redacted_text(sentence)


@pytest.mark.parametrize("text", HARMLESS)
def test_times_ids_figures_and_places_stay_readable(text: str) -> None:
    assert redacted_text(text) == text


def test_a_mail_address_is_known_by_its_escaped_form_as_well() -> None:
    assert redacted_text("/x?to=ada%40example.com&n=1") == "/x?to=[email]&n=1"


def test_of_an_address_the_host_stays() -> None:
    assert redacted_text("no answer from https://hooks.chat.example/services/a/b?c=d") == (
        "no answer from https://hooks.chat.example/[path]"
    )
    assert redacted_text("https://sqs.eu-central-1.amazonaws.com") == "https://sqs.eu-central-1.amazonaws.com"


@given(st.integers())
def test_every_key_that_we_hand_out_is_redacted(seed: int) -> None:
    key = new_key(Random(seed).randrange)
    assert redacted_text(f"key {key}.") == "key [key]."


@pytest.mark.parametrize(
    "field",
    ["authorization", "Cookie", "x-routing-key", "routing_key", "access_token", "client_secret", "x-api-key"],
)
def test_fields_that_hold_secrets_are_known_by_name(field: str) -> None:
    assert redacted({field: "short"}) == {field: "[key]"}


def test_fields_about_people_are_known_by_name() -> None:
    assert redacted({"by": "Ada Example", "email": "", "tries": 3, "ok": True, "none": None}) == {
        "by": "[left out]",
        "email": "[left out]",
        "tries": 3,
        "ok": True,
        "none": None,
    }


def test_it_reaches_into_lists_mappings_and_names_of_fields() -> None:
    found = redacted({"faults": [{"at": (f"key {KEY}",)}], KEY: ValueError(KEY), "bytes": KEY.encode()})
    assert leaks(str(found)) == []
    assert found["faults"] == [{"at": ["key [key]"]}]


def test_what_a_model_quotes_of_a_wrong_value_is_left_out() -> None:
    said = "title\n  Input should be valid [type=x, input_value='Ada is at\nhome', input_type=str]"
    assert redacted_text(said).endswith("[type=x, input_value=[left out], input_type=str]")


@pytest.mark.parametrize("unit", ["a", "0", "a.", "0 ", "+1", "eyJ", "://", "@", "key=", "input_value="])
def test_a_long_text_of_beginnings_hides_nothing_behind_them(unit: str) -> None:
    """Each is what a rule begins with: one that looked ahead without bound would not come to an end."""
    assert leaks(redacted_text(unit * (200_000 // len(unit)) + f" {KEY}")) == []
