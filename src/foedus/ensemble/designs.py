"""Where the draws of an ensemble lie in the unit cube.

`random` draws are independent, so binomial intervals hold for their counts; `latin` spreads each quantity evenly; `sobol` spreads
them together (Owen-scrambled; use powers of two).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from foedus.ensemble.streams import Array, permutation, uniforms
from foedus.errors import MeaningError, nearest


def _random(seed: int, names: Sequence[str], total: int, start: int, count: int) -> dict[str, Array]:
    return {name: uniforms(seed, name, start, count) for name in names}


def _latin(seed: int, names: Sequence[str], total: int, start: int, count: int) -> dict[str, Array]:
    return {
        name: (permutation(seed, name, total)[start : start + count] + uniforms(seed, name, start, count)) / total
        for name in names
    }


def _sobol(seed: int, names: Sequence[str], total: int, start: int, count: int) -> dict[str, Array]:
    from scipy.stats import qmc  # half a second to import: only this design pays it

    engine: Any = qmc.Sobol(len(names), scramble=True, rng=np.random.Generator(np.random.Philox(seed)))
    # SciPy cannot skip no point, and warns unless it is first asked for a power of two
    first = engine.random(1)[: start == 0]
    if start > 1:
        engine.fast_forward(start - 1)
    rest = engine.random(count - len(first))
    points = np.clip(np.concatenate([first, rest]), 2.0**-54, 1 - 2.0**-53)
    return {name: np.ascontiguousarray(points[:, k]) for k, name in enumerate(names)}


DESIGNS: dict[str, Callable[[int, Sequence[str], int, int, int], dict[str, Array]]] = {
    "random": _random,
    "latin": _latin,
    "sobol": _sobol,
}


def points(design: str, seed: int, names: Sequence[str], total: int, start: int, count: int) -> dict[str, Array]:
    """Coordinates in (0, 1) of part of a design.

    Args:
        design: random, latin or sobol.
        seed: of the whole run.
        names: the dimensions.
        total: how many draws the whole design has.
        start, count: which of them.

    Returns:
        name to (count,).

    Raises:
        MeaningError: no such design.
    """
    if design not in DESIGNS:
        raise MeaningError(f"no design '{design}'", fix=nearest(design, DESIGNS))
    return DESIGNS[design](seed, sorted(names), total, start, count)
