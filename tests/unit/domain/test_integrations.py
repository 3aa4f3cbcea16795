"""Integration keys."""

import random
import secrets

from leitplanke.domain.integrations import KEY_CHARS, integration_id, looks_like_key, new_key


def test_a_key_has_32_characters_that_any_url_and_header_can_carry() -> None:
    keys = [new_key(secrets.randbelow) for _ in range(2_000)]
    assert all(len(key) == KEY_CHARS and key.isascii() and key.isalnum() for key in keys)
    assert len(set(keys)) == len(keys)


def test_no_key_starts_with_R() -> None:
    keys = [new_key(random.Random(seed).randrange) for seed in range(2_000)]  # noqa: S311
    firsts = {key[0] for key in keys}
    assert "R" not in firsts
    assert len(firsts) == 61


def test_every_new_key_looks_like_one() -> None:
    assert all(looks_like_key(new_key(secrets.randbelow)) for _ in range(100))
    assert not looks_like_key("R" + "a" * 31)
    assert not looks_like_key("a" * 31)
    assert not looks_like_key("²" * 32)


def test_the_id_of_a_key_never_changes_since_rows_are_found_by_it() -> None:
    key = "a" * 32
    assert integration_id(key) == "yr6g2vvjdtthevwljgae5urytt"
    assert integration_id("b" * 32) != integration_id(key)
