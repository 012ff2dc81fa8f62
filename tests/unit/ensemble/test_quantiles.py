"""Draws of beta and gamma numbers are where their quantile functions put them."""

from __future__ import annotations

import numpy as np
import pytest

from foedus.ensemble.quantiles import drawn
from foedus.numbers import Prior

UNIT = np.concatenate([np.random.default_rng(1).random(20_000), 10.0 ** -np.arange(1.0, 16), 1 - 10.0 ** -np.arange(1.0, 13)])


@pytest.mark.parametrize("a", [0.3, 1.0, 2.0, 5.0, 40.0, 700.0])
@pytest.mark.parametrize("b", [0.5, 1.0, 6.0, 19.0, 300.0])
def test_beta_draws(a: float, b: float) -> None:
    prior = Prior("", "beta", (a, b), 0.01)
    found, exact = drawn(prior, UNIT), prior.quantile(UNIT)
    np.testing.assert_allclose(found, exact, rtol=2e-11, atol=0)
    assert ((found >= 0) & (found <= 0.01)).all()


@pytest.mark.parametrize("shape", [0.3, 1.0, 2.5, 30.0, 900.0])
def test_gamma_draws(shape: float) -> None:
    prior = Prior("", "gamma", (shape, 3.0))
    np.testing.assert_allclose(drawn(prior, UNIT), prior.quantile(UNIT), rtol=2e-11, atol=0)


def test_a_draw_does_not_depend_on_how_many_are_drawn() -> None:
    prior = Prior("", "beta", (2.0, 5.0))
    np.testing.assert_array_equal(np.array([drawn(prior, UNIT[k : k + 1])[0] for k in range(100)]), drawn(prior, UNIT)[:100])


def test_what_no_table_can_hold_is_drawn_exactly() -> None:
    prior = Prior("", "beta", (0.005, 1.0))
    np.testing.assert_array_equal(drawn(prior, UNIT), prior.quantile(UNIT))


def test_draws_rise_with_their_probability() -> None:
    for family, parameters in (("beta", (0.4, 3.0)), ("gamma", (0.5, 1.0))):
        values = drawn(Prior("", family, parameters), np.sort(UNIT))
        assert (np.diff(values) >= 0).all()
