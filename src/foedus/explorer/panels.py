"""The three panels of a page, each the answer to a request of its own that carries the whole setting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from dash import no_update
from dash.exceptions import PreventUpdate
from flask import g, has_request_context

from foedus.errors import FoedusError
from foedus.explorer import courses, findings, messages
from foedus.explorer.engine import Check, Engine
from foedus.explorer.figures import plain, tree
from foedus.explorer.inquiries import Inquiries
from foedus.explorer.latest import Latest, Superseded
from foedus.explorer.setting import Setting, to_query
from foedus.explorer.shelf import Entry
from foedus.report.drawing.marks import Mark
from foedus.report.text import count, plural

_T = TypeVar("_T")


def drawn(marks: Mark | list[Mark]) -> Any:
    """What a drawing component takes."""
    return [plain(m) for m in marks] if isinstance(marks, list) else plain(marks)


class Panels:
    """What the panels show.

    Args:
        engine: computes it. inquiries: where a setting may have been judged in full.
    """

    def __init__(self, engine: Engine, inquiries: Inquiries) -> None:
        self.engine, self.inquiries, self.latest = engine, inquiries, Latest()

    def verdicts(self, tab: Any, data: Any, other: Any, _: Any) -> tuple[Any, ...]:
        """The verdicts of all claims."""
        began = time.perf_counter()

        def find(entry: Entry, setting: Setting, against: Setting | None, check: Check) -> tuple[Any, ...]:
            audit = self.inquiries.full(entry, setting) or self.engine.verdicts(entry, setting, check)
            before = self.engine.verdicts(entry, against, check) if against else None
            return entry, setting, against, audit, before

        found = self._of(tab, "verdicts", data, other, find)
        if isinstance(found, FoedusError):
            return *([no_update] * 6), messages.trouble(found)
        entry, setting, against, audit, before = found
        return (
            drawn(findings.claims(entry.scenario, audit, before, setting.prior_set or entry.scenario.reference)),
            drawn(findings.summary(audit)),
            drawn(findings.changes(setting, against, entry.scenario)),
            drawn(findings.tensions(audit)),
            self._status(entry, setting, audit.draws, time.perf_counter() - began),
            to_query(setting, against),
            None,
        )

    def tree(self, tab: Any, data: Any, other: Any) -> tuple[Any, ...]:
        """The game tree."""

        def find(entry: Entry, setting: Setting, against: Setting | None, check: Check) -> tuple[Any, Any]:
            now = self.engine.solved(entry, setting, check)
            return now, self.engine.solved(entry, against, check) if against else None

        found = self._of(tab, "tree", data, other, find)
        if isinstance(found, FoedusError):
            return no_update, no_update, no_update, messages.trouble(found)
        now, before = found
        if before is None:
            return drawn(tree(now)), None, None, None
        return drawn(tree(now)), drawn(tree(before, live=False)), drawn(courses.moved(before, now)), None

    def fans(self, tab: Any, data: Any, other: Any) -> tuple[Any, Any]:
        """The fans over the crises."""

        def find(entry: Entry, setting: Setting, against: Setting | None, check: Check) -> tuple[Any, Any]:
            now = self.engine.trails(entry, setting, check)
            return now, self.engine.trails(entry, against, check) if against else None

        found = self._of(tab, "fans", data, other, find)
        return (no_update, messages.trouble(found)) if isinstance(found, FoedusError) else (drawn(courses.fans(*found)), None)

    def _of(self, tab: Any, panel: str, data: Any, other: Any, find: Callable[..., _T]) -> _T | FoedusError:
        """What is found of a setting and the one it is compared with; the error where there is one.

        Raises:
            PreventUpdate: nobody waits for it any more.
        """
        if not data:
            raise PreventUpdate
        check = self.latest.begin(tab if isinstance(tab, str) else "", panel)
        try:
            with self.latest.seat(check):
                began = time.perf_counter()
                entry, setting = self.engine.shelf.setting(data)
                against = self.engine.shelf.setting(other)[1] if other else None
                found = find(entry, setting, against, check)
                if has_request_context():
                    g.engine = time.perf_counter() - began  # the answer's header tells it (see `server.guard`)
                return found
        except Superseded:
            raise PreventUpdate from None
        except FoedusError as error:
            return error

    def _status(self, entry: Entry, setting: Setting, draws: int, seconds: float) -> str:
        sets = plural(len(entry.scenario.prior_sets), "prior set")
        full = "Judged in full" if self.inquiries.full(entry, setting) else "At a glance"
        how = "" if self.engine.ready(entry, setting) else "; its machine code is being made, which will be quicker"
        return f"{full}: {count(draws)} draws for each of {sets}, seed {entry.scenario.seed}, {seconds * 1000:.0f} ms{how}."
