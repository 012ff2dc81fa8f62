"""The command line."""

from foedus.cli.app import main as main
