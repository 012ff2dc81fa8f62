"""`python -m foedus.cli`."""

from foedus.cli.app import main

main()
