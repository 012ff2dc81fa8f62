"""Backward induction on games made by hand, against the definitions in plain Python: every question a solution answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from foedus.game.solver import LEAST, NEVER, Kind, Solution, Stage
from foedus.game.tree import Play, Position
from foedus.program.ir import Builder, Value
from foedus.program.numpy_executor import execute

Choices = dict[tuple[tuple[str, ...], Kind], list[float]]


# --- games: nested tuples, a play is None


def grown(what: Any, path: tuple[str, ...] = (), steps: tuple[tuple[str, str | None, str], ...] = ()) -> Position | Play:
    """(node, mover, {action: (below, weight) or below}) as a tree."""
    if what is None:
        return Play(steps, {})
    node, player, branches = what
    below = {a: b if isinstance(b, tuple) and len(b) == 2 else (b, 1.0) for a, b in branches.items()}
    children = {a: grown(b, (*path, a), (*steps, (node, player, a))) for a, (b, _) in below.items()}
    return Position(node, player, path, {}, path, children, tuple(w for _, w in below.values()))


REPLY = ("reply", "ann", {"yes": None, "no": None})
GUESS = {"l": None, "m": None, "r": None}
THREE = (
    "offer",
    "ann",
    {
        "quit": None,
        "try": ("sky", None, {"rain": ("bob", "bob", GUESS | {"l": REPLY}), "sun": None, "snow": ("bob", "bob", GUESS)}),
    },
)
SKY = ("sky", None, {"rain": None, "sun": REPLY})
TWO = ("offer", "ann", {"quit": None, "try": ("bob", "bob", {"l": REPLY, "r": SKY})})
AMOUNTS = ("offer", "ann", {"little": (("bob", "bob", {"l": None, "r": None}), 0.25), "much": (None, 0.75)})


@dataclass(frozen=True)
class Case:
    """A game with its numbers; payoffs are drawn, for each type of each player at each play."""

    game: Any
    beliefs: Mapping[str, Mapping[Kind, float]] = field(
        default_factory=lambda: {"ann": {None: 1.0}, "bob": {"x": 0.2, "y": 0.3, "z": 0.5}}
    )
    precision: Mapping[str, float] = field(default_factory=lambda: {"ann": 1.7, "bob": 2.5})
    weather: Mapping[str, float] = field(default_factory=lambda: {"rain": 0.3, "sun": 0.45, "snow": 0.25})
    forced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rule: str = "logit"
    limit: bool = False
    scale: float = 1.0

    @property
    def tree(self) -> Position:
        tree = grown(self.game)
        assert isinstance(tree, Position)
        return tree

    @property
    def payoffs(self) -> dict[tuple[str, Kind, tuple[str, ...]], float]:
        random, plays = np.random.default_rng(5), self.tree.plays
        kinds = [(player, kind) for player, types in self.beliefs.items() for kind in types]
        return {(p, k, play.path): self.scale * float(random.uniform(-1, 1)) for play in plays for p, k in kinds}


PAIR = {"ann": {None: 1.0}, "bob": {"x": 0.35, "y": 0.65}}
CASES = {
    "three actions, three types": Case(THREE),
    "three actions, two types": Case(THREE, beliefs=PAIR),
    "two actions": Case(TWO, beliefs=PAIR, weather={"rain": 0.3, "sun": 0.7}),
    "one type": Case(TWO, beliefs={"ann": {None: 1.0}, "bob": {None: 1.0}}, weather={"rain": 0.3, "sun": 0.7}),
    "one type that has a name": Case(TWO, beliefs={"ann": {None: 1.0}, "bob": {"x": 1.0}}, weather={"rain": 0.3, "sun": 0.7}),
    "amounts": Case(AMOUNTS, beliefs=PAIR),
    "one action forced": Case(THREE, forced={"bob": ("m",)}),
    "forced at the start": Case(TWO, beliefs=PAIR, weather={"rain": 0.3, "sun": 0.7}, forced={"offer": ("try",)}),
    "chance forced": Case(THREE, beliefs=PAIR, forced={"sky": ("rain",)}),
    "held to two of three": Case(THREE, beliefs=PAIR, forced={"bob": ("m", "r")}),
    "held to one amount": Case(AMOUNTS, beliefs=PAIR, forced={"offer": ("much",)}),
    "probit": Case(TWO, beliefs=PAIR, weather={"rain": 0.3, "sun": 0.7}, rule="probit"),
    "probit, three actions": Case(THREE, rule="probit"),
    "private errors": Case(
        TWO, beliefs={"ann": {None: 1.0}, "bob": {None: 1.0}}, weather={"rain": 0.3, "sun": 0.7}, rule="probit_private"
    ),
    "private errors, types": Case(TWO, beliefs=PAIR, weather={"rain": 0.3, "sun": 0.7}, rule="probit_private"),
    "the limit": Case(THREE, limit=True),
}
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
# what is believed, and what counts, after moves that nobody makes is a limit of its own: see test_limits
short_of_the_limit = pytest.mark.parametrize(
    "case", [c for c in CASES.values() if not c.limit], ids=[n for n in CASES if n != "the limit"]
)


# --- the definitions


class Plain:
    """The same game by the words of the definitions, at one set of numbers."""

    def __init__(self, case: Case) -> None:
        self.case, self.tree, self.u = case, case.tree, case.payoffs
        self.choices: Choices = {}
        self.values: dict[tuple[tuple[str, ...], str, Kind], float] = {}
        self._solve(self.tree)

    def _solve(self, at: Position | Play) -> None:
        pairs = [(p, k) for p, types in self.case.beliefs.items() for k in types]
        if isinstance(at, Play):
            self.values |= {(at.path, p, k): self.u[p, k, at.path] for p, k in pairs}
            return
        for child in at.children.values():
            self._solve(child)
        for kind in self.case.beliefs[at.player] if at.player else [None]:
            self.choices[at.path, kind] = self._choose(at, kind)
        for p, k in pairs:
            weights = self.choices[at.path, k] if p == at.player else self.mean(at)
            below = [self.values[child.path, p, k] for child in at.children.values()]
            self.values[at.path, p, k] = sum(w * v for w, v in zip(weights, below, strict=True))

    def _choose(self, at: Position, kind: Kind) -> list[float]:
        actions, allowed = list(at.children), self.case.forced.get(at.node, tuple(at.children))
        if at.node in self.case.forced and len(allowed) == 1:
            return [float(a in allowed) for a in actions]
        if at.player is None:
            return [self.case.weather[a] for a in actions]
        u = {a: self.values[at.children[a].path, at.player, kind] for a in actions if a in allowed}
        found = self._rule(at, u)
        return [found.get(a, 0.0) for a in actions]

    def _rule(self, at: Position, u: Mapping[str, float]) -> dict[str, float]:
        precision, actions = self.case.precision[at.player or ""], list(u)
        if self.case.limit:
            best = [a for a in actions if u[a] == max(u.values())]
            return {a: (a in best) / len(best) for a in actions}
        if self.case.rule == "logit":
            weight = dict(zip(at.children, at.weights, strict=True))
            e = {a: weight[a] * math.exp(precision * u[a]) for a in actions}
            return {a: e[a] / sum(e.values()) for a in actions}
        if len(actions) == 3:
            return {a: _over_normal_errors([precision * (u[a] - u[b]) for b in actions if b != a]) for a in actions}
        spread = math.sqrt(2) if self.case.rule == "probit" else math.sqrt(sum(p * p for p in self.ends(at)))
        second = float(norm.cdf(precision * (u[actions[1]] - u[actions[0]]) / spread))
        return {actions[0]: 1 - second, actions[1]: second}

    def ends(self, at: Position) -> list[float]:
        """The probability of each play below a position once an action has been taken there, all actions together."""
        return [p for child in at.children.values() for p in self._below(child)]

    def _below(self, at: Position | Play) -> Iterator[float]:
        if isinstance(at, Play):
            yield 1.0
            return
        for p, child in zip(self.mean(at), at.children.values(), strict=True):
            yield from (p * q for q in self._below(child))

    def mean(self, at: Position) -> list[float]:
        kinds = self.case.beliefs[at.player] if at.player else {None: 1.0}
        return [sum(b * self.choices[at.path, k][a] for k, b in kinds.items()) for a in range(len(at.children))]

    @property
    def reach(self) -> dict[tuple[str, ...], float]:
        found = {(): 1.0}
        for at in self.tree.positions:
            for p, child in zip(self.mean(at), at.children.values(), strict=True):
                found[child.path] = found[at.path] * p
        return found

    def beliefs(self, player: str, path: Sequence[str]) -> dict[Kind, float]:
        """Bayes' rule over all moves of a player on the way."""
        at: Any = self.tree
        weight = dict(self.case.beliefs[player])
        for action in path:
            index = list(at.children).index(action)
            if at.player == player and len(self.case.forced.get(at.node, at.children)) > 1:
                weight = {k: w * self.choices[at.path, k][index] for k, w in weight.items()}
            at = at.children[action]
        return {k: w / sum(weight.values()) for k, w in weight.items()}


def _over_normal_errors(leads: Sequence[float]) -> float:
    return float(quad(lambda z: norm.pdf(z) * math.prod(norm.cdf(z + lead) for lead in leads), -np.inf, np.inf, epsabs=1e-13)[0])


class Solved:
    """A case as the solver sees it; `read` computes values of its program."""

    def __init__(self, case: Case, *, constant: bool = False) -> None:
        self.builder, self.given, names = Builder(), dict[str, float](), count()

        def value(x: float) -> Value:
            if constant:
                return self.builder.const(x)
            name = f"n{next(names)}"
            self.given[name] = x
            return self.builder.input(name)

        def belief(types: Mapping[Kind, float]) -> dict[Kind, Value]:
            return {k: value(b) if len(types) > 1 else self.builder.const(1) for k, b in types.items()}

        u = {key: value(x) for key, x in case.payoffs.items()}
        weather, precision = {a: value(p) for a, p in case.weather.items()}, {p: value(x) for p, x in case.precision.items()}
        self.stage = Stage(
            tree=case.tree,
            builder=self.builder,
            payoff=lambda player, kinds, play: u[player, kinds[player], play.path],
            chance=lambda _, action: weather[action],
            precision=lambda player: precision[player],
            beliefs={p: belief(types) for p, types in case.beliefs.items()},
            forced=case.forced,
            limit=case.limit,
            rule=case.rule,  # type: ignore[arg-type]
        )
        self.solution = Solution(self.stage)

    def read(self, values: Mapping[Any, Value]) -> dict[Any, float]:
        program = self.builder.program({str(k): v for k, v in enumerate(values.values())})
        found = execute(program, {name: self.given[name] for name in program.inputs})
        return {key: float(found[str(k)]) for k, key in enumerate(values)}


def close(found: Mapping[Any, float], expected: Mapping[Any, float]) -> None:
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-11)


def listed(values: Mapping[Any, Sequence[Any]]) -> dict[Any, Any]:
    return {(*key, k): v for key, row in values.items() for k, v in enumerate(row)}


# --- what a solution says


@every
def test_choices_are_the_rule_at_the_payoffs_expected_below(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    chosen = {(at.path, kind): p for at, kinds in solved.solution.choices.items() for kind, p in kinds.items()}
    close(solved.read(listed(chosen)), listed(plain.choices))


@every
def test_means_and_reach_are_over_the_types_of_movers(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    close(solved.read({at.path: v for at, v in solved.solution.reach.items()}), plain.reach)
    close(
        solved.read(listed({at.path: solved.solution.mean(at) for at in solved.stage.tree.positions})),
        listed({at.path: plain.mean(at) for at in plain.tree.positions}),
    )


@every
def test_payoffs_by_type_are_those_expected_after_each_action(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    movers = [at for at in solved.stage.tree.positions if at.player]
    found = {(at.path, p, k): u for at in movers for p in case.beliefs for k, u in solved.solution.payoffs_by_kind(p, at).items()}
    expected = {
        (at.path, p, k): [plain.values[child.path, p, k] for child in at.children.values()]
        for at in movers for p, types in case.beliefs.items() for k in types
    }  # fmt: skip
    close(solved.read(listed(found)), listed(expected))


@short_of_the_limit
def test_beliefs_after_moves_are_those_of_bayes_and_values_are_over_them(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    reach = plain.reach
    possible = [p for p in solved.stage.tree.plays if reach[p.path]]
    found = {(p.path, who, k): solved.solution.belief(p, who, k) for p in possible for who, t in case.beliefs.items() for k in t}
    expected = {(p.path, who, k): b for p in possible for who in case.beliefs for k, b in plain.beliefs(who, p.path).items()}
    close(solved.read(found), expected)
    places = [at for at in [*solved.stage.tree.positions, *possible] if reach[at.path]]
    values = {(at.path, who): solved.solution.value(who, at) for at in places for who in case.beliefs}
    close(
        solved.read(values),
        {(path, who): sum(b * plain.values[path, who, k] for k, b in plain.beliefs(who, path).items()) for path, who in values},
    )


@every
def test_beliefs_before_a_move_are_the_given_ones(case: Case) -> None:
    solved = Solved(case)
    for at in solved.stage.tree.positions:
        found = solved.solution.prior(at)
        assert solved.read(found) == (dict(case.beliefs[at.player]) if at.player else {})


@every
def test_an_expectation_is_the_mean_over_plays(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    worth = {play.path: 0.3 + k * k for k, play in enumerate(solved.stage.tree.plays)}
    found = solved.read({"it": solved.solution.expectation(lambda play: solved.builder.const(worth[play.path]))})
    close(found, {"it": sum(plain.reach[path] * w for path, w in worth.items())})


def logarithm(p: float) -> float:
    return math.log(p) if p else NEVER


@every
def test_log_probabilities_are_the_logarithms_of_choices(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    found, expected = {}, {}
    for at in solved.stage.tree.positions:
        for kind in solved.solution.choices[at]:
            log = solved.solution.log_choice(at, kind)
            kept = [k for k, p in enumerate(plain.choices[at.path, kind]) if p]
            found |= {(at.path, kind, k): log[k] for k in kept}
            expected |= {(at.path, kind, k): math.log(plain.choices[at.path, kind][k]) for k in kept}
    close(solved.read(found), expected)


@short_of_the_limit
def test_the_log_probability_of_an_action_is_over_types(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    found = {(at.path, a): solved.solution.log_mean(at, a) for at in solved.stage.tree.positions for a in at.children}
    expected = {
        (at.path, a): logarithm(p)
        for at in plain.tree.positions
        for a, p in zip(at.children, plain.mean(at), strict=True)
    }  # fmt: skip
    close(solved.read(found), expected)


@short_of_the_limit
def test_log_weights_of_plays_differ_as_their_probabilities_do(case: Case) -> None:
    solved, plain = Solved(case), Plain(case)
    plays = [p for p in solved.stage.tree.plays if plain.reach[p.path]]
    for some in filter(None, (plays, plays[1:], plays[-2:])):
        found = solved.read(dict(enumerate(solved.solution.log_weights(some))))
        expected = [math.log(plain.reach[p.path]) for p in some]
        np.testing.assert_allclose(np.diff(list(found.values())), np.diff(expected), rtol=0, atol=1e-9)


def test_what_all_plays_share_is_left_out_of_their_log_weights() -> None:
    """So that it need not be computed, and cannot spoil what is compared where it is rare."""
    case = replace(CASES["two actions"], scale=40.0)
    solved = Solved(case)
    some = [p for p in solved.stage.tree.plays if p.path[:2] == ("try", "l")]
    found = solved.read(dict(enumerate(solved.solution.log_weights(some))))
    assert sum(map(math.exp, found.values())) == pytest.approx(1, abs=1e-12)


def test_one_play_alone_weighs_one() -> None:
    solved = Solved(CASES["two actions"])
    for play in solved.stage.tree.plays:
        (weight,) = solved.solution.log_weights([play])
        assert weight.constant == 0


def test_of_two_actions_the_difference_counts_to_its_last_digit_at_any_precision() -> None:
    """What precision times either payoff would lose to rounding, precision times their difference does not."""
    solved = Solved(CASES["one type"])
    (at,) = [p for p in solved.stage.tree.positions if p.path == ("try", "l")]
    payoffs = solved.solution.payoffs_by_kind("ann", at)[None]
    program = solved.builder.program({"p": solved.solution.choices[at][None][1]})
    yes, no = (payoff.builder.program({"u": payoff}).inputs for payoff in payoffs)
    near = dict.fromkeys(yes, 0.1) | dict.fromkeys(no, 0.1 + 1e-12)
    (precision,) = program.inputs.keys() - near.keys()
    found = float(execute(program, near | {precision: 1e12})["p"])
    assert found == pytest.approx(1 / (1 + math.exp(-1e12 * ((0.1 + 1e-12) - 0.1))), rel=1e-12)


def test_the_value_of_a_fork_of_two_takes_one_product() -> None:
    """Beside the one in the choice. Most positions are such forks, and a run solves them billions of times."""
    solved = Solved(Case(("fork", "ann", {"a": None, "b": None})))
    program = solved.builder.program({"value": solved.solution.value("ann", solved.stage.tree)})
    assert [step.op for step in program.code].count("mul") == 2


def test_probabilities_of_three_actions_under_probit_sum_to_one_to_the_last_digit() -> None:
    solved = Solved(CASES["probit, three actions"])
    (at,) = [p for p in solved.stage.tree.positions if p.path == ("try", "snow")]
    shares = {(k, a): p for k, chosen in solved.solution.choices[at].items() for a, p in enumerate(chosen)}
    random = np.random.default_rng(3)
    program = solved.builder.program({f"{k}{a}": p for (k, a), p in shares.items()})
    found = execute(program, {name: random.normal(0, 2, 5000) for name in program.inputs})
    for kind in CASES["probit, three actions"].beliefs["bob"]:
        np.testing.assert_allclose(sum(found[f"{kind}{a}"] for a in range(3)), 1, rtol=0, atol=5e-16)


def test_the_way_to_a_play_is_every_position_with_the_action_taken_there() -> None:
    solved = Solved(CASES["three actions, three types"])
    (play,) = [p for p in solved.stage.tree.plays if p.path == ("try", "rain", "l", "no")]
    assert [(at.node, action) for at, action in solved.solution.steps(play)] == [
        ("offer", "try"), ("sky", "rain"), ("bob", "l"), ("reply", "no"),
    ]  # fmt: skip
    assert solved.solution.steps(solved.stage.tree) == []


def test_backward_induction_has_nothing_to_say_of_its_status() -> None:
    assert Solved(CASES["two actions"]).solution.status == {}


# --- moves that are hardly ever made, and moves that are forbidden


@pytest.mark.parametrize(("rule", "exact"), [("logit", lambda lead: -np.logaddexp(0, -lead)),
                                             ("probit", lambda lead: norm.logcdf(lead / math.sqrt(2)))])  # fmt: skip
def test_log_probabilities_are_exact_where_probabilities_underflow(rule: str, exact: Callable[[float], float]) -> None:
    case = replace(CASES["one type"], rule=rule, scale=2000.0)
    solved, plain = Solved(case), Plain(replace(case, limit=True))
    (at,) = [p for p in solved.stage.tree.positions if p.path == ("try", "l")]
    yes, no = (case.precision["ann"] * plain.values[child.path, "ann", None] for child in at.children.values())
    found = solved.read(dict(enumerate(solved.solution.log_choice(at, None))))
    assert min(found.values()) < -800
    assert list(found.values()) == pytest.approx([exact(yes - no), exact(no - yes)], rel=1e-9, abs=1e-12)


def test_of_three_actions_under_probit_no_logarithm_falls_below_that_of_the_least_probability() -> None:
    case = replace(CASES["probit, three actions"], scale=500.0)
    solved = Solved(case)
    logs = [v for at in solved.stage.tree.positions if len(at.children) == 3 and at.player
            for k in case.beliefs["bob"] for v in solved.solution.log_choice(at, k)]  # fmt: skip
    found = list(solved.read(dict(enumerate(logs))).values())
    assert min(found) == pytest.approx(math.log(LEAST))
    assert max(found) == pytest.approx(0, abs=1e-12)


def test_an_action_that_is_forbidden_is_never_taken_and_its_log_probability_says_so() -> None:
    case = CASES["held to two of three"]
    solved = Solved(case)
    for at in (p for p in solved.stage.tree.positions if p.node == "bob"):
        for kind in case.beliefs["bob"]:
            found = solved.read({"p": solved.solution.choices[at][kind][0], "log": solved.solution.log_choice(at, kind)[0]})
            assert found == {"p": 0.0, "log": NEVER}


@pytest.mark.parametrize("constant", [False, True], ids=["computed", "known beforehand"])
def test_what_chance_never_does_counts_as_never(constant: bool) -> None:
    case = replace(CASES["three actions, three types"], weather={"rain": 0.0, "sun": 1.0, "snow": 0.0})
    solved = Solved(case, constant=constant)
    (sky,) = [p for p in solved.stage.tree.positions if p.node == "sky"]
    found = solved.read({a: solved.solution.log_mean(sky, a) for a in sky.children})
    assert found == {"rain": NEVER, "sun": 0.0, "snow": NEVER}


def test_a_forced_move_shows_nothing_of_its_movers_type() -> None:
    case = CASES["one action forced"]
    solved = Solved(case)
    for at in (p for p in solved.stage.tree.positions if p.node == "bob"):
        assert solved.read(solved.solution.posterior(at, "m")) == dict(case.beliefs["bob"])


def test_in_the_limit_ties_are_shared_by_all_that_are_best() -> None:
    case = replace(CASES["the limit"], scale=0.0)
    solved = Solved(case)
    for at in (p for p in solved.stage.tree.positions if p.node == "bob"):
        found = solved.read(dict(enumerate(solved.solution.choices[at]["x"])))
        assert list(found.values()) == pytest.approx([1 / 3] * 3)
