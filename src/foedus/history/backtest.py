"""Forecasts of crises that are over, made without looking at them, and their scores beside those of simple rivals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.documents import digest_of, finite
from foedus.errors import MeaningError, NotFoundError, nearest
from foedus.history import scores
from foedus.history.baselines import baselines, separated
from foedus.history.cases import Array
from foedus.history.crises import UNKNOWN, Crises, Level, read_crises
from foedus.history.forecaster import Coefficients, Forecaster, load_forecaster
from foedus.history.scores import Calibration, Mean

MODEL, PERMUTED = "model", "permuted"
PERMUTATIONS = 3  # of the placebo; its losses are averaged
FEW = 30  # clusters below which an interval is itself rough
Split = Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Backtest:
    """Forecasts and what happened.

    Attributes:
        name: the map. split: how cases to learn from and cases to forecast were kept apart, in words.
        crises: the cases that were forecast.
        levels: from least to most. coarse: by name, fewer levels and the indices of the levels of each.
        forecasts: by forecaster, (variant, case, level); only the placebo has several variants.
        trained: how many cases each forecast was learnt from, (case,).
        coefficients: as learnt from all cases that can be learnt from; no forecast here comes from them unless there is one split.
        warnings: what a reader must know.
    """

    name: str
    title: str
    split: str
    crises: Crises
    levels: tuple[str, ...]
    coarse: Mapping[str, Mapping[str, tuple[int, ...]]]
    forecasts: Mapping[str, Array] = field(repr=False)
    trained: Level = field(repr=False)
    coefficients: Coefficients = field(repr=False)
    digest: str = ""
    warnings: tuple[str, ...] = ()

    @cached_property
    def _rows(self) -> NDArray[np.bool_]:
        return self.crises.known & np.isfinite(self.forecasts[MODEL][0]).all(axis=1)

    @property
    def n(self) -> int:
        """How many cases are scored."""
        return int(self._rows.sum())

    @property
    def clusters(self) -> NDArray[Any]:
        """The crisis or war of each scored case."""
        return np.asarray(self.crises.clusters)[self._rows]

    @property
    def rivals(self) -> tuple[str, ...]:
        """The names of the baselines."""
        return tuple(n for n in self.forecasts if n != MODEL)

    @property
    def scales(self) -> tuple[str, ...]:
        """The scales on which there are scores: the levels, then the coarser ones."""
        return ("levels", *self.coarse)

    def happened(self, scale: str = "levels") -> Level:
        """What happened in the scored cases, (case,), on a scale."""
        y = self.crises.happened[self._rows]
        if scale == "levels":
            return y
        of = {k: g for g, members in enumerate(self._groups(scale).values()) for k in members}
        return np.array([of[int(k)] for k in y], dtype=np.intp)

    def forecast(self, name: str = MODEL, scale: str = "levels") -> Array:
        """The forecasts of the scored cases, (variant, case, level), on a scale."""
        p = self.forecasts[name][:, self._rows]
        if scale == "levels":
            return p
        return np.stack([p[:, :, list(members)].sum(axis=2) for members in self._groups(scale).values()], axis=2)

    def losses(self, name: str, score: str, scale: str = "levels") -> Array:
        """The loss of each scored case, (case,), on average over variants."""
        y = self.happened(scale)
        found: Array = np.mean([scores.SCORES[score](p, y) for p in self.forecast(name, scale)], axis=0)
        return found

    def score(self, name: str, score: str, scale: str = "levels") -> Mean:
        """A forecaster's score with its error by crisis."""
        return scores.mean(self.losses(name, score, scale), self.clusters)

    def difference(self, name: str, score: str, scale: str = "levels") -> Mean:
        """The model's score less that of a baseline, over the same cases, with its error by crisis: below zero the model is better."""
        return scores.difference(self.losses(MODEL, score, scale), self.losses(name, score, scale), self.clusters)

    def calibration(self, name: str = MODEL, scale: str = "levels", bins: int = 5) -> Calibration:
        """Whether what was given a probability happened as often as that."""
        return scores.calibration(self.forecast(name, scale)[0], self.happened(scale), self.clusters, bins=bins)

    def _groups(self, scale: str) -> Mapping[str, tuple[int, ...]]:
        if scale not in self.coarse:
            raise NotFoundError(f"no scale '{scale}'", fix=nearest(scale, self.scales))
        return self.coarse[scale]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `foedus backtest --json` prints it."""
        found = {
            "map": self.name,
            "digest": self.digest,
            "split": self.split,
            "n": self.n,
            "clusters": len(set(self.clusters)),
            "levels": list(self.levels),
            "scores": self._scores("levels") if self.n else {},
            "coarse": {name: {"levels": list(groups)} | (self._scores(name) if self.n else {}) for name, groups in self.coarse.items()},
            "calibration": {scale: self.calibration(scale=scale).to_dict() for scale in self.scales} if self.n else {},
            "coefficients": self.coefficients.to_dict(),
            "cases": self.cases(),
            "left_out": dict(self.crises.left_out),
            "filled": dict(self.crises.filled),
            "warnings": list(self.warnings),
        }
        clean: dict[str, Any] = finite(found)
        return clean

    def _scores(self, scale: str) -> dict[str, Any]:
        def means(of: Callable[[str], Mean]) -> dict[str, Any]:
            found = {score: of(score) for score in scores.SCORES}
            return {s: m.value for s, m in found.items()} | {
                "errors": {s: m.error for s, m in found.items()},
                "intervals": {s: [m.low, m.high] for s, m in found.items()},
            }

        return {
            MODEL: means(lambda s: self.score(MODEL, s, scale)),
            "baselines": {n: means(lambda s, n=n: self.score(n, s, scale)) for n in self.rivals},  # type: ignore[misc]
            "differences": {n: means(lambda s, n=n: self.difference(n, s, scale)) for n in self.rivals},  # type: ignore[misc]
        }

    def cases(self) -> list[dict[str, Any]]:
        """Every case with its forecast and what happened."""
        found = []
        for k, id in enumerate(self.crises.ids):
            p, y = self.forecasts[MODEL][0, k], int(self.crises.happened[k])
            found.append(
                {
                    "id": id,
                    "crisis": self.crises.clusters[k],
                    "client": self.crises.pairs[k][0],
                    "patron": self.crises.pairs[k][1],
                    "from": self.crises.starts[k].isoformat(),
                    "to": self.crises.ends[k].isoformat(),
                    "probabilities": p.tolist(),
                    "forecast": dict(zip(self.levels, p.tolist(), strict=True)),
                    "coarse": {
                        name: {g: float(p[list(members)].sum()) for g, members in groups.items()} for name, groups in self.coarse.items()
                    },
                    "happened": None if y == UNKNOWN else self.levels[y],
                    "response": None if y == UNKNOWN else y,
                    "log": None if y == UNKNOWN else float(-np.log(p[y])),
                    "scored": bool(self._rows[k]),
                    "trained_on": int(self.trained[k]),
                }
            )
        return found


def backtest(
    cases: Crises | Path | str, *, train: Crises | Path | str | None = None, map: str | Path = "gallery", **options: Any
) -> Backtest:
    """Forecast cases from the solved game, and score the forecasts.

    Args:
        cases: a file in the format of the gallery of crises, the name of a shipped one, or cases already read.
        train: cases to learn the coefficients from; those of a crisis that is forecast are left out of them. Without it every crisis
            is forecast from the others.
        map: the map from codes to numbers, shipped or a file.
        options: `by_time`, `placebo`, `progress`; see `run`.

    Raises:
        InputError: what is wrong with the cases or the map, with file and line. NumericalError: the game cannot be solved.
    """
    forecaster = load_forecaster(map)
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
    names = [MODEL, *baselines(forecaster.map.rates, covariates), *([PERMUTED] if placebo else [])]
    k = len(forecaster.levels)
    found = {n: np.full((PERMUTATIONS if n == PERMUTED else 1, len(crises), k), np.nan) for n in names}
    trained = np.zeros(len(crises), dtype=np.intp)
    dealt = [_dealt(pool, crises, seed) for seed in range(PERMUTATIONS if placebo else 0)]
    for number, (inside, outside) in enumerate(splits):
        if progress:
            progress(f"forecasting, split {number + 1} of {len(splits)}")
        learnt, asked = pool.taken(inside), crises.taken(outside)
        trained[outside] = len(learnt)
        fitted = forecaster.fit(learnt.codes, learnt.happened)
        found[MODEL][0, outside] = forecaster.forecast(asked.codes, fitted)
        for name, forecast in baselines(forecaster.map.rates, covariates).items():
            found[name][0, outside] = forecast(learnt, asked, k)
        for v, (theirs, mine) in enumerate(dealt):
            wrong = forecaster.fit({n: c[inside] for n, c in theirs.items()}, learnt.happened)
            found[PERMUTED][v, outside] = forecaster.forecast({n: c[outside] for n, c in mine.items()}, wrong)
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


def _splits(crises: Crises, pool: Crises, apart: bool, by_time: Sequence[date] | None) -> Split:
    """Which cases are learnt from, and which forecast."""
    groups = np.asarray(crises.clusters)
    theirs = np.asarray(pool.clusters)
    if by_time is not None:
        edges = [*by_time, date.max]
        for first, following in zip(edges[:-1], edges[1:], strict=True):
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
            raise MeaningError("all cases belong to one crisis: nothing is left to learn from", fix="add cases, or --train")
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


def _warnings(forecaster: Forecaster, crises: Crises, pool: Crises, covariates: Sequence[str], fitted: Coefficients) -> Iterator[str]:
    if not fitted.converged:
        yield "the search for the coefficients did not end: the forecasts are of where it stopped"
    for name in separated(covariates, pool):
        yield f"separation: '{name}' by itself parts some levels from the others; only the penalty and the priors keep estimates finite"
    absent = [level for k, level in enumerate(forecaster.levels) if not (pool.happened[pool.known] == k).any()]
    if absent:
        yield f"never seen in the cases to learn from: {', '.join(absent)}"
    if len(set(np.asarray(crises.clusters)[crises.known])) < FEW:
        yield f"fewer than {FEW} crises are scored: the intervals are themselves rough"
    for name, count in {**pool.filled, **crises.filled}.items():
        yield f"'{name}' is missing in {count:,} cases and stands at {forecaster.map.codes[name].missing:g} there"
    for reason, count in crises.left_out.items():
        yield f"{count:,} rows left out: {reason}"
