"""The two larger crises of karabakh-2020, four players each: sourced throughout, judged throughout, and larger than the first."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import Game

from foedus.claims.audit import audit
from foedus.ensemble.draws import draw
from foedus.protocol.loader import load_protocol
from foedus.scenario.loader import load_scenario

ADDED = {"backed_rival": "backer", "second_patron": "second"}
SHARED = ("pressure", "reliability", "war", "security", "welfare", "autonomy", "accusation", "reliance")
# what makes the fourth player idle
IDLE = {
    "backed_rival": {"eta_A": 0.0, "k_T": 1e3},
    "second_patron": {"kappa_T": 1e6, "l_P": 0.0},
}


@pytest.mark.parametrize("variant", ADDED)
def test_every_number_of_a_variant_has_unit_source_date_and_reason(variant: str) -> None:
    scenario, base = load_scenario(f"karabakh-2020+{variant}"), load_scenario("karabakh-2020")
    assert len(scenario.protocol.players) == 4
    assert scenario.actors[ADDED[variant]].name
    new = set(scenario.labels) - set(base.labels)
    assert len(new) >= 9
    for label in new:
        number = scenario.numbers()[label]
        assert number.sources and number.unit and number.describes and number.why, label
        assert all(scenario.sources[s].date for s in number.sources)


@pytest.mark.parametrize("variant", ADDED)
def test_every_claim_is_judged(variant: str) -> None:
    found = audit(load_scenario(f"karabakh-2020+{variant}"), draws=512)
    assert len(found.claims) == 15
    assert found.failures == 0
    for claim in found.claims:
        assert claim.by_set or claim.claim.untestable


@pytest.mark.parametrize("variant", IDLE)
def test_with_an_idle_fourth_player_the_crisis_is_the_first(variant: str) -> None:
    """A backer without force that never joins; a turn that only a client without dependence can afford: so not autonomy."""
    scenario = load_scenario(f"karabakh-2020+{variant}")
    numbers = draw(scenario, 100) | {name: np.asarray(value) for name, value in IDLE[variant].items()}
    wanted = {name: name for name in SHARED}
    larger = Game(load_protocol(variant), wanted=wanted).solve(numbers)
    first = Game(load_protocol("intervention"), wanted=wanted).solve(numbers)
    for name in SHARED:
        if (variant, name) == ("second_patron", "autonomy"):
            continue
        np.testing.assert_allclose(larger[name], first[name], rtol=0, atol=1e-9, err_msg=name)


def test_a_backer_deters_the_patron_and_emboldens_the_rival() -> None:
    found = Game(load_protocol("backed_rival"), wanted={m: m for m in ("deterrence_of_the_patron", "emboldening")}).solve(
        draw(load_scenario("karabakh-2020+backed_rival"), 400)
    )
    assert (found["deterrence_of_the_patron"] > 0).mean() > 0.95
    assert (found["emboldening"] > 0).mean() > 0.9


def test_a_second_patron_supports_the_sooner_the_less_the_client_depends_on_the_first_where_support_helps() -> None:
    wanted = {
        "free": "under(second_support, D = 0)",
        "bound": "under(second_support, D = 1)",
        "help": "y_supported - max(y_alone, 1 - d)",
    }
    found = Game(load_protocol("second_patron"), wanted=wanted).solve(draw(load_scenario("karabakh-2020+second_patron"), 1000))
    helped = found["help"] > 0
    assert helped.sum() > 50
    assert (found["free"] > found["bound"])[helped].all()
