"""Laws of derivatives: the gradient program against central differences, through whole measures and claims."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import Array, Game
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foedus.claims.argument import build_argument
from foedus.ensemble.draws import draw
from foedus.program.gradient import gradient
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol
from foedus.scenario.loader import load_scenario
from foedus.testing import numbers_for, protocols

DRAWS = 12
MEASURES = {
    "reliability": "reliability",
    "security": "security",
    "welfare": "welfare",
    "reliance": "reliance",
    "autonomy": "autonomy",
    "fragility": "fragility",
    "shock": "shock",
    "learnt": "given(posterior(patron.high), onset = press, answer = resist, help = urge)",
    "after what was seen": "given(after(security), onset = press, answer = resist, help = urge)",
    "two crises on": "after(after(reliability))",
    "tension": "tension_of_urging",
    "alignment": "security_of_alignment",
}


def assert_slopes(program: Program, output: str, numbers: dict[str, Array], tolerance: float = 2e-5) -> None:
    """Every derivative of an output against central differences; where a kink lies within the step, the draw is passed over."""
    labels = [n for n in program.inputs if numbers[n].ndim]
    slopes = execute(gradient(program, output, labels), numbers)
    compared = passed = 0
    for label in labels:
        h = 1e-5 * np.maximum(np.abs(numbers[label]), 0.05)
        out = [execute(program, {**numbers, label: numbers[label] + k * h})[output] for k in (-2, -1, 0, 1, 2)]
        near, far = (out[3] - out[1]) / (2 * h), (out[4] - out[0]) / (4 * h)
        smooth = np.abs(near - far) <= tolerance * (1 + np.abs(near))
        found = np.broadcast_to(slopes[f"d:{label}"], near.shape)
        np.testing.assert_allclose(found[smooth], near[smooth], rtol=1e-4, atol=tolerance, err_msg=f"{output} in {label}")
        compared += smooth.size
        passed += int((~smooth).sum())
    assert passed <= 0.02 * compared


@pytest.fixture(scope="module")
def game() -> Game:
    return Game(load_protocol("intervention"), wanted=MEASURES)


@pytest.fixture(scope="module")
def numbers() -> dict[str, Array]:
    return draw(load_scenario("karabakh-2020"), DRAWS)


@pytest.mark.parametrize("measure", MEASURES)
def test_through_measures(measure: str, game: Game, numbers: dict[str, Array]) -> None:
    assert_slopes(game.program.restricted([measure]), measure, numbers)


def test_through_claims(numbers: dict[str, Array]) -> None:
    argument = build_argument(load_scenario("karabakh-2020"))
    for outputs in list(argument.outputs.values())[:4]:
        output = outputs.tests[0]
        assert_slopes(argument.program.restricted([output]), output, numbers)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_through_any_game(data: st.DataObject) -> None:
    protocol = data.draw(protocols())
    game = Game(protocol)
    numbers = {n: np.array([v]) for n, v in data.draw(numbers_for(protocol)).items()}
    player = data.draw(st.sampled_from(sorted(protocol.players)))
    output = f"value:{player}"
    assert_slopes(game.program.restricted([output]), output, numbers, 1e-4)
