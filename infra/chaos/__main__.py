"""`python -m infra.chaos`."""

from infra.chaos.command import app

app()
