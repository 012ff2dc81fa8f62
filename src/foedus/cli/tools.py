"""What a user's own tools need: the shape of files for an editor, the names of commands for a shell."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("kind", required=False)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it there instead.")
def schema(kind: str | None, output: Path | None) -> None:
    """The shape of a kind of file, for an editor to check.

    Without KIND: the kinds there are.
    """
    import json

    from foedus.report.files import check_target, write_whole
    from foedus.report.schemas import json_schema, kinds

    if kind is None:
        click.echo("\n".join(kinds()))
        return
    if output:
        check_target(output)
    text = json.dumps(json_schema(kind), indent=2, ensure_ascii=False)
    if not output:
        click.echo(text)
        return
    write_whole(output, text + "\n")
    click.echo(f"wrote {output}; put this first in a file: # yaml-language-server: $schema={output}", err=True)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """A script by which a shell completes what you type.

    For bash, in ~/.bashrc: eval "$(foedus completion bash)"
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found
    root = click.get_current_context().find_root().command
    click.echo(found(root, {}, "foedus", "_FOEDUS_COMPLETE").source())


COMMANDS = (schema, completion)
