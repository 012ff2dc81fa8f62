"""The command line: parse, one call of the library, print."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from foedus import __version__
from foedus.cli import crisis, datasets, exchange, explain, explorer, history, record, report, runs, stress, sweep, tools
from foedus.cli.options import Commands
from foedus.errors import FoedusError
from foedus.report.messages import complain, complain_of, complain_of_usage

INTERRUPTED, PIPE_CLOSED = 130, 141


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """An argument about an alliance in crisis, made executable.

    SCENARIO is the name of a shipped scenario (see 'foedus list'), a YAML file, or '-' for standard input.

    Exit codes: 0 fine, 2 bad input, 3 numerical failure.
    """


GROUPS = (crisis, runs, sweep, report, explorer, explain, record, history, exchange, datasets, stress, tools)

for _command in (command for group in GROUPS for command in group.COMMANDS):
    cli.add_command(_command)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    if "_FOEDUS_COMPLETE" in os.environ:
        cli.main(prog_name="foedus")  # a shell asks for completions
    sys.exit(guarded(list(sys.argv[1:] if args is None else args)))


def guarded(args: list[str]) -> int:
    """Run a command; every error of the user's becomes one message and an exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter gets '?', not a traceback
    try:
        with cli.make_context("foedus", args) as context:
            cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        return complain_of_usage(error)
    except click.ClickException as error:
        return complain(error.format_message())
    except FoedusError as error:
        return complain_of(error)
    except (RecursionError, MemoryError):
        return complain("the input is too large or nested too deeply", "make it smaller, or ask for fewer draws")
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read has had enough; what is still buffered must not fail when the interpreter leaves
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        return complain(f"{error.filename or 'the system'}: {error.strerror or error}", "check the path and the space left")
    return 0
