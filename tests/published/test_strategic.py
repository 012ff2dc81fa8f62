"""Published estimates of strategic models, and their recovery from simulated tables.

The tables are Kenkel and Signorino's (2014, doi 10.18637/jss.v056.i08), printed and as rerun with the R package `games` 1.1.2.
That package stops once a step gains less than about 1e-8 of the log-likelihood, so where the likelihood is flat its estimates are
off the maximum in the fourth figure. What must agree exactly is the likelihood: at its estimates ours is its, to 1e-9.

Standard errors printed for leb1 are of a bootstrap with R's random numbers; those compared are of the inverse Hessian, which R
differences numerically (to 0.006).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from foedus.documents import parse_document
from foedus.history import Cases, Fit, clarke, fit, fit_ultimatum, read_cases, vuong
from foedus.history.cases import as_cases
from foedus.protocol.loader import build_protocol

Array = NDArray[np.float64]

LEBLANG = {"no attack": "left", "devaluation": "right/left", "defense": "right/right"}
LEB1 = """
    u11 ~ capcont + lreserves + overval + creditgrow + USinterest + service + contagion + prioratt - 1
    u13 ~ 1
    u14 ~ 1
    u24 ~ unifgov + lexports + preelec + postelec + rightgov + realinterest + capcont + lreserves"""
LEB3 = """
    u11 ~ lreserves + overval - 1
    u13 ~ 1
    u14 ~ 1
    u24 ~ preelec + realinterest
    log_sigma ~ prioratt - 1"""
FIXED = "u11 = 1\n u13 = -1\n u14 = 0\n u24 = 1\n log_sigma ~ 1"
# how the published terms are called here
TERMS = {
    "u1(no attack)": "u11",
    "u1(devaluation)": "u13",
    "u1(defense)": "u14",
    "u2(defense)": "u24",
    "log(sigma)": "log_sigma",
    "u1(~esc)": "u11",
    "u1(esc,war)": "u14",
    "u2(esc,war)": "u24",
    "R1": "r1",
    "R2": "r2",
    "log(s1)": "log_s1",
    "(Intercept)": "constant",
    **{f"regime{k}{word}": f"regime{k}[{word}]" for k in (1, 2) for word in ("dem", "mixed")},
}
PRINTED_FIXED = (-1.0513, 0.0199, -646.54, 1295.1)
PRINTED_ULTIMATUM = {
    "r1:constant": (62.198, 18.734),
    "r1:gender1": (-25.409, 39.290),
    "r2:constant": (37.684, 1.616),
    "r2:gender2": (-0.897, 1.150),
    "log_s1:constant": (3.934, 0.430),
}


def ours(term: str) -> str:
    """A published term under its name here."""
    number, _, column = term.partition(":")
    return f"{TERMS[number]}:{TERMS.get(column, column) or 'constant'}"


def leblang(shared: Path, equations: str, rule: str = "probit_private") -> Fit:
    cases = read_cases(shared / "data" / "strategic" / "leblang2003.csv")
    return fit("egame12", cases, outcome="outcome", plays=LEBLANG, equations=equations, rule=rule)  # type: ignore[arg-type]


def war1800(shared: Path) -> Fit:
    cases = read_cases(shared / "data" / "strategic" / "war1800.csv")
    plays = {(0, 0): "left", (1, 0): "right/left", (1, 1): "right/right"}
    equations = "u11 ~ s_wt_re1 + revis1\n u13 = 0\n u14 ~ regime1\n u24 ~ balanc + regime2"
    return fit("egame12", cases, outcome=("esc", "war"), plays=plays, equations=equations, missing="drop")


def classroom(shared: Path) -> Fit:
    cases = read_cases(shared / "data" / "strategic" / "ultimatum2010.csv")
    equations = f"r1 ~ gender1\n r2 ~ gender2\n log_s2 = {float(np.log(3))!r}"
    return fit_ultimatum(cases, offer="offer", accept="accept", most=100, equations=equations)


@pytest.fixture(scope="module")
def fits(shared: Path) -> Mapping[str, Fit]:
    return {
        "leblang_leb1": leblang(shared, LEB1),
        "leblang_leb3": leblang(shared, LEB3),
        "leblang_fixed": leblang(shared, FIXED),
        "war1800_probit_agent": war1800(shared),
        "ultimatum2010": classroom(shared),
    }


@pytest.fixture(scope="module")
def reference(shared: Path) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Model to term (as called here) to its row."""
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    with (shared / "data" / "strategic" / "reference_estimates_games.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["model"], {})[ours(row["term"])] = row
    return found


@pytest.fixture(scope="module")
def printed(shared: Path) -> Mapping[str, Mapping[str, tuple[float, float]]]:
    """Model to term to estimate and error, from the tables of the page."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    model = ""
    for line in (shared / "data" / "strategic" / "published_tables.md").read_text("utf-8").splitlines():
        if line.startswith("leb"):
            model = line.partition(":")[0]
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "term":
            found.setdefault(model, {})[ours(cells[0])] = (float(cells[1]), float(cells[2]))
    return found


MODELS = ["leblang_leb1", "leblang_leb3", "leblang_fixed", "war1800_probit_agent", "ultimatum2010"]


@pytest.mark.shared
@pytest.mark.parametrize("model", MODELS)
def test_the_likelihood_is_the_published_one(
    model: str, fits: Mapping[str, Fit], reference: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> None:
    found, rows = fits[model], reference[model]
    assert set(found.names) == set(rows)
    theirs = np.array([float(rows[n]["estimate"]) for n in found.names])
    loglik = float(next(iter(rows.values()))["loglik"])
    assert found.likelihood.value(theirs)[0] == pytest.approx(loglik, abs=1e-9)
    assert len(found.cases) == int(next(iter(rows.values()))["n"])
    # the maximum is at least as high, is one, and is no further up than the other's rule for stopping allows
    assert 0 <= found.loglik - loglik + 1e-9 < 1e-5
    assert found.maximum.slope < 1e-6
    assert not found.warnings


@pytest.mark.shared
@pytest.mark.parametrize(
    ("model", "within"),
    [("leblang_leb1", 0.002), ("leblang_leb3", 3e-4), ("leblang_fixed", 1e-6), ("war1800_probit_agent", 5e-5)],
)
def test_estimates_of_the_rerun(
    model: str, within: float, fits: Mapping[str, Fit], reference: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> None:
    found = fits[model]
    errors = dict(zip(found.names, found.errors(), strict=True))
    for name, row in reference[model].items():
        assert found[name] == pytest.approx(float(row["estimate"]), abs=within), name
        assert errors[name] == pytest.approx(float(row["std_error"]), abs=0.006), name


@pytest.mark.shared
def test_leb1_as_printed(fits: Mapping[str, Fit], printed: Mapping[str, Mapping[str, tuple[float, float]]]) -> None:
    found = fits["leblang_leb1"]
    assert len(printed["leb1"]) == 19
    for name, (estimate, _) in printed["leb1"].items():
        assert found[name] == pytest.approx(estimate, abs=1.01e-4), name
    assert (round(found.loglik, 4), round(found.aic)) == (-482.0155, 1002)


@pytest.mark.shared
def test_leb3_as_printed(fits: Mapping[str, Fit], printed: Mapping[str, Mapping[str, tuple[float, float]]]) -> None:
    found = fits["leblang_leb3"]
    errors = dict(zip(found.names, found.errors(), strict=True))
    assert len(printed["leb3"]) == 8
    for name, (estimate, error) in printed["leb3"].items():
        assert found[name] == pytest.approx(estimate, abs=3.5e-4), name
        assert errors[name] == pytest.approx(error, abs=0.006), name
    assert (round(found.loglik, 2), round(found.aic, 1)) == (-495.37, 1006.7)


@pytest.mark.shared
def test_fixed_utilities_as_printed(fits: Mapping[str, Fit]) -> None:
    found = fits["leblang_fixed"]
    shown = (
        round(found["log_sigma:constant"], 4),
        round(float(found.errors()[0]), 4),
        round(found.loglik, 2),
        round(found.aic, 1),
    )
    assert shown == PRINTED_FIXED


@pytest.mark.shared
def test_the_classroom_as_printed(fits: Mapping[str, Fit]) -> None:
    """The scale of the proposers is so flat that the published search stopped 0.04 (of 39) short; see the likelihood above."""
    found = fits["ultimatum2010"]
    for (name, (estimate, error)), mine in zip(PRINTED_ULTIMATUM.items(), found.errors(), strict=True):
        assert found[name] == pytest.approx(estimate, abs=max(5e-4, 0.001 * error)), name
        assert mine == pytest.approx(error, abs=max(5e-4, 0.0005 * error)), name
    assert (round(found.loglik, 2), round(found.aic, 2)) == (-292.14, 594.27)


LOGIT = """\
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


@pytest.mark.shared
def test_non_nested_tests_as_printed(shared: Path, fits: Mapping[str, Fit]) -> None:
    leb1 = fits["leblang_leb1"]
    found = vuong(leb1, leblang(shared, LEB1, "probit"))
    assert (round(found.statistic, 2), round(found.p, 2)) == (-0.15, 0.88)
    cases = leb1.cases.having(calm=np.where(leb1.cases.column("outcome") == "no attack", "no attack", "attack"))
    equations = "u ~ lreserves + overval + creditgrow + contagion + prioratt + rightgov + realinterest"
    logit = build_protocol(parse_document(LOGIT.encode(), "logit.yaml"))
    plain = fit(logit, cases, outcome="calm", plays={"no attack": "yes", "attack": "no"}, equations=equations)
    found = vuong(leb1, plain, events=("no attack", "no attack"))
    assert round(found.statistic, 1) == -9.8
    assert (round(found.logliks[0]), round(found.logliks[1]), found.better) == (-430, -431, 2)
    assert clarke(leb1, plain, events=("no attack", "no attack")).n == 7240


# --- the published formulas, by hand (Signorino 2003; Kenkel and Signorino 2014, equations 2 to 5)


def choice(difference: Array, spread: Array) -> Array:
    return np.asarray(norm.cdf(difference / spread))


def egame12(u: Mapping[str, Array], private: bool, s: tuple[float, ...]) -> Mapping[str, Array]:
    two = np.sqrt(2.0)
    p4 = choice(u["u24"], np.asarray(two * s[1]))
    spread = s[0] * np.sqrt(1 + (1 - p4) ** 2 + p4**2) if private else np.asarray(two * s[0])
    p2 = choice((1 - p4) * u["u13"] + p4 * u["u14"] - u["u11"], spread)
    return {"left": 1 - p2, "right/left": p2 * (1 - p4), "right/right": p2 * p4}


def egame122(u: Mapping[str, Array], private: bool, s: tuple[float, ...]) -> Mapping[str, Array]:
    two = np.sqrt(2.0)
    p4, p6 = (choice(u[n], np.asarray(two * s[1])) for n in ("u22", "u24"))
    squares = (1 - p4) ** 2 + p4**2 + (1 - p6) ** 2 + p6**2
    gain = (1 - p6) * u["u13"] + p6 * u["u14"] - (1 - p4) * u["u11"] - p4 * u["u12"]
    p2 = choice(gain, s[0] * np.sqrt(squares) if private else np.asarray(two * s[0]))
    left = {"left/left": (1 - p2) * (1 - p4), "left/right": (1 - p2) * p4}
    return left | {"right/left": p2 * (1 - p6), "right/right": p2 * p6}


def egame123(u: Mapping[str, Array], private: bool, s: tuple[float, ...]) -> Mapping[str, Array]:
    two = np.sqrt(2.0)
    p6 = choice(u["u36"], np.asarray(two * s[2]))
    spread = s[1] * np.sqrt((1 - p6) ** 2 + p6**2 + 1) if private else np.asarray(two * s[1])
    p4 = choice((1 - p6) * u["u25"] + p6 * u["u26"] - u["u23"], spread)
    squares = 1 + (1 - p4) ** 2 + (p4 * (1 - p6)) ** 2 + (p4 * p6) ** 2
    gain = (1 - p4) * u["u13"] + p4 * ((1 - p6) * u["u15"] + p6 * u["u16"]) - u["u11"]
    p2 = choice(gain, s[0] * np.sqrt(squares) if private else np.asarray(two * s[0]))
    passed = {"right/right/left": p2 * p4 * (1 - p6), "right/right/right": p2 * p4 * p6}
    return {"left": 1 - p2, "right/left": p2 * (1 - p4), **passed}


BY_HAND = {"egame12": egame12, "egame122": egame122, "egame123": egame123}
# number to its coefficients on a constant and a column of its own; where both are zero the number is fixed at zero
TRUTH = {
    "egame12": {"u11": (0.0, 0.6), "u13": (-0.5, 0.0), "u14": (0.4, 0.8), "u24": (0.3, -0.9)},
    "egame122": {
        "u11": (0.0, 0.5),
        "u12": (0.3, 0.7),
        "u13": (0.0, 0.0),
        "u14": (0.4, -0.6),
        "u22": (0.2, 0.9),
        "u24": (-0.3, 0.7),
    },
    "egame123": {
        "u11": (-0.3, 0.7),
        "u13": (0.0, 0.0),
        "u15": (0.0, 0.8),
        "u16": (0.5, 0.0),
        "u23": (0.0, 0.6),
        "u25": (0.0, 0.0),
        "u26": (0.6, 0.5),
        "u36": (0.2, 1.0),
    },
}


def simulated(name: str, private: bool, n: int, seed: int = 1) -> tuple[Cases, str, Mapping[str, float]]:
    """A table, the equations that made it, and the coefficients that they had."""
    random = np.random.default_rng(seed)
    columns: dict[str, Array] = {f"x_{number}": random.normal(size=n) for number in TRUTH[name]}
    u = {number: a + b * columns[f"x_{number}"] for number, (a, b) in TRUTH[name].items()}
    plays = BY_HAND[name](u, private, (1.0, 1.0, 1.0))
    chosen = (random.random(n) > np.cumsum(np.array(list(plays.values())), axis=0)).sum(axis=0)
    what = np.array(list(plays), dtype=object)[np.minimum(chosen, len(plays) - 1)]
    equations, truth = [], {}
    for number, (a, b) in TRUTH[name].items():
        truth |= {f"{number}:constant": a} if a else {}
        truth |= {f"{number}:x_{number}": b} if b else {}
        terms = ["1"] * bool(a) + [f"x_{number}"] * bool(b)
        equations.append(f"{number} ~ 0 + {' + '.join(terms)}" if terms else f"{number} = 0")
    return as_cases({**columns, "what": what}), "\n".join(equations), truth


@pytest.mark.parametrize("private", [False, True], ids=["agent", "private"])
@pytest.mark.parametrize("name", BY_HAND)
def test_probabilities_are_the_published_formulas(name: str, private: bool) -> None:
    cases, equations, truth = simulated(name, private, 60)
    scales = "\n log_sigma = 0.1\n log_sigma_1 = 0.2\n log_sigma_2 = -0.3" + ("\n log_sigma_3 = 0.4" if "123" in name else "")
    paths = BY_HAND[name]({n: np.zeros(1) for n in TRUTH[name]}, private, (1.0, 1.0, 1.0))
    found = fit(
        name,
        cases,
        outcome="what",
        plays={p: p for p in paths},
        equations=equations + scales,
        rule="probit_private" if private else "probit",
        starts=1,
    )
    beta = np.array([truth[n] for n in found.names])
    u = {n: a + b * cases.numbers(f"x_{n}") for n, (a, b) in TRUTH[name].items()}
    s = tuple(np.exp(0.1 + own) for own in (0.2, -0.3, 0.4))
    expected = BY_HAND[name](u, private, s)
    log = found.likelihood.casewise(beta)
    by_hand = np.log([expected[w][k] for k, w in enumerate(cases.column("what"))])
    np.testing.assert_allclose(log, by_hand, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("private", [False, True], ids=["agent", "private"])
@pytest.mark.parametrize("name", BY_HAND)
def test_coefficients_are_recovered(name: str, private: bool) -> None:
    cases, equations, truth = simulated(name, private, 1200)
    rule = "probit_private" if private else "probit"
    found = fit(name, cases, outcome="what", equations=equations, rule=rule)  # type: ignore[arg-type]
    assert not found.warnings
    off = (found.estimates - np.array([truth[n] for n in found.names])) / found.errors()
    assert np.abs(off).max() < 3
    assert found.loglik > found.likelihood.value(np.array([truth[n] for n in found.names]))[0]


def test_the_ultimatum_game_is_recovered() -> None:
    n, most, random = 1500, 15.0, np.random.default_rng(3)
    x, z = random.normal(size=(2, n))
    r1, r2, s1, s2 = 3 + 1.0 * x, 4 + 1.5 * z, 2.0, 1.0
    error = s1 * random.logistic(size=n)
    low, high = np.zeros(n), np.full(n, most)
    for _ in range(60):  # the offer at which the derivative of the proposer's expected payoff is zero
        middle = (low + high) / 2
        more = most - middle - r1 - error > s2 * (1 + np.exp((middle - r2) / s2))
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    offer = np.where(low < 1e-9, 0.0, np.where(high > most - 1e-9, most, (low + high) / 2))
    accept = (random.random(n) < expit((offer - r2) / s2)).astype(float)
    found = fit_ultimatum(
        {"x": x, "z": z, "offer": offer, "accept": accept},
        offer="offer",
        accept="accept",
        most=most,
        equations="r1 ~ x\n r2 ~ z",
    )
    assert not found.warnings
    assert 0 < np.mean(offer == 0) < 0.5
    truth = dict(
        zip(
            ("r1:constant", "r1:x", "r2:constant", "r2:z", "log_s1:constant", "log_s2:constant"),
            (3, 1, 4, 1.5, np.log(2), 0),
            strict=True,
        )
    )
    off = (found.estimates - np.array([truth[name] for name in found.names])) / found.errors()
    assert np.abs(off).max() < 3
