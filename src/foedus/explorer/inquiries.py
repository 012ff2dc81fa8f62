"""What takes seconds: judging in full and explaining, each in a process of its own, asked for again until it is there."""

from __future__ import annotations

import time
from typing import Any

from dash import ctx, html, no_update
from dash.exceptions import PreventUpdate

from foedus.errors import FoedusError, MeaningError
from foedus.explorer import messages, tasks
from foedus.explorer.engine import Engine
from foedus.explorer.setting import Setting
from foedus.explorer.shelf import Entry
from foedus.explorer.sheltered import Bench
from foedus.report.text import harmless
from foedus.scenario.scenario import Scenario

LONGEST = 300.0  # seconds


class Inquiries:
    """Judging in full and explaining.

    Args:
        engine: whose scenarios they are about.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine, self.bench = engine, Bench()

    def close(self) -> None:
        """Stop whatever still runs."""
        self.bench.close()

    def full(self, entry: Entry, setting: Setting) -> Any:
        """The whole audit of a setting, where it was asked for and is there."""
        job = self.bench.find(_key(entry, setting))
        return job.result if job and job.state == "done" else None

    def judged(self, clicks: int | None, _: Any, data: Any) -> tuple[Any, bool, Any]:
        """The whole audit, as the command line does it; said to be under way until it is there."""
        if not clicks or not data:
            raise PreventUpdate
        try:
            entry, setting = self.engine.shelf.setting(data)
        except FoedusError as error:
            return messages.trouble(error), True, no_update
        key = _key(entry, setting)
        if ctx.triggered_id == "full-beat" and self.bench.find(key) is None:
            return "", True, no_update  # the setting has moved on
        job = self.bench.ask(key, tasks.judged, (self._scenario(entry, setting),), LONGEST)
        if job.error is not None:
            return messages.trouble(job.error), True, no_update
        if job.state == "done":
            return "", True, time.time()
        return f"Judging in full: {harmless(job.said)}…", False, no_update

    def why(self, picked: Any, _: Any, data: Any) -> tuple[Any, Any, bool]:
        """What carries and what flips the claim that is open, computed once the setting rests."""
        if not picked or not data:
            return None, True, True
        try:
            entry, setting = self.engine.shelf.setting(data)
            scenario = self._scenario(entry, setting)
            claim = next((c for c in scenario.claims if c.id == picked), None)
            if claim is None:
                raise MeaningError("no such claim")
            job = self.bench.ask(("why", entry.name, setting, claim.id), tasks.explained, (scenario, claim.id), LONGEST)
        except FoedusError as error:
            return messages.drawer(None, messages.trouble(error)), False, True
        if job.error is not None:
            return messages.drawer(claim, messages.trouble(job.error)), False, True
        if job.state == "done":
            return messages.drawer(claim, messages.why(job.result, scenario)), False, False
        said = html.P(["Working it out: ", harmless(job.said), "…"], className="x-computing", role="status")
        return messages.drawer(claim, said), False, False

    def _scenario(self, entry: Entry, setting: Setting) -> Scenario:
        scenario = self.engine.shape(entry, setting).scenario
        return scenario.with_numbers(dict(setting.numbers)) if setting.numbers else scenario


def _key(entry: Entry, setting: Setting) -> tuple[Any, ...]:
    return ("full", entry.name, setting.policy, setting.forced, setting.numbers)
