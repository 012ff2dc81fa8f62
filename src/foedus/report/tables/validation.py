"""How well such a model has forecast crises that it had not seen: the stored backtests of foedus, and one that the user gives.

The user's is what `foedus backtest --json` printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foedus.documents import read_document
from foedus.errors import InputError, ShapeError
from foedus.history.validation import Validated, validated
from foedus.report.tables.table import Cell, Column, Form, Range, Table

FIX = "give the file that 'foedus backtest CASES --json' printed"
_COLUMNS = (Column("forecaster", "text"), Column("score", ranged=True), Column("difference", ranged=True, title="model less it"))
NAMES = {"log": "log score", "brier": "Brier score", "rps": "ranked probability score"}


@dataclass(frozen=True)
class Rate:
    """Forecasts of about one probability, and how often the thing happened, with its interval."""

    forecast: float
    rate: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Validation:
    """Stored scores.

    Attributes:
        n: cases. clusters: crises that they belong to, which errors are reckoned by.
        scores: each forecaster's losses, and how much more each rival loses than the model.
        cases: each with the forecast and what happened.
    """

    source: str
    split: str
    n: int
    clusters: int
    scores: Table
    rates: tuple[Rate, ...]
    cases: Table
    warnings: tuple[str, ...] = field(default_factory=tuple)


def read_validation(path: Path) -> Validation:
    """Read a stored backtest.

    Raises:
        InputError: this is none, with file and line.
    """
    document = read_document(path)
    data = document.data if isinstance(document.data, dict) else {}
    if not isinstance(data.get("n"), int) or not isinstance(data.get("scores"), dict):
        raise ShapeError("this is no stored backtest: it has no 'n' and no 'scores'", document.place(()), FIX)
    try:
        return Validation(
            source=path.name,
            split=str(data.get("split", "")),
            n=data["n"],
            clusters=int(data.get("clusters") or data["n"]),
            scores=_scores(data["scores"]),
            rates=tuple(_rates(data.get("calibration", {}))),
            cases=_cases(data.get("cases", []), [str(level) for level in data.get("levels", [])]),
            warnings=tuple(map(str, data.get("warnings", []))),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"a stored backtest that cannot be read: {error!r}", document.place(()), FIX) from None


def _scores(data: Mapping[str, Any]) -> Table:
    (model, own), *_ = ((k, v) for k, v in data.items() if k not in ("baselines", "differences"))
    kinds = [k for k, v in own.items() if isinstance(v, int | float)]
    rows: list[tuple[Cell, ...]] = [(model, *(_ranged(own, k) for k in kinds), None)]
    for name, scores in data.get("baselines", {}).items():
        worse = data.get("differences", {}).get(name)
        rows.append((str(name), *(_ranged(scores, k) for k in kinds), _ranged(worse, kinds[0]) if worse else None))
    columns = (
        Column("forecaster", "text"),
        *(Column(k, title=NAMES.get(k, k), ranged=True) for k in kinds),
        Column("difference", "effect", title=f"model less this, {NAMES.get(kinds[0], kinds[0])}", ranged=True),
    )
    return Table("scores", "Losses: less is better, with 95% intervals by crisis", columns, tuple(rows))


def _ranged(scores: Mapping[str, Any], kind: str) -> Range | None:
    value = scores.get(kind)
    if value is None:
        return None
    low, high = scores.get("intervals", {}).get(kind, (value, value))
    return Range(float(value), float(value if low is None else low), float(value if high is None else high))


def _rates(data: Mapping[str, Any]) -> list[Rate]:
    scale: Any = data.get("levels") or next(iter(data.values()), {})
    found = scale.get("bins", []) if isinstance(scale, dict) else []
    return [Rate(b["forecast"], b["rate"], b["low"], b["high"], int(b["n"])) for b in found if b["n"]]


def _cases(data: list[Mapping[str, Any]], levels: list[str]) -> Table:
    form: Form = "probability"
    columns = (
        Column("case", "text"),
        *(Column(level, form) for level in levels),
        Column("happened", "text"),
        Column("log", title="log loss"),
    )
    rows = tuple(
        (
            str(case["id"]),
            *(float(case["forecast"][level]) for level in levels),
            str(case.get("happened") or "not known"),
            None if case.get("log") is None else float(case["log"]),
        )
        for case in data
    )
    return Table("cases", "Every case with its forecast and what happened", columns, rows)


def validation_tables() -> list[Table]:
    """One table for each stored backtest: each forecaster's score, and the model's less it."""
    return [_table(one) for one in validated()]


def _table(one: Validated) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for s in one.scores:
        off = None if s.difference is None else Range(*s.difference)
        rows.append((s.forecaster.replace("_", " "), Range(s.value, s.low, s.high), off))
    score = "log score, nats" if one.score == "log" else "Brier score"
    title = f"{one.title}: {score} of {one.n:,} cases, {one.split} ({one.date}, foedus {one.version}). {one.sentence}"
    return Table(f"validation_{one.name}", title, _COLUMNS, tuple(rows))
