"""Scenarios: every mistake is one edit of a good file, refused at its line with one fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import TOLL, TRIP, edited, line_of, refused, scenario_of

from foedus.errors import MeaningError, NotFoundError
from foedus.scenario.loader import load_scenario
from foedus.scenario.scenario import Scenario

CHI = "chi: {value: 0.1, source: ledger}"
LATER = "later: {meaning: work later, levers: {effort: [0, 0.5, 1], care: [0, 0.5, 0]}}"
TEST = "tests: [{measure: crossing, is: above, threshold: 0.5}]"
WITHOUT = "without: {meaning: guards do not differ, change: {zeal: 0}}"
GROUP = 'between: ["zeal[strict]", "zeal[lax]", fine], correlation: 0.5'

MISTAKES = {
    "an unknown number": (CHI, CHI + "\n  chai: {value: 1, source: ledger}", "has no number 'chai'", "chi"),
    "a number missing": (CHI, "", "the number 'chi' is missing", "chi"),
    "an element missing": ('lax: {prior: "uniform(-1, 0)", unit: coin, source: ledger}', "", "'zeal[lax]' is missing", "zeal"),
    "an unknown element": ("    lax: {prior", "    lux: {prior", "wants one entry for each of strict, lax", "lax"),
    "an index too many": (CHI, "chi: {north: {value: 0.1, source: ledger}}", "'chi' takes no index", ""),
    "value and prior": (CHI, "chi: {value: 0.1, prior: 0.1 to 0.2, source: ledger}", "either 'value' or 'prior'", "one"),
    "neither value nor prior": (CHI, "chi: {source: ledger}", "either 'value' or 'prior'", "one"),
    "outside the support": (CHI, "chi: {value: 1.5, source: ledger}", "chi = 1.5 is outside [0, 1]", "[0, 1]"),
    "not a number": (CHI, "chi: {value: .nan, source: ledger}", "finite number", ""),
    "a negative precision": ("lambda: {value: 3", "lambda: {value: -3", "lambda = -3 is outside [0, inf)", ""),
    "a prior outside the support": (CHI, "chi: {prior: 0.5 to 1.5, source: ledger}", "strictly inside [0, 1]", ""),
    "a reversed interval": ("prior: 0.2 to 0.6", "prior: 0.6 to 0.2", "the interval 0.6 to 0.2 is reversed", "0.2 to 0.6"),
    "a wrong unit": (
        "unit: coin, source: ledger}\n  zeal",
        "unit: load, source: ledger}\n  zeal",
        "'fine' is in coin, not load",
        "coin",
    ),
    "a missing unit": ("prior: 0.2 to 0.6, unit: coin", "prior: 0.2 to 0.6", "'fine' is in coin, not 1", "coin"),
    "an unknown source": (CHI, "chi: {value: 0.1, source: ledgr}", "unknown source 'ledgr'", "ledger"),
    "an unknown source of a claim": ("source: [ledger]}", "source: [leger]}", "unknown source 'leger'", "ledger"),
    "over budget": (
        "levers: {effort: 1}",
        "levers: {effort: 1.2}",
        "'work' spends 1.2 in crisis 1, over the budget of 1",
        "lower",
    ),
    "over budget later": (LATER, edited(LATER, "care: [0, 0.5, 0]", "care: [0, 0.6, 0]"), "spends 1.1 in crisis 2", "lower"),
    "no budget": ("levers: {budget: 1, lag: 1}\n", "", "over the budget of 0", "budget"),
    "a negative lever": ("levers: {effort: 1}", "levers: {effort: -1}", "'effort' is negative", ""),
    "an unknown lever": ("levers: {effort: 1}", "levers: {efort: 1}", "unknown lever 'efort'", "effort"),
    "too many settings": ("levers: {effort: 1}", "levers: {effort: [0, 0, 0, 1]}", "'effort' has 4 settings for 3 crises", ""),
    "no setting": ("levers: {effort: 1}", "levers: {effort: []}", "'effort' has 0 settings", ""),
    "an unknown policy": ("policy: idle", "policy: idel", "unknown policy 'idel'", "idle"),
    "an unknown actor": ("guard: {name: Guard}", "gard: {name: Guard}", "no player 'gard'", "guard"),
    "not a date": ("vantage: 2020-01-01", "vantage: 2020-13-01", "'2020-13-01' is not a date", "YYYY-MM-DD"),
    "an unknown node observed": ("observed: {gate: cross,", "observed: {gat: cross,", "no node 'gat'", "gate"),
    "an unknown action observed": (
        "observed: {gate: cross,",
        "observed: {gate: crss,",
        "'crss' is not an action at 'gate'",
        "cross",
    ),
    "moves that cannot follow": (
        "observed: {gate: cross,",
        "observed: {gate: turn_back,",
        "no play of the game holds gate = turn_back",
        "follow",
    ),
    "an unknown measure": (TEST, edited(TEST, "crossing", "crosing"), "unknown measure 'crosing'", "crossing"),
    "a measure without its index": (TEST, edited(TEST, "crossing", "bustle"), "has the wrong index", "bustle[north]"),
    "a measure with a wrong index": (TEST, edited(TEST, "crossing", '"bustle[east]"'), "has the wrong index", "bustle[north]"),
    "an index on a measure without": (TEST, edited(TEST, "crossing", '"crossing[east]"'), "has the wrong index", "crossing"),
    "beyond the horizon": (
        TEST,
        edited(TEST, "is: above", "when: 4, is: above"),
        "crisis 4 is beyond the horizon of 3",
        "horizon",
    ),
    "before the first crisis": (TEST, edited(TEST, "is: above", "when: 0, is: above"), "crisis 0", ""),
    "an unknown policy in a claim": (TEST, edited(TEST, "is: above", "policy: wrk, is: above"), "unknown policy 'wrk'", "work"),
    "nothing to compare with": (TEST, edited(TEST, ", threshold: 0.5", ""), "either 'threshold' or 'than'", ""),
    "two things to compare with": (
        TEST,
        edited(TEST, "threshold: 0.5", "threshold: 0.5, than: {when: 2}"),
        "either 'threshold' or 'than'",
        "",
    ),
    "units that differ": (TEST, edited(TEST, "threshold: 0.5", "than: {measure: riches}"), "is in 1, 'riches' in coin", ""),
    "neither tests nor a reason": (TEST, "tests: []", "wants either tests or the reason", ""),
    "tests and a reason": (TEST, TEST + "\n    untestable: no reason", "wants either tests or the reason", ""),
    "an ablation of nothing": (WITHOUT, "without: {meaning: nothing}", "takes nothing out", ""),
    "an ablation of an unknown": (WITHOUT, edited(WITHOUT, "zeal: 0", "zael: 0"), "'zael' cannot be changed", "zeal"),
    "an ablation in another unit": (
        WITHOUT,
        edited(WITHOUT, "zeal: 0", "zeal: weight"),
        "is in coin, but its change is in load",
        "",
    ),
    "two claims of one id": ("- id: b", "- id: a", "two claims have the id 'a'", ""),
    "an unknown claim in a tension": ("claims: [a, b]", "claims: [a, c]", "no claim 'c'", ""),
    "not positive definite": (GROUP, GROUP.replace("0.5", "-0.7"), "3 numbers cannot all have the correlation -0.7", "-0.5"),
    "at the edge of definiteness": (GROUP, GROUP.replace("0.5", "-0.5"), "cannot all have the correlation -0.5", ""),
    "an unknown number correlated": (GROUP, GROUP.replace("fine", "fin"), "no number 'fin'", "fine"),
    "correlated with itself": (GROUP, GROUP.replace(", fine", ', "zeal[lax]"'), "stands in two correlations", ""),
    "a threshold that is no number": (TEST, edited(TEST, "0.5", ".inf"), "finite number", ""),
    "an unknown protocol": ("protocol: toll.yaml", "protocol: tol.yaml", "cannot read the file", ""),
    "an unknown shipped protocol": ("protocol: toll.yaml", "protocol: intervntion", "no protocol 'intervntion'", "intervention"),
}


@pytest.mark.parametrize("case", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_where_it_stands(case: tuple[str, str, str, str], tmp_path: Path) -> None:
    old, new, what, fix = case
    error = refused(scenario_of, tmp_path, edited(TRIP, old, new))
    assert what in error.what
    assert fix in error.fix
    assert error.place is not None
    assert error.place.file.endswith(("trip.yaml", "tol.yaml"))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("outside the support", "chi:"),
        ("an unknown element", "lux:"),
        ("over budget", "levers: {effort: 1.2}"),
        ("an unknown measure", "tests:"),
        ("an unknown policy", "policy: idel"),
        ("an ablation of an unknown", "without:"),
        ("an unknown claim in a tension", "- {claims"),
        ("not positive definite", "- {between"),
        ("a reversed interval", "fine:"),
        ("an unknown source", "chi:"),
    ],
)
def test_the_line_is_that_of_the_mistake(name: str, part: str, tmp_path: Path) -> None:
    text = edited(TRIP, *MISTAKES[name][:2])
    error = refused(scenario_of, tmp_path, text)
    assert error.place is not None
    assert error.place.line == line_of(text, part)


def test_a_mistake_in_the_protocol_is_placed_there(tmp_path: Path) -> None:
    error = refused(scenario_of, tmp_path, TRIP, edited(TOLL, "caught * zeal", "caugt * zeal"))
    assert error.place is not None
    assert error.place.file.endswith("toll.yaml")


@pytest.fixture
def trip(tmp_path: Path) -> Scenario:
    return scenario_of(tmp_path)


def test_numbers_come_in_plain_units(trip: Scenario) -> None:
    numbers = trip.central()
    assert numbers["traffic[north]"] == pytest.approx(0.2)
    assert numbers["gold"] == 1
    assert trip.numbers()["gold"].why == "the protocol's default"
    assert trip.labels[:4] == ["lambda", "rho_0", "chi", "fine"]


def test_a_prior_set_changes_only_what_it_names(trip: Scenario) -> None:
    changed = {k for k, n in trip.numbers("strict").items() if n is not trip.numbers()[k]}
    assert changed == {"rho_0"}
    assert trip.reference == "reference"
    assert isinstance(refused(trip.numbers, "strct"), NotFoundError)


@pytest.mark.parametrize(("lag", "effort"), [(1, [0, 0.5, 1]), (2, [0, 0, 0.5]), (3, [0, 0, 0]), (7, [0, 0, 0])])
def test_a_lag_shifts_what_a_policy_does(lag: int, effort: list[float], tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, edited(TRIP, "lag: 1", f"lag: {lag}"))
    assert [s.get("effort", 0) for s in scenario.policies["later"].settings] == effort


def test_one_setting_holds_for_every_crisis(trip: Scenario) -> None:
    assert [dict(s) for s in trip.policies["work"].settings] == [{"effort": 1}] * 3
    assert [dict(s) for s in trip.policies["idle"].settings] == [{}] * 3


def test_claims_are_fields(trip: Scenario) -> None:
    a, b = trip.claims
    assert (a.tests[0].left.measure, a.tests[0].left.when, a.tests[0].left.policy) == ("crossing", 1, "idle")
    assert b.tests[0].left.when == 2
    assert b.tests[0].right == b.tests[0].left.__class__("trust", None, 1, "idle")
    assert b.without is not None
    assert list(b.without.change) == ["zeal"]


def test_with_numbers(trip: Scenario) -> None:
    changed = trip.with_numbers({"fine": 0.7, "chi": "0.1 to 0.4"})
    assert changed.central()["fine"] == 0.7
    assert changed.numbers("strict")["chi"].prior is not None
    assert changed.digest != trip.digest
    assert trip.numbers()["fine"].prior is not None
    for label, value in {"fyne": 0.7, "fine": -1.0, "chi": "0.4 to 0.1", "zeal": 1.0}.items():
        refused(trip.with_numbers, {label: value})


def test_a_digest_speaks_for_scenario_and_protocol(trip: Scenario, tmp_path: Path) -> None:
    assert scenario_of(tmp_path, "# a comment\n" + TRIP).digest == trip.digest
    assert scenario_of(tmp_path, edited(TRIP, "seed: 7", "seed: 8")).digest != trip.digest
    assert scenario_of(tmp_path, TRIP, edited(TOLL, "paid / 2", "paid / 3")).digest != trip.digest


@pytest.mark.parametrize("name", ["textbook", "karabakh-2020"])
def test_shipped_scenarios_load(name: str) -> None:
    assert load_scenario(name).name == name


def test_an_unknown_scenario(tmp_path: Path) -> None:
    assert "textbook" in refused(load_scenario, "textbok").fix
    assert isinstance(refused(load_scenario, tmp_path / "none.yaml"), MeaningError | NotFoundError)
