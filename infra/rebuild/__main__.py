"""`python -m infra.rebuild`."""

from infra.rebuild.command import main

main()
