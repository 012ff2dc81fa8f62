"""The command that serves the page in the browser."""

from __future__ import annotations

import click

from foedus.cli.options import scenario_name

LOCAL = ("127.0.0.1", "localhost", "::1")


@click.command()
@scenario_name
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on: by default, this machine only.")
@click.option("--port", type=click.IntRange(1, 65_535), help="By default 8057, or any that is free.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
def explore(name: str, host: str, port: int | None, no_open: bool) -> None:
    """An argument in the browser, with its numbers on sliders.

    Verdicts, the game tree and the fans over the crises are computed again as a slider moves. Ctrl-C ends it.
    """
    from foedus.explorer.server import serve

    def ready(address: str) -> None:
        click.echo(f"{address}\nCtrl-C ends it.")
        if host not in LOCAL:
            click.echo("Whoever reaches this machine over the network can open it.", err=True)
        if not no_open:
            import webbrowser

            webbrowser.open(address)

    serve(name, host=host, port=port, ready=ready)


COMMANDS = (explore,)
