"""Results of the literature as a comparison of policies under the same draws would find them: Fearon 1995 and 1997, Morrow 1991.

Where a result needs a lever that no shipped protocol has, the protocol is the shipped one with a lever added, or stands here in
full; numbers are wide priors, so a result that holds in every draw is one of the model and not of a choice of numbers.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import edited

import foedus
from foedus.policies.compare import Comparison, compare
from foedus.policies.judge import Judged
from foedus.protocol.loader import shipped
from foedus.scenario.scenario import Scenario

DRAWS = 400
HEAD = """\
scenario: compared
format: 1
title: Policies compared
protocol: mine.yaml
vantage: 2020-01-01
actors: {}
sources:
  wide: {publication: A wide prior, date: 2019-12-31}
horizon: 2
levers: {budget: 2, lag: 1}
"""


def scenario(folder: Path, protocol: str, rest: str) -> Scenario:
    (folder / "mine.yaml").write_text(protocol, "utf-8")
    (folder / "compared.yaml").write_text(HEAD + rest, "utf-8")
    return foedus.load(folder / "compared.yaml")


def judged(found: Comparison, policy: str, measure: str) -> Judged:
    (result,) = (p for p in found.policies if p.name == policy)
    return next(j for j in result.judged if j.goal.measure == measure)


# --- Fearon 1995: with complete information and costly war, demands that can be fitted leave no war

FITTED = edited(
    shipped("foedus.protocol")["bargaining"].read_text("utf-8"),
    "definitions:\n",
    """\
levers:
  insist: {meaning: "demand nine tenths, whatever the balance of force"}
state:
  stubborn: {start: 0, next: insist, meaning: how far the demand is fixed beforehand}
definitions:
  least: {formula: d_least + stubborn * 0.9, meaning: smallest share that is demanded}
""",
).replace("between: [d_least, d_most]", "between: [least, d_most]")
CRISES = """\
numbers:
  lambda: {value: 30000, unit: 1/good, source: wide}
  m_C: {value: 1, unit: force, source: wide}
  m_R: {prior: "uniform(0.3, 2)", unit: force, source: wide}
  c_C: {prior: "uniform(0.05, 0.2)", unit: good, source: wide}
  c_R: {prior: "uniform(0.05, 0.3)", unit: good, source: wide}
policies:
  fit: {meaning: demand what the other would rather give than fight for}
  fix: {meaning: insist on nine tenths, levers: {insist: 1}}
policy: fit
"""


def test_a_demand_that_can_be_fitted_leaves_no_war_and_one_that_cannot_does(tmp_path: Path) -> None:
    found = compare(scenario(tmp_path, FITTED, CRISES), measures=["-war"], draws=DRAWS, optimise=False)
    fit, fix = judged(found, "fit", "war"), judged(found, "fix", "war")
    assert max(fit.by_crisis) < 1e-3  # complete information, c > 0, no shift of power: none, in no draw
    assert fix.by_crisis[0] < 1e-3
    assert fix.by_crisis[1] > 0.9  # the same costs, but nothing to bargain over
    assert fix.gain.high < 0
    assert fit.regret == (pytest.approx(0, abs=1e-3), pytest.approx(0, abs=1e-3))
    assert next(p for p in found.policies if p.name == "fix").dominated_by == ("fit",)


# --- Fearon 1997: to tie one's hands (a cost if one backs down) and to sink costs (paid whatever happens)

SIGNALS = """\
protocol: signals
format: 1
title: A challenger that ties its hands or sinks costs
cites: [fearon_1997]
references:
  fearon_1997:
    {authors: "Fearon, James D.", title: "Signaling Foreign Policy Interests: Tying Hands versus Sinking Costs", year: 1997}
units: {good: the prize}
players:
  challenger: {meaning: who may press}
  target: {meaning: who may resist}
numbers:
  lambda: {unit: 1/good, support: "[0, inf)", meaning: precision of choice}
  v: {unit: good, support: "(0, inf)", meaning: what the prize is worth to the challenger}
  u: {unit: good, support: "(0, inf)", meaning: what it is worth to the target}
  w: {support: "[0, 1]", meaning: "the challenger's chance in war"}
  c_C: {unit: good, support: "[0, inf)", meaning: "the challenger's cost of war"}
  c_T: {unit: good, support: "[0, inf)", meaning: "the target's cost of war"}
  a: {unit: good, support: "[0, inf)", meaning: what a whole effort ties or sinks}
levers:
  tie: {meaning: a cost that is paid only if the challenger backs down}
  sink: {meaning: a cost that is paid whatever happens}
state:
  tied: {start: 0, next: tie, meaning: how far the hands are tied}
  sunk: {start: 0, next: sink, meaning: how much is sunk}
marks:
  won: {default: 0, meaning: the prize changes hands without war}
  backed_down: {default: 0, meaning: the challenger backed down}
  fought: {default: 0, meaning: there was war}
game:
  start: challenge
  nodes:
    challenge:
      player: challenger
      actions:
        hold: {then: end}
        press: {then: answer}
    answer:
      player: target
      actions:
        concede: {marks: {won: 1}, then: end}
        resist: {then: stand}
    stand:
      player: challenger
      actions:
        desist: {marks: {backed_down: 1}, then: end}
        fight: {marks: {fought: 1}, then: end}
payoffs:
  unit: good
  of:
    challenger: v * won + fought * (v * w - c_C) - backed_down * tied * a - sunk * a
    target: u * (1 - won) - fought * (u * w + c_T)
choice: {rule: logit, precision: lambda}
measures:
  desistance: {formula: choice(stand.desist), meaning: probability that a challenger that is resisted backs down}
  concession: {formula: choice(answer.concede), meaning: probability that the target concedes}
  pressure: {formula: choice(challenge.press), meaning: probability of a challenge}
  war: {formula: probability(fought), meaning: probability of war}
  welfare: {formula: value(challenger), unit: good, meaning: "the challenger's expected payoff"}
"""
CHALLENGER = """\
numbers:
  lambda: {prior: 2 to 12, unit: 1/good, source: wide}
  v: {prior: "uniform(0.5, 1.5)", unit: good, source: wide}
  u: {prior: "uniform(0.5, 1.5)", unit: good, source: wide}
  w: {prior: "uniform(0.1, 0.9)", source: wide}
  c_C: {prior: "uniform(0.05, 0.6)", unit: good, source: wide}
  c_T: {prior: "uniform(0.05, 0.6)", unit: good, source: wide}
  a: {prior: "uniform(0.1, 1)", unit: good, source: wide}
policies:
  silent: {meaning: no signal}
  ties: {meaning: a cost of backing down, levers: {tie: 0.5}}
  ties_more: {meaning: a larger one, levers: {tie: 1}}
  sinks: {meaning: a cost whatever happens, levers: {sink: 0.5}}
policy: silent
"""


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    made = scenario(tmp_path_factory.mktemp("signals"), SIGNALS, CHALLENGER)
    return compare(made, measures=["-desistance", "concession", "pressure", "welfare"], draws=DRAWS, optimise=False)


def test_tied_hands_make_one_stand_and_the_more_so_the_tighter(signals: Comparison) -> None:
    ties, more = (judged(signals, p, "desistance") for p in ("ties", "ties_more"))
    assert ties.gain.low > 0
    assert more.gain.low > ties.gain.high
    assert more.best == 1  # in every draw, not only in the mean
    assert judged(signals, "ties_more", "concession").best == 1  # and so the target concedes more


def test_a_sunk_cost_changes_nothing_that_follows_and_is_lost(signals: Comparison) -> None:
    """Paid in any case, it moves no choice where types are known: it may signal, but cannot commit."""
    assert judged(signals, "sinks", "desistance").gain.mean == pytest.approx(0, abs=1e-12)
    assert judged(signals, "sinks", "pressure").gain.mean == pytest.approx(0, abs=1e-12)
    assert judged(signals, "sinks", "welfare").gain.high < 0


def test_whether_tied_hands_lead_to_more_challenges_has_no_sign(signals: Comparison) -> None:
    """They win concessions, and they make a bluff that is called dear: which is more, the numbers decide."""
    assert judged(signals, "ties_more", "pressure").best > 0.1
    assert judged(signals, "silent", "pressure").best > 0.1


# --- Morrow 1991: alliances trade autonomy against security
#
# The client says how much autonomy it would give for the patron's protection; worth is a concave mix of security and autonomy
# (the brief's operationalisation, Morrow draws indifference curves). That asymmetric alliances last longer too does not follow
# from this exchange alone, so nothing here claims it.

TRADE = """\
protocol: trade
format: 1
title: An alliance that trades autonomy against security
cites: [morrow_1991]
references:
  morrow_1991:
    {authors: "Morrow, James D.",
     title: "Alliances and Asymmetry: An Alternative to the Capability Aggregation Model of Alliances",
     year: 1991, journal: "American Journal of Political Science 35(4), 904-933"}
units: {worth: what security and autonomy come to together, force: capability}
players:
  client: {meaning: the weaker of the two}
  patron: {meaning: the stronger of the two}
numbers:
  lambda: {unit: 1/worth, support: "[0, inf)", meaning: precision of choice}
  m_C0: {unit: force, support: "(0, inf)", meaning: capability of the client at the start}
  ratio: {support: "[1, inf)", meaning: how many times stronger the patron is}
  threat: {unit: force, support: "(0, inf)", meaning: capability of whoever threatens either}
  eta: {support: "[0, 1]", meaning: share of its capability that an ally lends}
  bound: {support: "[0, 1]", meaning: autonomy that any alliance costs either}
  psi: {support: "[0, 1]", meaning: weight of security}
levers:
  grow: {meaning: growth of the capability of the client}
state:
  m_C: {unit: force, start: m_C0, next: m_C * (1 + grow), meaning: capability of the client}
definitions:
  m_P: {formula: m_C0 * ratio, unit: force, meaning: capability of the patron}
  S_C: {formula: m_C / (m_C + threat), meaning: "the client's security alone"}
  S_P: {formula: m_P / (m_P + threat), meaning: "the patron's security alone"}
  T_C: {formula: (m_C + eta * m_P) / (m_C + eta * m_P + threat), meaning: "the client's security when allied"}
  T_P: {formula: (m_P + eta * m_C) / (m_P + eta * m_C + threat), meaning: "the patron's security when allied"}
marks:
  allied: {default: 0, meaning: they are allied}
  terms: {between: [-0.4, 0.4], points: 33, default: 0, meaning: autonomy that the client gives the patron for its alliance}
game:
  start: offer
  nodes:
    offer:
      player: client
      actions:
        alone: {then: end}
        seek: {choose: terms, then: answer}
    answer:
      player: patron
      actions:
        decline: {then: end}
        accept: {marks: {allied: 1}, then: end}
payoffs:
  unit: worth
  of:
    client: worth_one * (psi * sqrt(S_C + allied * (T_C - S_C)) + (1 - psi) * sqrt(clip(0.5 - allied * (terms + bound), 0, 1)))^2
    patron: worth_one * (psi * sqrt(S_P + allied * (T_P - S_P)) + (1 - psi) * sqrt(clip(0.5 + allied * (terms - bound), 0, 1)))^2
choice: {rule: logit, precision: lambda}
measures:
  alliance: {formula: probability(allied), meaning: probability that they are allied}
  security: {formula: expectation(S_C + allied * (T_C - S_C)), meaning: "the client's security"}
  autonomy: {formula: "expectation(0.5 - allied * (terms + bound))", meaning: "the client's autonomy"}
""".replace("  bound: {support", "  worth_one: {unit: worth, default: 1, meaning: the unit of worth}\n  bound: {support")
ALLIES = """\
numbers:
  lambda: {value: 40, unit: 1/worth, source: wide}
  m_C0: {value: 1, unit: force, source: wide}
  ratio: {value: RATIO, source: wide}
  threat: {prior: "uniform(0.5, 3)", unit: force, source: wide}
  eta: {prior: "uniform(0.3, 1)", source: wide}
  bound: {prior: "uniform(0.02, 0.2)", source: wide}
  psi: {prior: "uniform(0.3, 0.7)", source: wide}
policies:
  keep: {meaning: capabilities stay}
  grow: {meaning: "the client's capability grows by half", levers: {grow: 0.5}}
  soar: {meaning: it trebles, levers: {grow: 2}}
policy: keep
"""


def allied(folder: Path, ratio: float) -> Comparison:
    folder.mkdir()
    made = scenario(folder, TRADE, ALLIES.replace("RATIO", f"{ratio:g}"))
    return compare(made, measures=["alliance", "security", "autonomy"], draws=DRAWS, optimise=False)


@pytest.fixture(scope="module")
def by_ratio(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Comparison]:
    folder = tmp_path_factory.mktemp("allies")
    return {ratio: allied(folder / f"r{ratio:g}", ratio) for ratio in (1.0, 3.0, 8.0)}


def test_the_more_asymmetric_the_more_easily_an_alliance_forms(by_ratio: dict[float, Comparison]) -> None:
    """Who has security to spare gives it for autonomy, and the other the other way round."""
    forms = [judged(found, "keep", "alliance").by_crisis[0] for found in by_ratio.values()]
    assert forms == sorted(forms)
    assert forms[-1] > 1.5 * forms[0]


def test_the_larger_the_change_of_capability_the_likelier_the_break(by_ratio: dict[float, Comparison]) -> None:
    """The client grows out of the protection for which its autonomy is the price."""
    found = by_ratio[8.0]
    keep, grow, soar = (judged(found, p, "alliance").by_crisis for p in ("keep", "grow", "soar"))
    assert keep[0] == pytest.approx(keep[1])
    broken = [k[0] - k[1] for k in (keep, grow, soar)]
    assert broken == sorted(broken)
    assert broken[2] > broken[1] > 0.005
    assert judged(found, "soar", "alliance").gain.high < judged(found, "grow", "alliance").gain.low


def test_an_alliance_buys_security_with_autonomy(by_ratio: dict[float, Comparison]) -> None:
    found = by_ratio[8.0]
    assert judged(found, "soar", "autonomy").gain.low > 0
    keep, soar = next(p for p in found.policies if p.name == "keep"), next(p for p in found.policies if p.name == "soar")
    assert keep.judged[0].mean > soar.judged[0].mean
