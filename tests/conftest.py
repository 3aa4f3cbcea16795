"""For all tests: properties are judged by what they find, not by how busy the machine is."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("leitplanke", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("leitplanke")


@pytest.fixture(autouse=True)
def _loggers_speak_again() -> Iterator[None]:
    """A function's logger lives as long as its process, here the whole run: a test that silenced it ends."""
    yield
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and getattr(logger, "init", False):
            logger.setLevel(logging.INFO)
