"""Forecasts of cases that are over, beside what happened: scores, differences and calibration, on fine and coarse scales."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.documents import finite
from foedus.errors import NotFoundError, nearest
from foedus.history import scores
from foedus.history.cases import Array
from foedus.history.crises import UNKNOWN, Crises, Level
from foedus.history.forecaster import Coefficients
from foedus.history.scores import Calibration, Mean
from foedus.shown import Shown

MODEL = "model"


@dataclass(frozen=True)
class Backtest(Shown):
    """Forecasts and what happened.

    Attributes:
        name: the map. split: how cases to learn from and cases to forecast were kept apart, in words.
        crises: the cases that were forecast.
        levels: from least to most. coarse: by name, fewer levels and the indices of the levels of each.
        forecasts: by forecaster, (variant, case, level); only the placebo has several variants.
        trained: how many cases each forecast was learnt from, (case,).
        coefficients: as learnt from all cases together; forecasts are from those of their own split.
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
        found: NDArray[np.bool_] = self.crises.known & np.isfinite(self.forecasts[MODEL][0]).all(axis=1)
        return found

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

    def losses(self, name: str, score: str, scale: str = "levels", happened: Level | None = None) -> Array:
        """The loss of each scored case, (case,), on average over variants; by another coding of what happened if one is given."""
        y = self.happened(scale) if happened is None else happened
        found: Array = np.mean([scores.SCORES[score](p, y) for p in self.forecast(name, scale)], axis=0)
        return found

    def score(self, name: str, score: str, scale: str = "levels") -> Mean:
        """A forecaster's score with its error by crisis."""
        return scores.mean(self.losses(name, score, scale), self.clusters)

    def difference(self, name: str, score: str, scale: str = "levels") -> Mean:
        """The model's score less that of a baseline over the same cases, its error by crisis; below zero it is better."""
        return scores.difference(self.losses(MODEL, score, scale), self.losses(name, score, scale), self.clusters)

    def recoded(self) -> Level | None:
        """What happened in the scored cases with the first alternative in place of the main coding, where there is one."""
        if not any(self.crises.alternatives):
            return None
        pairs = zip(self.crises.happened, self.crises.alternatives, strict=True)
        return np.array([alt[0] if alt else y for y, alt in pairs], dtype=np.intp)[self._rows]

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
            "coarse": {
                name: {"levels": list(groups)} | (self._scores(name) if self.n else {}) for name, groups in self.coarse.items()
            },
            "calibration": {scale: self.calibration(scale=scale).to_dict() for scale in self.scales} if self.n else {},
            "recoded": self._recoded(),
            "coefficients": self.coefficients.to_dict(),
            "cases": self.cases(),
            "left_out": dict(self.crises.left_out),
            "filled": dict(self.crises.filled),
            "warnings": list(self.warnings),
        }
        clean: dict[str, Any] = finite(found)
        return clean

    def _recoded(self) -> dict[str, Any]:
        """Log scores of the same forecasts by the alternative coding."""
        y = self.recoded() if self.n else None
        if y is None:
            return {}
        changed = int((y != self.happened()).sum())
        return {"cases": changed, "log": {n: float(self.losses(n, "log", happened=y).mean()) for n in (MODEL, *self.rivals)}}

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
                        name: {g: float(p[list(members)].sum()) for g, members in groups.items()}
                        for name, groups in self.coarse.items()
                    },
                    "happened": None if y == UNKNOWN else self.levels[y],
                    "response": None if y == UNKNOWN else y,
                    "log": None if y == UNKNOWN else float(-np.log(p[y])),
                    "scored": bool(self._rows[k]),
                    "trained_on": int(self.trained[k]),
                }
            )
        return found
