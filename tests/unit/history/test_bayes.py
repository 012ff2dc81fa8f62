"""The sampler agrees with the likelihood, and a posterior that did not converge is refused."""

from __future__ import annotations

from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from foedus.documents import parse_document
from foedus.errors import InputError, NumericalError
from foedus.history import Fit, bayes, fit, nuts
from foedus.protocol.loader import build_protocol

installed = pytest.mark.skipif(
    find_spec("nutpie") is None or find_spec("arviz") is None, reason="needs the optional packages nutpie and arviz"
)
N = 300
ONE = """\
protocol: one_choice
format: 1
title: A single choice
players: {all: {}}
numbers: {u: {meaning: payoff of yes}}
marks: {pay: {default: 0}}
game:
  start: choice
  nodes:
    choice: {player: all, actions: {no: {then: end}, yes: {marks: {pay: u}, then: end}}}
payoffs: {of: {all: pay}}
choice: {rule: logit, precision: 1}
"""


@pytest.fixture(scope="module")
def logit() -> Fit:
    random = np.random.default_rng(5)
    x = random.normal(size=N)
    done = np.where(random.random(N) < expit(0.3 + 0.8 * x), "yes", "no")
    one = build_protocol(parse_document(ONE.encode(), "one.yaml"))
    return fit(one, {"x": x, "done": done}, outcome="done", equations="u ~ x")


def test_the_density_is_the_likelihood_times_the_priors(logit: Fit) -> None:
    priors = {"u:constant": (1.0, 0.5), "u:x": (0.0, 2.0)}
    target = bayes._Target(logit, priors)
    u = np.array([0.4, -0.7])
    beta = target.expand(u)
    value, slope = target.logp(u)
    prior = -0.5 * ((beta[0] - 1) / 0.5) ** 2 - 0.5 * (beta[1] / 2) ** 2
    assert value == pytest.approx(logit.likelihood.value(beta)[0] + prior)
    for k, step in enumerate(np.eye(2) * 1e-6):
        assert slope[k] == pytest.approx((target.logp(u + step)[0] - target.logp(u - step)[0]) / 2e-6, abs=1e-4)
    assert np.abs(target.logp(np.zeros(2))[1]).max() < 1e-6, "the origin is the mode"


@pytest.mark.parametrize(
    ("priors", "message"), [({"u:y": (0.0, 1.0)}, "no coefficient, 'u:y'"), ({"u:x": (0.0, 0.0)}, "no normal distribution")]
)
def test_priors_that_are_none_are_refused(
    logit: Fit, priors: dict[str, tuple[float, float]], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bayes, "package", lambda name: None)
    with pytest.raises(InputError, match=message):
        bayes.sample(logit, priors)


def test_a_missing_package_is_named(logit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(nuts, "import_module", missing)
    with pytest.raises(InputError, match="foedus\\[fit\\]"):
        bayes.sample(logit)


class Quantity:
    """What stands for an array of the sampler's."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def transpose(self, *_: str) -> Quantity:
        return self


@pytest.mark.parametrize(
    ("rhat", "ess", "diverged", "message"),
    [
        (1.2, 4000, 0, r"R-hat is 1.200 for u:x \(at most 1.01\)"),
        (np.nan, 4000, 0, "R-hat"),
        (1.0, 50, 0, r"only 50 effective draws \(at least 400\)"),
        (1.0, 4000, 9, "9 of 4,000 steps diverged"),
    ],
)
def test_a_posterior_that_did_not_converge_is_refused(rhat: float, ess: float, diverged: int, message: str) -> None:
    steps = np.zeros((4, 1000))
    steps.flat[:diverged] = 1
    trace = SimpleNamespace(
        posterior={"coefficient": Quantity(np.zeros((4, 1000, 2)))}, sample_stats={"diverging": Quantity(steps)}
    )
    arviz = SimpleNamespace(
        rhat=lambda _: {"coefficient": Quantity([1.0, rhat])}, ess=lambda _, method: {"coefficient": Quantity([4000.0, ess])}
    )
    with pytest.raises(NumericalError, match=message):
        bayes._checked(trace, arviz, ("u:constant", "u:x"), {}, bayes.Limits())


@installed
def test_the_posterior_is_near_the_normal_approximation(logit: Fit) -> None:
    found = bayes.sample(logit, draws=1000, tune=500, chains=4, seed=3)
    assert found.draws.shape == (4, 1000, 2)
    summary = found.summary()
    for name, mode, error in zip(logit.names, logit.estimates, logit.errors(), strict=True):
        assert summary[name]["mean"] == pytest.approx(mode, abs=0.25 * error)
        assert summary[name]["sd"] == pytest.approx(error, rel=0.15)
        assert summary[name]["low"] < mode < summary[name]["high"]
    assert list(found.trace.posterior["coefficient"].coords["term"].values) == list(logit.names)


@installed
def test_the_same_seed_gives_the_same_draws(logit: Fit) -> None:
    one, two = (bayes.sample(logit, draws=200, tune=300, seed=7, limits=bayes.Limits(1.1, 20, 0.1)) for _ in range(2))
    np.testing.assert_array_equal(one.draws, two.draws)
    assert not np.array_equal(
        one.draws, bayes.sample(logit, draws=200, tune=300, seed=8, limits=bayes.Limits(1.1, 20, 0.1)).draws
    )


@installed
def test_too_few_draws_are_refused(logit: Fit) -> None:
    with pytest.raises(NumericalError, match="did not converge"):
        bayes.sample(logit, draws=20, tune=100, seed=1)
