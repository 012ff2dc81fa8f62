"""Forecasts of past crises and their scores as tables."""

from __future__ import annotations

from foedus.history.forecasts import MODEL, Backtest
from foedus.history.scores import SCORES, Mean
from foedus.report.tables.table import Cell, Column, Range, Table

TITLES = {"log": "log score", "brier": "Brier score", "rps": "ranked probability score"}


def backtest_tables(found: Backtest) -> list[Table]:
    """Every table of a backtest."""
    scored = [scores(found), differences(found), reliability(found)] if found.n else []
    return [*scored, cases(found), coefficients(found)]


def _range(mean: Mean) -> Range:
    return Range(mean.value, mean.low, mean.high)


def scores(found: Backtest) -> Table:
    """A row for each scale and forecaster; smaller is better."""
    columns = (
        Column("scale", "text"),
        Column("forecaster", "text"),
        *(Column(s, ranged=True, title=t) for s, t in TITLES.items()),
    )
    rows: list[tuple[Cell, ...]] = [
        (scale, name.replace("_", " "), *(_range(found.score(name, s, scale)) for s in SCORES))
        for scale in found.scales
        for name in (MODEL, *found.rivals)
    ]
    return Table("scores", "Scores: smaller is better", columns, tuple(rows))


def differences(found: Backtest) -> Table:
    """A row for each scale and baseline: the model's score less the baseline's, over the same cases."""
    columns = (Column("scale", "text"), Column("baseline", "text"), *(Column(s, ranged=True, title=t) for s, t in TITLES.items()))
    rows: list[tuple[Cell, ...]] = [
        (scale, name.replace("_", " "), *(_range(found.difference(name, s, scale)) for s in SCORES))
        for scale in found.scales
        for name in found.rivals
    ]
    return Table("differences", "The model less each baseline: below zero the model is better", columns, tuple(rows))


def reliability(found: Backtest) -> Table:
    """A row for each scale and bin of forecasts of the model."""
    columns = (
        Column("scale", "text"),
        Column("forecasts", "count"),
        Column("said", "probability"),
        Column("happened", "probability", ranged=True),
        Column("band_low", "probability", title="if right, from"),
        Column("band_high", "probability", title="to"),
    )
    rows: list[tuple[Cell, ...]] = [
        (scale, b.n, b.forecast, Range(b.rate, b.low, b.high), *b.band)
        for scale in found.scales
        for b in found.calibration(scale=scale).bins
    ]
    return Table("reliability", "Reliability: what was said, and how often it happened", columns, tuple(rows))


def cases(found: Backtest) -> Table:
    """A row a case: the probability of each level, and what happened."""
    columns = (
        Column("case", "text"),
        Column("crisis", "text"),
        Column("from", "text"),
        *(Column(level, "probability", title=level.replace("_", " ")) for level in found.levels),
        Column("happened", "text"),
        Column("said", "probability", title="what it was given"),
        Column("scored", "yes"),
    )
    rows = []
    for case in found.cases():
        said = None if case["happened"] is None else case["forecast"][case["happened"]]
        word = "" if case["happened"] is None else case["happened"].replace("_", " ")
        rows.append((case["id"], case["crisis"], case["from"], *case["probabilities"], word, said, case["scored"]))
    return Table("cases", "Every case", columns, tuple(rows))


def coefficients(found: Backtest) -> Table:
    """A row for each coefficient, as learnt from all cases that can be learnt from."""
    columns = (
        Column("coefficient", "text"),
        Column("prior", "text"),
        Column("estimate"),
        Column("sd", title="standard deviation"),
    )
    rows = [
        (name, f"{row['prior_mean']:g} ± {row['prior_sd']:g}", row["estimate"], row["sd"])
        for name, row in found.coefficients.to_dict().items()
    ]
    return Table("coefficients", "Coefficients, learnt from all cases together", columns, tuple(rows))
