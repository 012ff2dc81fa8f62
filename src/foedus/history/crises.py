"""Cases to be forecast: what is known of each by code, what happened, and what hangs together; and the reader of case files."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.documents import Document, read_document
from foedus.errors import InputError, MeaningError, NotFoundError, Place, nearest
from foedus.history.cases import Array
from foedus.history.maps.schema import CaseFileSchema, CaseSchema, CodeSchema, Loose, MapSchema
from foedus.schema import validate

UNKNOWN = -1  # what happened in a case that is only forecast
ERAS = ((1944, "to 1944"), (1989, "1945-1989"), (9999, "from 1990"))
Level = NDArray[np.intp]
_TRANSFORMS: Mapping[str, Callable[[float], float]] = {"log": math.log, "log1p": math.log1p, "sqrt": math.sqrt}


@dataclass(frozen=True)
class Crises:
    """Cases to be forecast, all arrays (case,).

    Attributes:
        ids: of the cases. clusters: the crisis or war of each; cases of one hang together and are left out together.
        pairs: client and patron, for what the same pair did last. starts, ends: the first and last day.
        fields: by name, words by which rates are counted. codes: by name, numbers.
        happened: the index of a level, or -1 where that is not known. scored: whether a case is trained on and scored.
        alternatives: other levels that a coder could have seen, for each case; empty where nobody said.
        filled: how often a missing code was filled as the map says. left_out: reason to how many rows were no case.
        warnings: what a reader must know.
    """

    ids: tuple[str, ...]
    clusters: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    starts: tuple[date, ...]
    ends: tuple[date, ...]
    fields: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Array]
    happened: Level
    scored: NDArray[np.bool_]
    alternatives: tuple[tuple[int, ...], ...] = ()
    filled: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def taken(self, where: Any) -> Crises:
        """Some of the cases, by index or by mask."""
        rows = np.arange(len(self))[where]

        def pick(values: Sequence[Any]) -> tuple[Any, ...]:
            return tuple(values[int(r)] for r in rows)

        return replace(
            self,
            ids=pick(self.ids),
            clusters=pick(self.clusters),
            pairs=pick(self.pairs),
            starts=pick(self.starts),
            ends=pick(self.ends),
            fields={n: pick(v) for n, v in self.fields.items()},
            codes={n: v[rows] for n, v in self.codes.items()},
            happened=self.happened[rows],
            scored=self.scored[rows],
            alternatives=pick(self.alternatives) if self.alternatives else (),
        )

    @property
    def known(self) -> NDArray[np.bool_]:
        """The cases that can be learnt from."""
        found: NDArray[np.bool_] = self.scored & (self.happened != UNKNOWN)
        return found


def era_of(year: int) -> str:
    """The era of a year: before 1945, the Cold War, after it."""
    return next(name for last, name in ERAS if year <= last)


def read_crises(path: Path | str, given: MapSchema) -> Crises:
    """The cases of a file, coded by a map.

    Raises:
        InputError: no such file, or what is wrong with it, with the line: a key that is missing, misspelt or outside its scale, a
            case without a crisis, two of one name, a window that ends before it starts, or one that ends after the vantage and is
            marked as usable at it.
    """
    return crises_of(read_document(path), given)


def crises_of(document: Document, given: MapSchema) -> Crises:
    """The cases of a document; see `read_crises`."""
    if not isinstance(document.data, dict) or "cases" not in document.data:
        fix = "see docs/backtest.md, or 'foedus schema cases'"
        raise MeaningError("this is no file of cases: the key 'cases' is missing", document.place(()), fix)
    cases = validate(CaseFileSchema, document).cases
    _check_keys(cases, document)
    _check_cases(cases, document, given)
    data = document.data["cases"]
    codes, filled = coded(data, given, lambda k, name: document.place(("cases", k, *_path(given.codes[name], name))))
    starts, ends = (
        [date.fromisoformat(d) for d in days] for days in zip(*((c.window.start, c.window.end) for c in cases), strict=True)
    )
    return Crises(
        ids=tuple(c.id for c in cases),
        clusters=tuple(c.crisis_id for c in cases),
        pairs=tuple((c.client, c.patron) for c in cases),
        starts=tuple(starts),
        ends=tuple(ends),
        fields={
            "era": tuple(era_of(d.year) for d in starts),
            "formal_commitment.kind": tuple(c.formal_commitment.kind for c in cases),
        },
        codes=codes,
        happened=np.array([UNKNOWN if c.response is None or c.response.level is None else c.response.level for c in cases]),
        scored=np.array([not c.flagship for c in cases]),
        alternatives=tuple(tuple(c.response.alt) if c.response else () for c in cases),
        filled=filled,
        warnings=tuple(_warnings(cases)),
    )


def coded(
    rows: Sequence[Mapping[str, Any]], given: MapSchema, place: Callable[[int, str], Place | None]
) -> tuple[dict[str, Array], dict[str, int]]:
    """The codes of rows of plain data, by name, and how often a missing one was filled.

    Args:
        rows: one a case. given: the map. place: where a code of a row stands, for messages.

    Raises:
        MeaningError: a covariate is missing and the map says nothing to stand for it, or it is a word that the map does not know.
    """
    found: dict[str, Array] = {}
    filled: dict[str, int] = {}
    for name, code in _in_order(given.codes):
        if code.product:
            found[name] = np.prod([found[p] for p in code.product], axis=0)
            continue
        column, count = np.empty(len(rows)), 0
        for k, row in enumerate(rows):
            try:
                value = _number(code, name, _field(row, code, name))
                if value is None and code.instead:
                    value = float(found[code.instead][k])
                if value is None:
                    if code.missing is None:
                        raise MeaningError(
                            f"the covariate '{'.'.join(_path(code, name))}' is missing", fix="give it, or leave the case out"
                        )
                    value, count = float(code.missing), count + 1
            except InputError as error:
                raise error.at(place(k, name)) from None
            column[k] = value
        found[name] = column
        if count:
            filled[name] = count
    return {name: found[name] for name in given.codes}, filled


def _in_order(codes: Mapping[str, CodeSchema]) -> Iterable[tuple[str, CodeSchema]]:
    """Those that others are made of come first."""
    return sorted(codes.items(), key=lambda item: (bool(item[1].product), bool(item[1].instead)))


def _path(code: CodeSchema, name: str) -> tuple[str, ...]:
    return tuple((code.field or name).split("."))


def _field(row: Mapping[str, Any], code: CodeSchema, name: str) -> Any:
    value: Any = row
    for key in _path(code, name):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _number(code: CodeSchema, name: str, value: Any) -> float | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if code.values:
        word = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, int | float) else str(value)
        if word not in code.values:
            raise MeaningError(f"'{word}' is no value of '{'.'.join(_path(code, name))}'", fix=nearest(word, code.values))
        return float(code.values[word])
    number = float(value)
    if code.range:
        number = min(max(number, float(code.range[0])), float(code.range[1]))
    return _TRANSFORMS[code.transform](number) if code.transform else number


def _check_keys(cases: Sequence[CaseSchema], document: Document) -> None:
    """Refuse a key that is nearly one that is known: the others are notes."""

    def check(part: Loose, path: tuple[str | int, ...]) -> None:
        known = [f.alias or name for name, f in type(part).model_fields.items()]
        for key in part.model_extra or {}:
            if difflib.get_close_matches(key, known, n=1, cutoff=0.8):
                raise NotFoundError(f"unknown key '{key}'", document.place((*path, key)), nearest(key, known))
        for name, f in type(part).model_fields.items():
            if isinstance(inner := getattr(part, name), Loose):
                check(inner, (*path, f.alias or name))

    for k, case in enumerate(cases):
        check(case, ("cases", k))


def _check_cases(cases: Sequence[CaseSchema], document: Document, given: MapSchema) -> None:
    seen: dict[str, int] = {}
    for k, case in enumerate(cases):

        def at(*path: str, k: int = k) -> Place:
            return document.place(("cases", k, *path))

        if case.id in seen:
            first = document.place(("cases", seen[case.id], "id"))
            raise MeaningError(f"two cases are called '{case.id}' (the other on line {first.line})", at("id"), "rename one")
        seen[case.id] = k
        for key, day in (("from", case.window.start), ("to", case.window.end)):
            try:
                date.fromisoformat(day)
            except ValueError:
                raise MeaningError(f"'{day}' is no day", at("window", key), "write YYYY-MM-DD") from None
        if case.window.end < case.window.start:
            raise MeaningError("the window ends before it starts", at("window", "to"), "check both days")
        if case.usable_at_vantage and given.vantage and case.window.end >= given.vantage:
            what = f"marked as usable at the vantage, {given.vantage}, though the window ends on {case.window.end}"
            raise MeaningError(what, at("usable_at_vantage"), "write false")


def _warnings(cases: Sequence[CaseSchema]) -> Iterable[str]:
    aside = [c.id for c in cases if c.flagship]
    if aside:
        yield f"{len(aside)} cases are the shipped scenario itself: forecast, not learnt from, not scored ({', '.join(aside)})"
    open_ = sum(c.response is None or c.response.level is None for c in cases)
    if open_:
        yield f"{open_} cases without a response: forecast, not scored"
