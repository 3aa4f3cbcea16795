"""What is shipped may be shipped: licences of everything that functions depend on, and our own."""

import re
from importlib.metadata import metadata

import pytest

from infra.packaging.functions import ROOT
from infra.packaging.lock import Lock

PERMISSIVE = re.compile(r"(Apache|MIT|BSD|ISC|PSF|Unlicense|0BSD)", re.IGNORECASE)
FILE_LEVEL = {"certifi": "MPL-2.0"}
"""Copyleft per file: fine to ship unchanged."""


def shipped() -> list[str]:
    lock = Lock.read(ROOT / "uv.lock")
    direct = [dependency["name"] for dependency in lock.packages["leitplanke"]["dependencies"]]
    return list(lock.closure(direct))


def licence_of(name: str) -> str:
    """The licence as the package states it: expression, short text, or classifiers, in this order."""
    about = metadata(name)
    stated = about.get("License-Expression") or about.get("License") or ""
    classifiers = [c for c in about.get_all("Classifier") or () if c.startswith("License ::")]
    return " ".join([stated.splitlines()[0] if stated else "", *classifiers])


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_package_has_a_permissive_licence(name: str) -> None:
    licence = licence_of(name)
    assert "GPL" not in licence
    assert PERMISSIVE.search(licence) or FILE_LEVEL.get(name, "?") in licence


def test_our_own_licence_is_the_whole_apache_text() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
