from dataclasses import fields

import pytest

from leitplanke.edge import settings as module
from leitplanke.edge.settings import (
    NotifyRespondersSettings,
    PublishChangesSettings,
    ReceiveEventsSettings,
    ServeApiSettings,
    Settings,
    SettingsError,
    read_settings,
)

QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/events"


def test_a_field_is_read_from_the_variable_of_its_name() -> None:
    got = read_settings(
        ReceiveEventsSettings, {"TABLE_NAME": "lp", "EVENT_QUEUE_URL": QUEUE, "LOG_LEVEL": "DEBUG"}
    )
    assert got == ReceiveEventsSettings(table_name="lp", event_queue_url=QUEUE, log_level="DEBUG")


def test_what_has_a_default_may_be_left_out_or_empty() -> None:
    got = read_settings(ServeApiSettings, {"TABLE_NAME": "lp", "SCOPE_PREFIX": "", "LOG_LEVEL": " "})
    assert (got.scope_prefix, got.public_url, got.log_level) == ("", "", "INFO")


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            PublishChangesSettings,
            {"TABLE_NAME": "  ", "STREAM_DEAD_LETTERS_URL": "dead-letters", "LOG_LEVEL": "loud"},
        )
    assert caught.value.faults == (
        "LOG_LEVEL is 'loud'; it takes one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
        "TABLE_NAME is missing or empty",
        "BUS_NAME is missing or empty",
        "STREAM_DEAD_LETTERS_URL is not a URL: 'dead-letters'",
    )
    assert str(caught.value).startswith("PublishChangesSettings: ")


def test_a_url_with_a_default_is_still_checked_when_given() -> None:
    with pytest.raises(SettingsError, match="PUBLIC_URL is not a URL"):
        read_settings(NotifyRespondersSettings, {"TABLE_NAME": "lp", "PUBLIC_URL": "leitplanke.example"})


def test_the_settings_of_a_process_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    module.settings.cache_clear()
    monkeypatch.setenv("TABLE_NAME", "first")
    monkeypatch.setenv("PUBLIC_URL", "")
    first = module.settings(NotifyRespondersSettings)
    monkeypatch.setenv("TABLE_NAME", "second")
    assert module.settings(NotifyRespondersSettings) is first
    module.settings.cache_clear()


@pytest.mark.parametrize("kind", Settings.__subclasses__())
def test_every_settings_class_says_what_it_is_for_and_holds_only_text(kind: type[Settings]) -> None:
    assert kind.__name__.endswith("Settings")
    assert kind.__doc__ and not kind.__doc__.startswith(kind.__name__ + "(")
    assert {field.type for field in fields(kind)} == {str}
