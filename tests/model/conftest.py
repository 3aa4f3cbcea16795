"""The model's tests have a table in this process: no server, no socket."""

import pytest

from tests.model.engine import TableEngine


@pytest.fixture(scope="session")
def table_engine() -> TableEngine:
    """Tables without a network."""
    return TableEngine()
