"""`python -m infra.restore`."""

from infra.restore.command import main

main()
