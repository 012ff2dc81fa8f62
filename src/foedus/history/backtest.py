"""Forecasts of crises that are over, made without looking at them, and their scores beside those of simple rivals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.documents import digest_of
from foedus.errors import MeaningError
from foedus.history.baselines import baselines, separated
from foedus.history.cases import Array
from foedus.history.crises import Crises, read_crises
from foedus.history.forecaster import Coefficients, Forecaster
from foedus.history.forecasts import MODEL, Backtest
from foedus.history.mapping import load_forecaster

PERMUTED = "permuted"
PERMUTATIONS = 3  # of the placebo; its losses are averaged
FEW = 30  # clusters below which an interval is itself rough
Split = Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]
Progress = Callable[[str], None]


def backtest(
    cases: Crises | Path | str, *, train: Crises | Path | str | None = None, mapping: str | Path = "gallery", **options: Any
) -> Backtest:
    """Forecast cases from the solved game, and score the forecasts.

    Args:
        cases: a file in the format of the gallery of crises, the name of a shipped one, or cases already read.
        train: cases to learn the coefficients from; those of a crisis that is forecast are left out. Without it every crisis is
            forecast from the others.
        mapping: the map from codes to numbers, shipped or a file.
        options: `by_time`, `placebo`, `progress`; see `run`.

    Returns:
        Each case's forecast, scores beside those of the baselines with intervals by crisis, and what to know before believing it.

    Raises:
        InputError: what is wrong with the cases or the map, with file and line. NumericalError: the game cannot be solved.
    """
    forecaster = load_forecaster(mapping)
    found = cases if isinstance(cases, Crises) else read_crises(case_file(cases), forecaster.map)
    known = None if train is None else train if isinstance(train, Crises) else read_crises(case_file(train), forecaster.map)
    return run(forecaster, found, known, **options)


def case_file(name: Path | str) -> Path:
    """The file of cases of a name: a shipped one, or a path."""
    from importlib.resources import files

    shipped = Path(str(files("foedus.history.library") / f"{name}.yaml"))
    return shipped if shipped.is_file() else Path(name)


def run(
    forecaster: Forecaster,
    crises: Crises,
    train: Crises | None = None,
    *,
    by_time: Sequence[date] | None = None,
    placebo: bool = True,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast cases by a forecaster and by the baselines.

    Args:
        forecaster: a map with its protocol. crises: the cases. train: cases to learn from, if other than these.
        by_time: the first days of periods; each is forecast from what was over before, and earlier cases are only learnt from.
        placebo: whether to run the structure on codes dealt to the wrong cases.
        progress: told what is being done.

    Raises:
        MeaningError: there is nothing to learn from. NumericalError: the game cannot be solved for some case.
    """
    pool = crises if train is None else train
    if train is not None and by_time is not None:
        raise MeaningError("cases to learn from are named, and a split by time", fix="choose one")
    if not pool.known.any():
        raise MeaningError("there is no case to learn from: none has a response that is scored", fix="add cases, or --train")
    covariates = [n for n, c in forecaster.map.codes.items() if c.covariate]
    splits = list(_splits(crises, pool, train is not None, by_time))
    found, trained = _forecasts(forecaster, crises, pool, splits, placebo, progress)
    whole = pool.taken(pool.known)
    fitted = forecaster.fit(whole.codes, whole.happened)
    warnings = [*dict.fromkeys([*pool.warnings, *crises.warnings]), *_warnings(forecaster, crises, pool, covariates, fitted)]
    split = _in_words(train is not None, by_time, len(splits), pool)
    return Backtest(
        name=forecaster.map.map,
        title=forecaster.map.title,
        split=split,
        crises=crises,
        levels=forecaster.levels,
        coarse={
            name: {g: tuple(forecaster.levels.index(m) for m in members) for g, members in groups.items()}
            for name, groups in forecaster.map.coarse.items()
        },
        forecasts=found,
        trained=trained,
        coefficients=fitted,
        digest=digest_of(forecaster.map.model_dump(), forecaster.protocol.digest, crises.ids, crises.happened.tolist()),
        warnings=tuple(warnings),
    )


def _forecasts(
    forecaster: Forecaster,
    crises: Crises,
    pool: Crises,
    splits: Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_]]],
    placebo: bool,
    progress: Progress | None,
) -> tuple[dict[str, Array], NDArray[np.intp]]:
    """Every forecaster's forecasts, (permutation, case, level), and from how many cases each case's were learnt."""
    rivals = baselines(forecaster.map.rates, [n for n, c in forecaster.map.codes.items() if c.covariate])
    k, permutations = len(forecaster.levels), PERMUTATIONS if placebo else 0
    found = {n: np.full((1, len(crises), k), np.nan) for n in (MODEL, *rivals)}
    if placebo:
        found[PERMUTED] = np.full((permutations, len(crises), k), np.nan)
    trained = np.zeros(len(crises), dtype=np.intp)
    dealt = [_dealt(pool, crises, seed) for seed in range(permutations)]
    for number, (inside, outside) in enumerate(splits):
        if progress:
            progress(f"forecasting, split {number + 1} of {len(splits)}")
        learnt, asked = pool.taken(inside), crises.taken(outside)
        trained[outside] = len(learnt)
        found[MODEL][0, outside] = forecaster.forecast(asked.codes, forecaster.fit(learnt.codes, learnt.happened))
        for name, forecast in rivals.items():
            found[name][0, outside] = forecast(learnt, asked, k)
        for v, (theirs, mine) in enumerate(dealt):
            wrong = forecaster.fit({n: c[inside] for n, c in theirs.items()}, learnt.happened)
            found[PERMUTED][v, outside] = forecaster.forecast({n: c[outside] for n, c in mine.items()}, wrong)
    return found, trained


def _splits(crises: Crises, pool: Crises, apart: bool, by_time: Sequence[date] | None) -> Split:
    """Which cases are learnt from, and which forecast."""
    groups = np.asarray(crises.clusters)
    theirs = np.asarray(pool.clusters)
    if by_time is not None:
        edges = [*by_time, date.max]
        for first, following in pairwise(edges):
            outside = np.array([first <= d < following for d in crises.starts])
            inside = pool.known & np.array([d < first for d in pool.ends]) & ~np.isin(theirs, groups[outside])
            if outside.any() and inside.any():
                yield inside, outside
        return
    if apart:
        inside = pool.known & ~np.isin(theirs, groups)
        if not inside.any():
            raise MeaningError("every case to learn from belongs to a crisis that is forecast", fix="give other cases to --train")
        yield inside, np.ones(len(crises), dtype=np.bool_)
        return
    for cluster in dict.fromkeys(crises.clusters):
        outside = groups == cluster
        inside = pool.known & ~outside
        if not inside.any():
            raise MeaningError(
                "all cases belong to one crisis: nothing is left to learn from", fix="--train gallery, or add cases"
            )
        yield inside, outside


def _dealt(pool: Crises, crises: Crises, seed: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """The codes of other cases, whole rows, for the cases to learn from and for those to forecast."""
    one, other = (np.random.default_rng([seed, len(c)]).permutation(len(c)) for c in (pool, crises))
    return {n: c[one] for n, c in pool.codes.items()}, {n: c[other] for n, c in crises.codes.items()}


def _in_words(apart: bool, by_time: Sequence[date] | None, splits: int, pool: Crises) -> str:
    if by_time is not None:
        return f"by time, {splits} periods, each forecast from what was over before"
    if apart:
        return f"learnt from {int(pool.known.sum()):,} other cases, without any of a crisis that is forecast"
    return f"leave one crisis out, {splits} crises"


def _warnings(
    forecaster: Forecaster, crises: Crises, pool: Crises, covariates: Sequence[str], fitted: Coefficients
) -> Iterator[str]:
    if not fitted.converged:
        yield "the search for the coefficients did not end: the forecasts are of where it stopped"
    for name in separated(covariates, pool):
        yield f"separation: '{name}' by itself parts some levels from the others; priors and penalty alone keep estimates finite"
    absent = [level for k, level in enumerate(forecaster.levels) if not (pool.happened[pool.known] == k).any()]
    if absent:
        yield f"never seen in the cases to learn from: {', '.join(absent)}"
    if len(set(np.asarray(crises.clusters)[crises.known])) < FEW:
        yield f"fewer than {FEW} crises are scored: the intervals are themselves rough"
    for name, count in {**pool.filled, **crises.filled}.items():
        yield f"'{name}' is missing in {count:,} cases and stands at {forecaster.map.codes[name].missing:g} there"
    for reason, count in crises.left_out.items():
        yield f"{count:,} rows left out: {reason}"
