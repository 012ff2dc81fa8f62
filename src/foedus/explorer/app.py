"""The page as an application: every request carries its whole setting, so a closed tab leaves nothing behind."""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from foedus.documents import MAX_BYTES
from foedus.errors import FoedusError, MeaningError, NumericalError
from foedus.explorer import figures, parts, sheltered, tasks
from foedus.explorer.engine import Engine
from foedus.explorer.latest import Latest, Superseded
from foedus.explorer.look import INDEX
from foedus.explorer.setting import Setting, checked, from_overlay, from_query, overlay_text, to_query
from foedus.explorer.shelf import Entry
from foedus.report.claims import view
from foedus.report.text import count, harmless, plural

READING, JUDGING = 10.0, 300.0  # seconds that reading an upload, and judging or explaining, may take
AT_ONCE = 2  # uploads that are read at the same time
_T = TypeVar("_T")
Request = Callable[[Entry, Setting, Setting | None], _T]


class Explorer:
    """The application around an engine.

    Attributes:
        dash: the application; `dash.server` is its WSGI server.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine, self.shelf = engine, engine.shelf
        self.latest, self.bench = Latest(), sheltered.Bench()
        self._uploads = threading.BoundedSemaphore(AT_ONCE)
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
        self._connect()

    def close(self) -> None:
        """Stop whatever still runs."""
        self.bench.close()
        self.engine.close()

    # --- the frame

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

    def _connect(self) -> None:
        """Which function answers what on the page."""
        on = self.dash.callback
        now = [State("tab", "data"), Input("setting", "data"), Input("other", "data")]
        on(Output("case", "children"), Output("message", "children"), Input("at", "search"), Input("opening", "data"))(
            self.opened
        )
        on(
            Output("opening", "data"),
            Output("message", "children", allow_duplicate=True),
            Input("upload", "file"),
            prevent_initial_call=True,
        )(self.uploaded)
        on(
            Output(parts.kind("found", claim=ALL), "children"),
            Output("summary", "children"),
            Output("changed", "children"),
            Output("tensions", "children"),
            Output("status", "children"),
            Output("link", "data"),
            Output("trouble-verdicts", "children"),
            *now,
            Input("full", "data"),
        )(self.verdicts)
        on(
            Output("tree", "marks"),
            Output("tree-other", "marks"),
            Output("moved", "children"),
            Output("trouble-tree", "children"),
            *now,
        )(self.tree)
        on(Output("fans", "children"), Output("trouble-fans", "children"), *now)(self.fans)
        on(
            Output("download", "data"),
            Output("message", "children", allow_duplicate=True),
            Input("save", "n_clicks"),
            State("setting", "data"),
            prevent_initial_call=True,
        )(self.saved)
        on(
            Output("why", "children"),
            Output("why", "hidden"),
            Output("beat", "disabled"),
            Input("open-claim", "data"),
            Input("beat", "n_intervals"),
            State("setting", "data"),
            prevent_initial_call=True,
        )(self.why)
        on(
            Output("full-status", "children"),
            Output("full-beat", "disabled"),
            Output("full", "data"),
            Input("in-full", "n_clicks"),
            Input("full-beat", "n_intervals"),
            State("setting", "data"),
            prevent_initial_call=True,
        )(self.judged)
        self._connect_in_the_browser()

    def _connect_in_the_browser(self) -> None:
        """What needs no server: gathering the controls, forcing, comparing, finding, copying."""
        on = self.dash.clientside_callback
        on(
            _in_browser("gather"),
            Output("setting", "data"),
            Input(parts.kind("dial", label=ALL), "value"),
            Input("prior-set", "value"),
            Input("policy", "value"),
            Input("crises", "value"),
            Input("forced", "data"),
            State("name", "data"),
            State("setting", "data"),
            prevent_initial_call=True,
        )
        on(
            _in_browser("force"),
            Output("forced", "data"),
            Input("tree", "picked"),
            Input("release", "n_clicks"),
            State("forced", "data"),
            prevent_initial_call=True,
        )
        on(
            _in_browser("hold"),
            Output("other", "data"),
            Input("hold", "n_clicks"),
            Input("drop", "n_clicks"),
            State("setting", "data"),
            prevent_initial_call=True,
        )
        on(
            _in_browser("buttons"),
            Output("drop", "hidden"),
            Output("release", "hidden"),
            Output("reset", "hidden"),
            Output("tree-other-box", "hidden"),
            Input("setting", "data"),
            Input("other", "data"),
        )
        on(
            _in_browser("reset"),
            Output("at", "href"),
            Input("reset", "n_clicks"),
            State("name", "data"),
            prevent_initial_call=True,
        )
        on(
            _in_browser("find"),
            Output(parts.kind("row", label=ALL), "hidden"),
            Output("hits", "children"),
            Input("search", "value"),
            State("words", "data"),
        )
        on(
            _in_browser("open"),
            Output("open-claim", "data"),
            Input(parts.kind("claim", claim=ALL), "n_clicks"),
            Input(parts.kind("close", what=ALL), "n_clicks"),
            prevent_initial_call=True,
        )
        on(
            _in_browser("address"),
            Output("copied", "data-done"),
            Input("link", "data"),
            Input("copy", "n_clicks"),
            prevent_initial_call=True,
        )
        on(
            _in_browser("close"),
            Output("message", "children", allow_duplicate=True),
            Input("close-message", "n_clicks"),
            prevent_initial_call=True,
        )

    # --- opening, saving

    def opened(self, search: str | None, opening: dict[str, Any] | None) -> tuple[Any, Any]:
        """The case that a link names; where it names nothing sensible, the first one, with a message."""
        query = opening["query"] if ctx.triggered_id == "opening" and opening else (search or "")
        message: Any = no_update
        try:
            data, beside = from_query(query)
            entry, setting = self.shelf.setting(data)
            against = checked(beside, entry.scenario, entry.name) if beside else None
        except FoedusError as error:
            message = parts.trouble(error)
            entry, setting = self.shelf.setting({})
            against = None
        return parts.case(entry, setting, against, self.shelf.names), message

    def uploaded(self, file: Any) -> tuple[Any, Any]:
        """A file read in a process of its own; one that is wrong leaves the page as it is."""
        if not isinstance(file, dict):
            raise PreventUpdate
        text, called = b"", _plain_name(file.get("name"))
        try:
            text = _decoded(file.get("content"))
            setting, message = self._read(text, called)
        except FoedusError as error:
            return no_update, parts.refused(error, called, text.decode("utf-8", "replace"))
        return {"query": to_query(setting), "at": time.time()}, message

    def _read(self, text: bytes, name: str) -> tuple[Setting, Any]:
        bases = self.shelf.bases()
        if not self._uploads.acquire(timeout=READING):
            raise NumericalError("other files are being read; try again in a moment")
        try:
            flat, scenario, found, data = sheltered.run(
                tasks.read, (text, name, bases), READING, lambda _: None, threading.Event()
            )
        finally:
            self._uploads.release()
        message = parts.opened(name, found.counts, found.warnings)
        if isinstance(data, dict) and isinstance(data.get("overlay"), str):
            base = self.shelf.base(data["overlay"])
            setting = from_overlay(data, text.decode("utf-8", "replace"), base.scenario, base.name)
            if setting is not None:
                return setting, message
        entry = self.shelf.keep(flat, scenario)
        return Setting(entry.name), message

    def saved(self, clicks: int | None, data: Any) -> tuple[Any, Any]:
        """The setting as an overlay file."""
        if not clicks:
            raise PreventUpdate
        try:
            entry, setting = self.shelf.setting(data)
            text = overlay_text(setting, entry.scenario, entry.base)
        except FoedusError as error:
            return no_update, parts.trouble(error)
        return {"content": text, "filename": f"{_plain_name(entry.scenario.name)}-setting.yaml", "type": "text/yaml"}, None

    # --- panels

    def _panel(self, tab: Any, panel: str, data: Any, other: Any, compute: Callable[..., _T]) -> _T | FoedusError:
        """What a panel shows of a setting and the one it is compared with; the error where there is one.

        Raises:
            PreventUpdate: nobody waits for it any more.
        """
        if not data:
            raise PreventUpdate
        check = self.latest.begin(tab if isinstance(tab, str) else "", panel)
        try:
            with self.latest.seat(check):
                entry, setting = self.shelf.setting(data)
                against = self.shelf.setting(other)[1] if other else None
                return compute(entry, setting, against, check)
        except Superseded:
            raise PreventUpdate from None
        except FoedusError as error:
            return error

    def verdicts(self, tab: Any, data: Any, other: Any, _: Any) -> tuple[Any, ...]:
        """The verdicts of all claims."""
        began = time.perf_counter()

        def compute(entry: Entry, setting: Setting, against: Setting | None, check: Callable[[], None]) -> tuple[Any, ...]:
            audit = self._judged_in_full(entry, setting) or self.engine.verdicts(entry, setting, check)
            before = self.engine.verdicts(entry, against, check) if against else None
            at = setting.prior_set or entry.scenario.reference
            old = {c.id: c for c in view(before).claims} if before else {}
            seen = {c.id: parts.found(c, old.get(c.id), at) for c in view(audit).claims}
            wanted = [output["id"]["claim"] for output in ctx.outputs_list[0]]
            return (
                [seen.get(id, no_update) for id in wanted],
                parts.summary(audit),
                parts.changes(setting, against, entry.scenario),
                parts.tensions(audit),
                self._status(entry, setting, audit.draws, time.perf_counter() - began),
                to_query(setting, against),
                None,
            )

        found = self._panel(tab, "verdicts", data, other, compute)
        if isinstance(found, FoedusError):
            return ([no_update] * len(ctx.outputs_list[0]), *([no_update] * 5), parts.trouble(found))
        return found

    def _status(self, entry: Entry, setting: Setting, draws: int, seconds: float) -> str:
        sets = plural(len(entry.scenario.prior_sets), "prior set")
        full = "Judged in full" if self._judged_in_full(entry, setting) else "At a glance"
        how = "" if self.engine.ready(entry, setting) else "; its machine code is being made, which will be quicker"
        return f"{full}: {count(draws)} draws for each of {sets}, seed {entry.scenario.seed}, {seconds * 1000:.0f} ms{how}."

    def tree(self, tab: Any, data: Any, other: Any) -> tuple[Any, ...]:
        """The game tree."""

        def compute(entry: Entry, setting: Setting, against: Setting | None, check: Callable[[], None]) -> tuple[Any, ...]:
            now = self.engine.solved(entry, setting, check)
            if against is None:
                return figures.tree(now), None, None, None
            before = self.engine.solved(entry, against, check)
            return figures.tree(now), figures.tree(before, live=False), parts.moved(before, now), None

        found = self._panel(tab, "tree", data, other, compute)
        if isinstance(found, FoedusError):
            return no_update, no_update, no_update, parts.trouble(found)
        return found

    def fans(self, tab: Any, data: Any, other: Any) -> tuple[Any, Any]:
        """The fans over the crises."""

        def compute(entry: Entry, setting: Setting, against: Setting | None, check: Callable[[], None]) -> tuple[Any, Any]:
            now = self.engine.trails(entry, setting, check)
            return parts.fans(now, self.engine.trails(entry, against, check) if against else None), None

        found = self._panel(tab, "fans", data, other, compute)
        return (no_update, parts.trouble(found)) if isinstance(found, FoedusError) else found

    # --- what takes seconds

    def _judged_in_full(self, entry: Entry, setting: Setting) -> Any:
        job = self.bench.find(_full_key(entry, setting))
        return job.result if job and job.state == "done" else None

    def judged(self, clicks: int | None, _: Any, data: Any) -> tuple[Any, bool, Any]:
        """The whole audit, as the command line does it; said to be under way until it is there."""
        if not clicks or not data:
            raise PreventUpdate
        try:
            entry, setting = self.shelf.setting(data)
        except FoedusError as error:
            return parts.trouble(error), True, no_update
        key = _full_key(entry, setting)
        if ctx.triggered_id == "full-beat" and self.bench.find(key) is None:
            return "", True, no_update  # the setting has moved on
        job = self.bench.ask(key, tasks.judged, (self._scenario(entry, setting),), JUDGING)
        if job.error is not None:
            return parts.trouble(job.error), True, no_update
        if job.state == "done":
            return "", True, time.time()
        return f"Judging in full: {harmless(job.said)}…", False, no_update

    def why(self, claim: Any, _: Any, data: Any) -> tuple[Any, Any, bool]:
        """What carries and what flips the claim that is open, computed once the setting rests."""
        if not claim or not data:
            return None, True, True
        try:
            entry, setting = self.shelf.setting(data)
            scenario = self._scenario(entry, setting)
            title = next((c for c in scenario.claims if c.id == claim), None)
            if title is None:
                raise MeaningError("no such claim")
            job = self.bench.ask(("why", entry.name, setting, title.id), tasks.explained, (scenario, title.id), JUDGING)
        except FoedusError as error:
            return parts.drawer(None, parts.trouble(error)), False, True
        if job.error is not None:
            return parts.drawer(title, parts.trouble(job.error)), False, True
        if job.state == "done":
            return parts.drawer(title, parts.why(job.result, scenario)), False, False
        said = html.P(["Working it out: ", harmless(job.said), "…"], className="x-computing", role="status")
        return parts.drawer(title, said), False, False

    def _scenario(self, entry: Entry, setting: Setting) -> Any:
        scenario = self.engine.shape(entry, setting).scenario
        return scenario.with_numbers(dict(setting.numbers)) if setting.numbers else scenario


def _in_browser(name: str) -> Any:
    """A function of `assets/explorer.js`."""
    return ClientsideFunction("foedus", name)


def _full_key(entry: Entry, setting: Setting) -> tuple[Any, ...]:
    return ("full", entry.name, setting.policy, setting.forced, setting.numbers)


def _decoded(content: Any) -> bytes:
    """The bytes of an upload.

    Raises:
        MeaningError: they did not arrive whole, or are too many.
    """
    if not isinstance(content, str) or len(content) > MAX_BYTES * 4 // 3 + 4:
        raise MeaningError(f"the file has more than {MAX_BYTES:,} bytes", fix="split it")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise MeaningError("the file did not arrive whole", fix="try again") from None


def _plain_name(name: object) -> str:
    """A file's name without folders or odd letters, as it stands in messages."""
    kept = "".join(c for c in str(name or "") if c.isalnum() or c in "._-+ ")
    return kept[-80:].strip(" .") or "file.yaml"
