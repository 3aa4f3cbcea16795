"""`python -m infra.drill`."""

from infra.drill.command import app

app()
