"""`make token` makes tokens that the installation of its folder believes, wherever that listens."""

from pathlib import Path

import jwt
import pytest

from infra.local import token
from infra.local.issuer import Issuer
from infra.local.keys import ENV_FILE, write_env_file

URL = "http://127.0.0.1:8095"


def test_a_token_is_of_the_issuer_of_its_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = Issuer(tmp_path, URL)
    write_env_file(tmp_path / ENV_FILE, url=URL, token=issuer.mint_token(), key="k" * 32)
    for name, value in {
        "STATE": str(tmp_path),
        "NAME": "grace@example.com",
        "SCOPES": "read respond",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ROLES", "lead")

    assert token.main() == 0

    claims = jwt.decode(capsys.readouterr().out.strip(), options={"verify_signature": False})
    assert claims["iss"] == issuer.url
    assert (claims["sub"], claims["scope"], claims["roles"]) == (
        "grace@example.com",
        "read respond",
        ["lead"],
    )


def test_without_an_installation_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE", str(tmp_path))
    assert token.main() == 1
    assert "make run" in capsys.readouterr().err
    Issuer(tmp_path, URL)  # a key is there, and no installation
    assert token.main() == 1
    assert "start one here with `make run`" in capsys.readouterr().err
