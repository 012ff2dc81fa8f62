"""Probit choice among three actions: as the integral over the error of the action chosen says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from foedus.errors import UnsolvableError
from foedus.model.model import Model
from foedus.program.ir import Builder
from foedus.program.normal import both_below
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol
from foedus.scenario.loader import load_scenario


@pytest.mark.parametrize(
    ("h", "k"), [(0.0, 0.0), (1.0, -1.0), (-3.0, 2.0), (-5.0, -4.0), (-8.0, 1.0), (3.0, 3.0), (-12.0, -10.0)]
)
def test_two_normal_numbers_of_correlation_one_half(h: float, k: float) -> None:
    b = Builder()
    program = b.program({"p": both_below(b.input("h"), b.input("k"))})
    found = float(execute(program, {"h": h, "k": k})["p"])
    exact, _ = quad(lambda z: norm.pdf(z) * norm.cdf((k - 0.5 * z) / np.sqrt(0.75)), -np.inf, h, epsabs=1e-300, epsrel=1e-11)
    assert found == pytest.approx(exact, rel=1e-9)


def test_three_actions_by_the_integral_over_the_error_of_each() -> None:
    scenario = load_scenario("textbook")
    model = Model(replace(scenario.protocol, rule="probit"))
    world = model.world(model.numbers() | model.levers({}))
    (at,) = [p for p in model.tree.positions if len(p.children) == 3]
    kind = next(iter(world.solution.choices[at]))
    outputs = {f"u{k}": u for k, u in enumerate(world.solution.payoffs_by_kind(at.player, at)[kind])}
    outputs |= {f"p{k}": p for k, p in enumerate(world.solution.choices[at][kind])}
    outputs |= {f"l{k}": p for k, p in enumerate(world.solution.log_choice(at, kind))}
    found = {n: float(v) for n, v in execute(model.builder.program(outputs), scenario.central()).items()}
    u, precision = [found[f"u{k}"] for k in range(3)], scenario.central()["lambda"]
    for k in range(3):
        others = [precision * (u[k] - v) for j, v in enumerate(u) if j != k]
        exact, _ = quad(lambda z, o=others: norm.pdf(z) * norm.cdf(z + o[0]) * norm.cdf(z + o[1]), -np.inf, np.inf, epsabs=1e-13)
        assert found[f"p{k}"] == pytest.approx(exact, abs=1e-11)
        assert found[f"l{k}"] == pytest.approx(np.log(exact), abs=1e-9)
    assert sum(found[f"p{k}"] for k in range(3)) == pytest.approx(1, abs=1e-14)


def test_private_errors_are_for_two_actions() -> None:
    protocol = replace(load_protocol("core"), rule="probit_private")
    with pytest.raises(UnsolvableError, match="for nodes of two actions; 'help' has 3"):
        Model(protocol)
