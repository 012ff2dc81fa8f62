"""Fits: derivatives, outcomes, errors, profiles, effects, comparisons, and what a fit must confess."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from foedus.documents import parse_document
from foedus.errors import InputError, NumericalError
from foedus.history import Fit, clarke, fit, vuong
from foedus.history.effects import effect, predict
from foedus.history.profiles import profile
from foedus.protocol.loader import build_protocol
from foedus.protocol.protocol import Protocol

Array = NDArray[np.float64]
N = 400

ONE = """\
protocol: one_choice
format: 1
title: A single choice
players: {all: {}}
numbers:
  u: {meaning: payoff of yes}
  worth: {support: "(0, inf)", default: 1, meaning: what payoffs are multiplied by}
marks: {pay: {default: 0}, done: {default: 0}}
game:
  start: choice
  nodes:
    choice: {player: all, actions: {no: {then: end}, yes: {marks: {pay: u * worth, done: 1}, then: end}}}
payoffs: {of: {all: pay}}
choice: {rule: logit, precision: 1}
"""


@pytest.fixture(scope="module")
def one() -> Protocol:
    return build_protocol(parse_document(ONE.encode(), "one.yaml"))


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    random = np.random.default_rng(5)
    x, z = random.normal(size=(2, N))
    kind = random.choice(["a", "b"], size=N)
    u = 0.3 + 0.8 * x - 0.5 * z + 0.4 * (kind == "b")
    done = random.random(N) < expit(u)
    return {"x": x, "z": z, "kind": kind, "crisis": np.arange(N) // 8, "done": np.where(done, "yes", "no")}


@pytest.fixture(scope="module")
def logit(one: Protocol, table: dict[str, Any]) -> Fit:
    return fit(one, table, outcome="done", equations="u ~ x + z + kind", cluster="crisis")


def regressors(table: Mapping[str, Any]) -> Array:
    return np.column_stack([np.ones(N), table["x"], table["z"], table["kind"] == "b"])


def test_a_single_choice_is_a_logit(logit: Fit, table: dict[str, Any]) -> None:
    """The textbook's estimate, by Newton steps on the textbook's formulas."""
    X, y, b = regressors(table), table["done"] == "yes", np.zeros(4)
    for _ in range(20):
        p = expit(X @ b)
        information = X.T @ (X * (p * (1 - p))[:, None])
        b = b + np.linalg.solve(information, X.T @ (y - p))
    assert logit.names == ("u:constant", "u:x", "u:z", "u:kind[b]")
    np.testing.assert_allclose(logit.estimates, b, atol=1e-9)
    np.testing.assert_allclose(logit.errors(), np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-7)
    scores = X * (y - p)[:, None]
    bread = np.linalg.inv(information)
    np.testing.assert_allclose(logit.errors("robust"), np.sqrt(np.diag(bread @ scores.T @ scores @ bread)), rtol=1e-6)
    summed = scores.reshape(N // 8, 8, 4).sum(axis=1)
    sandwich = bread @ summed.T @ summed @ bread * 50 / 49
    np.testing.assert_allclose(logit.errors("clustered"), np.sqrt(np.diag(sandwich)), rtol=1e-6)
    assert logit.loglik == pytest.approx(np.sum(log_expit(np.where(y, 1, -1) * (X @ b))))
    assert logit.aic == pytest.approx(8 - 2 * logit.loglik)
    assert logit.bic == pytest.approx(4 * np.log(N) - 2 * logit.loglik)
    assert not logit.warnings


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("rule", ["logit", "probit", "probit_private"])
def test_derivatives_are_right(rule: Any, compiled: bool) -> None:
    random = np.random.default_rng(2)
    n = 60
    table = {f"x{k}": random.normal(size=n) for k in range(3)} | {"what": random.choice(["left", "right/left", "right/right"], n)}
    equations = "u11 ~ x0 - 1\n u13 ~ 1\n u14 ~ x1\n u24 ~ x2\n log_sigma ~ x1 - 1"
    found = fit("egame12", table, outcome="what", equations=equations, rule=rule, starts=1, compiled=compiled)
    beta = 0.5 * random.normal(size=len(found.names))
    value, slope = found.likelihood.value(beta)
    curvature = found.likelihood.curvature(beta)
    np.testing.assert_allclose(found.likelihood.casewise(beta).sum(), value)
    np.testing.assert_allclose(found.likelihood.scores(beta).sum(axis=0), slope, atol=1e-9)
    for k, step in enumerate(np.eye(len(beta)) * 1e-5):
        (up, d_up), (down, d_down) = found.likelihood.value(beta + step), found.likelihood.value(beta - step)
        assert slope[k] == pytest.approx((up - down) / 2e-5, abs=1e-5)
        np.testing.assert_allclose(curvature[k], (d_up - d_down) / 2e-5, atol=1e-4)


def test_extreme_values_stay_finite(one: Protocol, table: dict[str, Any]) -> None:
    cases = {**table, "x": 1e4 * np.sign(table["x"]) * (table["done"] == "yes")}
    found = fit("egame12", cases, outcome="done", plays={"yes": "right/right", "no": "left"}, rule="probit_private",
                equations="u11 ~ 1\n u13 = 0\n u14 ~ x - 1\n u24 = 0", starts=1)  # fmt: skip
    value, slope = found.likelihood.value(np.array([30.0, -1.0]))
    assert value < -1e6
    assert np.isfinite(slope).all()


def test_a_number_keeps_to_its_support(one: Protocol, table: dict[str, Any]) -> None:
    found = fit(one, table, outcome="done", equations="u ~ x - 1\n worth ~ z")
    assert found.names == ("u:x", "log(worth):constant", "log(worth):z")
    with pytest.raises(InputError, match=r"'worth' = -1 is outside \(0, inf\)"):
        fit(one, table, outcome="done", equations="u ~ x\n worth = -1")


def test_a_number_can_be_a_formula_of_columns(one: Protocol, table: dict[str, Any]) -> None:
    found = fit(one, table, outcome="done", equations="u ~ x + z\n worth = exp(z)")
    u = (found.estimates @ np.column_stack([np.ones(N), table["x"], table["z"]]).T) * np.exp(table["z"])
    np.testing.assert_allclose(found.casewise, log_expit(np.where(table["done"] == "yes", u, -u)))


def test_outcomes_may_be_parts_of_paths_and_marks() -> None:
    random = np.random.default_rng(1)
    n = 120
    table = {"x": random.normal(size=n), "war": random.choice(["peace", "war"], n)}
    fixed = "v_R s_P t_P d L x m_C m_R m_P eta c_C c_R c_P[high] c_P[low] k_B r g omega a_P alpha_C alpha_R kappa_U kappa_V a_V"
    numbers = dict.fromkeys([*fixed.split(), "f", "f_U", "D"], 0.5)
    equations: dict[str, Any] = {**numbers, "rho": "~ x", "lambda": "~ 1"}
    found = fit("core", table, outcome="war", plays={"war": "fought", "peace": "1 - fought"}, equations=equations, starts=1)
    assert found.names == ("logit(rho):constant", "logit(rho):x", "log(lambda):constant")
    both = predict_at(found, found.estimates)
    np.testing.assert_allclose(both["war"] + both["peace"], 1)
    table["war"] = np.where(table["war"] == "war", "pressed", "calm")
    pressed = fit("core", table, outcome="war", plays={"pressed": "press", "calm": "hold"}, equations=equations, starts=1)
    both = predict_at(pressed, pressed.estimates)
    np.testing.assert_allclose(both["pressed"] + both["calm"], 1)


def predict_at(found: Fit, beta: Array) -> dict[str, Array]:
    from foedus.history.likelihood import Part

    return {e: np.exp(Part(found.structure, e, found.likelihood.design, None, False).log(beta)) for e in found.structure.events}


def test_profiles_and_their_intervals(logit: Fit) -> None:
    found = profile(logit, "u:x")
    error = logit.errors()[1]
    assert found.identified
    assert found.low == pytest.approx(logit["u:x"] - 1.96 * error, abs=0.05 * error + 0.02)
    assert found.high == pytest.approx(logit["u:x"] + 1.96 * error, abs=0.05 * error + 0.02)
    assert not found.higher
    assert found.logliks.max() == pytest.approx(logit.loglik)
    assert np.argmax(found.logliks) == len(found.values) // 2
    with pytest.raises(InputError, match="did you mean 'u:x'"):
        profile(logit, "u:xx")


def test_predictions_have_intervals_inside(logit: Fit, table: dict[str, Any]) -> None:
    found = predict(logit)
    np.testing.assert_allclose(found["yes"].probability, expit(regressors(table) @ logit.estimates))
    np.testing.assert_allclose(found["yes"].probability + found["no"].probability, 1)
    np.testing.assert_allclose(found["yes"].error, found["no"].error, rtol=1e-9)
    for p in found.values():
        assert np.all((p.low > 0) & (p.low < p.probability) & (p.probability < p.high) & (p.high < 1))
    new = predict(logit, {"x": [0.0], "z": [0.0], "kind": ["a"]})
    assert new["yes"].probability[0] == pytest.approx(expit(logit["u:constant"]))


def test_effects(logit: Fit, table: dict[str, Any]) -> None:
    X, b = regressors(table), logit.estimates
    p = expit(X @ b)
    found = effect(logit, "x", "yes")
    assert found.estimate == pytest.approx(float(np.mean(p * (1 - p)) * b[1]), rel=1e-5)
    step = 1e-5
    slope = [effect_at(X, b + step * e) - effect_at(X, b - step * e) for e in np.eye(4)]
    by_hand = np.array(slope) / (2 * step)
    assert found.error == pytest.approx(float(np.sqrt(by_hand @ logit.covariance() @ by_hand)), rel=1e-3)
    assert found.low < found.estimate < found.high
    words = effect(logit, "kind", "yes", change=("a", "b"))
    shift = [expit(X @ b + (k - X[:, 3]) * b[3]).mean() for k in (0, 1)]
    assert words.estimate == pytest.approx(shift[1] - shift[0])
    with pytest.raises(InputError, match="holds words"):
        effect(logit, "kind", "yes")
    with pytest.raises(InputError, match="no outcome"):
        effect(logit, "x", "maybe")


def effect_at(X: Array, b: Array) -> float:
    p = expit(X @ b)
    return float(np.mean(p * (1 - p)) * b[1])


def test_comparisons(one: Protocol, logit: Fit, table: dict[str, Any]) -> None:
    other = fit(one, table, outcome="done", equations="u ~ kind")
    found = vuong(logit, other)
    gap = logit.casewise - other.casewise
    expected = (gap.sum() - 2 * np.log(N) / 2) / (np.sqrt(N) * gap.std())
    assert (found.statistic, found.better, found.n) == (pytest.approx(expected), 1, N)
    assert vuong(other, logit).statistic == pytest.approx(-found.statistic)
    assert clarke(logit, other).statistic == np.sum(gap > 2 * np.log(N) / (2 * N))
    with pytest.raises(InputError, match="differ"):
        vuong(logit, logit)
    with pytest.raises(InputError, match="same outcomes"):
        vuong(logit, fit(one, {**table, "done": table["done"][::-1]}, outcome="done", equations="u ~ x"))


# --- what a fit must confess


def test_regressors_in_every_payoff_are_not_identified(table: dict[str, Any]) -> None:
    """Lewis and Schultz 2003: a constant in all of the first player's payoffs."""
    random = np.random.default_rng(1)
    cases = {**table, "what": random.choice(["left", "right/left", "right/right"], N)}
    found = fit("egame12", cases, outcome="what", equations="u11 ~ 1\n u13 ~ 1\n u14 ~ 1\n u24 ~ x", starts=1)
    assert found.warnings == (
        "not identified: the log-likelihood does not change along u11:constant, u13:constant, u14:constant",
    )
    assert np.isnan(found.errors()).all()
    with pytest.raises(NumericalError, match="not identified"):
        found.covariance()
    assert "not identified" in found.table()
    assert found.to_dict()["covariance"] is None
    assert not profile(found, "u11:constant", points=5).identified


def test_separation_is_told(one: Protocol, table: dict[str, Any]) -> None:
    cases = {**table, "x": np.where(table["done"] == "yes", 1.0, -1.0) + table["x"] / 10}
    found = fit(one, cases, outcome="done", equations="u ~ x", starts=1)
    assert any("separation" in w and "u:x" in w for w in found.warnings)


def test_a_column_of_one_value_is_not_told_from_the_constant(one: Protocol, table: dict[str, Any]) -> None:
    found = fit(one, {**table, "same": np.full(N, 2.0)}, outcome="done", equations="u ~ x + same", starts=1)
    assert found.warnings[0].startswith("not identified")
    assert "u:same" in found.warnings[0]


def test_a_number_at_the_end_of_its_support_is_told(one: Protocol, table: dict[str, Any]) -> None:
    """Players who do the opposite of what pays: payoffs are best taken to be worth nothing."""
    cases = {**table, "done": np.where(table["x"] + table["z"] < 0, "yes", "no")}
    found = fit(one, cases, outcome="done", equations="u = x\n worth ~ 1", starts=1)
    assert found["log(worth):constant"] < -4
    assert found.warnings
    assert "warning" in found.table()


# --- what is refused


def test_missing_covariates_are_refused_by_row_or_left_out(one: Protocol, table: dict[str, Any]) -> None:
    holes = np.array(table["x"])
    holes[[2, 5]] = np.nan
    with pytest.raises(InputError, match=r"missing x in rows 3, 6 of 400"):
        fit(one, {**table, "x": holes}, outcome="done", equations="u ~ x")
    found = fit(one, {**table, "x": holes}, outcome="done", equations="u ~ x", missing="drop")
    assert (len(found.cases), found.dropped) == (N - 2, 2)
    assert "2 incomplete left out" in found.table()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"equations": "v ~ x"}, "no number 'v'"),
        ({"equations": "worth ~ x"}, "u of the protocol 'one_choice' has no equation"),
        ({"equations": "u = 1"}, "nothing to estimate"),
        ({"outcome": "did"}, "no column 'did'"),
        ({"plays": {"yes": "yes"}}, "an outcome that no play stands for, 'no'"),
        ({"plays": {"yes": "yes", "no": "nope"}}, "no play of 'one_choice' begins 'nope'"),
        ({"plays": {"yes": "done", "no": "done * 2"}}, "is not 0 or 1"),
        ({"plays": {"yes": "done", "no": "1 - dune"}}, "no mark 'dune'"),
        ({"plays": {"yes": "done", "no": "0 * done"}}, "holds at no play"),
        ({"start": {"u:y": 1.0}}, "no coefficient 'u:y'"),
        ({"cluster": "none"}, "no column 'none'"),
    ],
)
def test_what_is_refused(one: Protocol, table: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        fit(one, table, **({"outcome": "done", "equations": "u ~ x"} | changes))
    assert message in str(caught.value)


def test_clusters_must_be_named(one: Protocol, table: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no clusters"):
        fit(one, table, outcome="done", equations="u ~ x").errors("clustered")
    with pytest.raises(InputError, match="only one cluster"):
        fit(one, {**table, "crisis": np.ones(N)}, outcome="done", equations="u ~ x", cluster="crisis").errors("clustered")


# --- tables


def test_tables(logit: Fit) -> None:
    lines = logit.table("clustered").splitlines()
    assert lines[0].split() == ["coefficient", "estimate", "error", "z", "p"]
    assert lines[2].startswith("u:x ")
    assert lines[-1] == "400 cases; errors: clustered"
    text = logit.latex(caption="50% & more", label="tab:one")
    assert r"kind[b] & $" in text
    assert r"\caption{50\% \& more Log-likelihood" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2
    found = json.loads(json.dumps(logit.to_dict()))
    assert found["coefficients"]["u:x"]["estimate"] == logit["u:x"]
    assert found["n"] == N
    with pytest.raises(KeyError, match="did you mean 'u:x'"):
        logit["u:xx"]
