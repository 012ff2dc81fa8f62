"""Which function answers what on the page, as two tables: what the server computes, and what the browser does by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State

from foedus.explorer.widgets import kind

Answer = Callable[..., Any]

SETTING = State("setting", "data")
NOW = (State("tab", "data"), Input("setting", "data"), Input("other", "data"))
LATER = {"prevent_initial_call": True}
SAID = Output("message", "children", allow_duplicate=True)


def _panel(name: str, *outputs: tuple[str, str]) -> tuple[Output, ...]:
    """The outputs of a panel, with the place of its errors last."""
    return *(Output(*output) for output in outputs), Output(f"trouble-{name}", "children")


# what answers, its outputs and inputs, and whether it waits for something to happen
SERVER: tuple[tuple[str, tuple[Any, ...], Mapping[str, Any]], ...] = (
    ("opened", (Output("case", "children"), Output("message", "children"), Input("at", "search"), Input("opening", "data")), {}),
    ("uploaded", (Output("opening", "data"), SAID, Input("upload", "file")), LATER),
    ("saved", (Output("download", "data"), SAID, Input("save", "n_clicks"), SETTING), LATER),
    (
        "verdicts",
        (
            *_panel(
                "verdicts",
                *(("found", "marks"), ("summary", "marks"), ("changed", "marks"), ("tensions", "marks")),
                *(("status", "children"), ("link", "data")),
            ),
            *(*NOW, Input("full", "data")),
        ),
        {},
    ),
    ("tree", (*_panel("tree", ("tree", "marks"), ("tree-other", "marks"), ("moved", "marks")), *NOW), {}),
    ("fans", (*_panel("fans", ("fans", "marks")), *NOW), {}),
    (
        "why",
        (
            *(Output("why", "children"), Output("why", "hidden"), Output("beat", "disabled")),
            *(Input("open-claim", "data"), Input("beat", "n_intervals"), SETTING),
        ),
        LATER,
    ),
    (
        "judged",
        (
            *(Output("full-status", "children"), Output("full-beat", "disabled"), Output("full", "data")),
            *(Input("in-full", "n_clicks"), Input("full-beat", "n_intervals"), SETTING),
        ),
        LATER,
    ),
)

# functions of `assets/explorer.js`
BROWSER: tuple[tuple[str, tuple[Any, ...], Mapping[str, Any]], ...] = (
    (
        "gather",
        (
            Output("setting", "data"),
            *(Input(kind("dial", label=ALL), "value"), Input("prior-set", "value"), Input("policy", "value")),
            *(Input("crises", "value"), Input("forced", "data"), State("name", "data"), SETTING),
        ),
        LATER,
    ),
    ("force", (Output("forced", "data"), Input("tree", "picked"), Input("release", "n_clicks"), State("forced", "data")), LATER),
    ("hold", (Output("other", "data"), Input("hold", "n_clicks"), Input("drop", "n_clicks"), SETTING), LATER),
    (
        "buttons",
        (
            *(Output(id, "hidden") for id in ("drop", "release", "reset", "tree-other-box")),
            *(Input("setting", "data"), Input("other", "data")),
        ),
        {},
    ),
    ("reset", (Output("at", "href"), Input("reset", "n_clicks"), State("name", "data")), LATER),
    (
        "find",
        (
            *(Output(kind("row", label=ALL), "hidden"), Output("hits", "children")),
            *(Input("search", "value"), State("words", "data")),
        ),
        {},
    ),
    ("open", (Output("open-claim", "data"), Input("found", "picked"), Input(kind("close", what=ALL), "n_clicks")), LATER),
    ("address", (Output("copied", "data-done"), Input("link", "data"), Input("copy", "n_clicks")), LATER),
    ("close", (SAID, Input("close-message", "n_clicks")), LATER),
)


def connect(dash: Dash, answers: Mapping[str, Answer]) -> None:
    """Connect the page with what answers it, by the names of the table."""
    for name, parts, how in SERVER:
        dash.callback(*parts, **how)(answers[name])
    for name, parts, how in BROWSER:
        dash.clientside_callback(ClientsideFunction("foedus", name), *parts, **how)
