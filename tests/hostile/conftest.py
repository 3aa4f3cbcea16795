"""One installation for all hostile tests."""

from collections.abc import Iterator

import pytest

from tests.hostile.cloud import Cloud, plugged_in
from tests.model.engine import TableEngine


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Door, queue, correlation and table in this process."""
    with plugged_in(TableEngine()) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Metrics go to standard output."""
