"""The No-U-Turn sampler of nutpie on any log-density with a gradient; needs the optional packages nutpie and arviz."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.errors import NotFoundError

Array = NDArray[np.float64]
Density = Callable[[Array], tuple[float, Array]]


def run_nuts(
    density: Density,
    expand: Callable[[Array], Array],
    variable: str,
    terms: Mapping[str, Sequence[str]],
    *,
    draws: int,
    tune: int,
    chains: int,
    seed: int,
    cores: int | None = None,
    spread: float = 1.0,
    accept: float = 0.8,
) -> Any:
    """Chains of draws as ArviZ reads them, warm-up left out.

    Args:
        density: a point, (n,), to the log-density up to a constant and its derivative; minus infinity counts as a divergence.
        expand: a point to what is kept of it, (term,).
        variable, terms: what that is called, and the one dimension it has with its names.
        cores: chains at a time; by default the cores of this process.
        accept: the rate of acceptance aimed at; more of it means shorter steps and fewer that go astray.
        spread: starting points are uniform on ± this.

    Raises:
        NotFoundError: nutpie is not installed.
    """
    nutpie = package("nutpie")
    ((dimension, names),) = terms.items()
    model = nutpie.compiled_pyfunc.from_pyfunc(
        len(names),
        lambda: lambda u, **_: density(u),
        lambda seed1, seed2, chain: lambda u, **_: {variable: expand(u)},
        [np.dtype(np.float64)],
        [(len(names),)],
        [variable],
        coords={dimension: list(names)},
        dims={variable: (dimension,)},
        make_initial_point_fn=lambda seed: np.random.default_rng(seed).uniform(-spread, spread, len(names)),
    )
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    options: dict[str, Any] = {"draws": draws, "tune": tune, "chains": chains, "cores": min(chains, cores or here), "seed": seed}
    options["target_accept"] = accept
    return nutpie.sample(model, save_warmup=False, progress_bar=False, **options)


def package(name: str) -> Any:
    """An optional package, imported when it is needed.

    Raises:
        NotFoundError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # arviz announces its next version to whoever imports it
            return import_module(name)
    except ImportError:
        raise NotFoundError(f"the package '{name}' is not installed", fix="pip install 'foedus[fit]'") from None
