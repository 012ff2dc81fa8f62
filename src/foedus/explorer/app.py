"""The page as an application: every request carries its whole setting, so a closed tab leaves nothing behind."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from dash import Dash, ctx, dcc, html, no_update

from foedus.errors import FoedusError
from foedus.explorer import messages
from foedus.explorer.case import case
from foedus.explorer.engine import Engine
from foedus.explorer.files import Files
from foedus.explorer.inquiries import Inquiries
from foedus.explorer.look import INDEX
from foedus.explorer.panels import Panels
from foedus.explorer.setting import checked, from_query
from foedus.explorer.wiring import connect


class Explorer:
    """The application around an engine.

    Attributes:
        dash: the application; `dash.server` is its WSGI server.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine, self.shelf = engine, engine.shelf
        self.inquiries, files = Inquiries(engine), Files(engine.shelf)
        panels = Panels(engine, self.inquiries)
        self.dash = Dash(
            "foedus.explorer",
            assets_folder=str(Path(__file__).parent / "assets"),
            title="foedus explore",
            update_title="",
            index_string=INDEX,
            suppress_callback_exceptions=True,
            serve_locally=True,
        )
        self.dash.layout = self.layout
        answers = (self.opened, files.uploaded, files.saved, panels.verdicts, panels.tree, panels.fans)
        slow = (self.inquiries.why, self.inquiries.judged)
        connect(self.dash, {answer.__name__: answer for answer in (*answers, *slow)})

    def close(self) -> None:
        """Stop whatever still runs."""
        self.inquiries.close()
        self.engine.close()

    def layout(self) -> html.Div:
        """The page before a case is opened; each load gets a tab of its own."""
        return html.Div(
            [
                dcc.Location(id="at", refresh=False),
                dcc.Store(id="tab", data=secrets.token_hex(8)),
                dcc.Store(id="opening"),
                dcc.Store(id="link"),
                dcc.Download(id="download"),
                dcc.Interval(id="beat", interval=600, disabled=True),
                dcc.Interval(id="full-beat", interval=600, disabled=True),
                html.A("Skip to the claims", href="#claims", className="skip"),
                html.Div(id="message", role="status", className="x-message"),
                html.Div(html.P("Opening…", className="x-opening"), id="case"),
                html.Aside(id="why", className="x-why", hidden=True, **{"aria-label": "Why"}),
            ]
        )

    def opened(self, search: str | None, opening: dict[str, Any] | None) -> tuple[Any, Any]:
        """The case that a link names; where it names nothing sensible, the first one, with a message."""
        query = opening["query"] if ctx.triggered_id == "opening" and opening else (search or "")
        message: Any = no_update
        try:
            data, beside = from_query(query)
            entry, setting = self.shelf.setting(data)
            against = checked(beside, entry.scenario, entry.name) if beside else None
        except FoedusError as error:
            message = messages.trouble(error)
            entry, setting = self.shelf.setting({})
            against = None
        return case(entry, setting, against, self.shelf.names), message
