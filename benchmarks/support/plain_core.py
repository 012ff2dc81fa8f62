"""The crisis of the shipped protocol `core`, solved by hand: what somebody writes who needs just this one game."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Any

import numpy as np

# what every contestant returns, as the protocol's own formulas
OUTPUTS = {
    "press": "choice(onset.press)",
    "resist": "choice(answer.resist)",
    "back": "choice(help.back)",
    "war": "probability(fought)",
    "security": "expectation(y)",
}


def solve_one(n: Mapping[str, float]) -> tuple[float, ...]:
    """The outputs at one set of numbers, label to value."""
    return _solve(n, exp)


def solve_arrays(n: Mapping[str, np.ndarray]) -> tuple[Any, ...]:
    """The outputs over draws, label to (draw,)."""
    return _solve(n, np.exp)


def _solve(n: Mapping[str, Any], e: Any) -> tuple[Any, ...]:
    lam, v_r, v_c, s, t = n["lambda"], n["v_R"], n["v_C"], n["s_P"], n["t_P"]
    alone = n["m_C"] / (n["m_C"] + n["m_R"])
    backing = n["m_C"] + n["eta"] * n["m_P"]
    y_alone, y_backed = 1 - (1 - alone) * n["L"], 1 - (1 - backing / (backing + n["m_R"])) * n["L"]
    refused = n["omega"] * n["a_P"]

    # the client's voice adds the same to every play that ends in it
    gain = n["a_V"] - n["kappa_V"] * n["D"]
    accuse = 1 / (1 + e(-lam * gain))
    voice, face = accuse * gain, accuse * n["f"]

    def better(a: Any, b: Any) -> Any:
        return 1 / (1 + e(lam * (b - a)))

    war_r, war_c, war_p = v_r * (1 - y_alone) - n["c_R"], v_c * y_alone - n["c_C"], s * y_alone + t * (1 - y_alone)
    fight_r = v_r * (1 - y_backed) - n["c_R"] * (1 + n["eta"])
    desist = better(-n["alpha_R"], fight_r)
    stand_r = desist * -n["alpha_R"] + (1 - desist) * fight_r
    stand_c = desist * v_c + (1 - desist) * (v_c * y_backed - n["c_C"])
    stop = better(v_r * (1 - n["x"]), war_r)
    halt_r = stop * v_r * (1 - n["x"]) + (1 - stop) * war_r
    halt_c = stop * v_c * n["x"] + (1 - stop) * war_c
    accept_u = better(halt_c, war_c - n["kappa_U"] * n["D"])
    urge_r = accept_u * halt_r + (1 - accept_u) * war_r
    urge_c = accept_u * halt_c + (1 - accept_u) * (war_c - n["kappa_U"] * n["D"]) + voice
    ceded = v_c * (1 - n["d"]) - n["alpha_C"]
    accept_s = better(ceded, war_c)
    sit_r = accept_s * v_r * n["d"] + (1 - accept_s) * war_r
    sit_c = accept_s * ceded + (1 - accept_s) * war_c + voice

    given_up = s * (1 - n["d"]) + t * n["d"]
    settled = s * n["x"] + t * (1 - n["x"])
    sit_p = accept_s * given_up + (1 - accept_s) * war_p - refused - face
    held = stop * (settled + n["g"]) + (1 - stop) * war_p
    urge_p = accept_u * held + (1 - accept_u) * (war_p - n["f_U"]) - refused - face
    shares: list[Any] = []
    for kind in ("high", "low"):
        fought = s * y_backed + t * (1 - y_backed) - n[f"c_P[{kind}]"]
        back_p = desist * s + (1 - desist) * fought - n["k_B"] + n["r"]
        weights = 1 / (1 + e(lam * (urge_p - back_p)) + e(lam * (sit_p - back_p)))
        shares.append((weights, e(lam * (urge_p - back_p)) * weights, e(lam * (sit_p - back_p)) * weights))
    back, urge, sit = (n["rho"] * high + (1 - n["rho"]) * low for high, low in zip(*shares, strict=True))

    resist = better(back * stand_c + urge * urge_c + sit * sit_c, ceded)
    press = better(resist * (back * stand_r + urge * urge_r + sit * sit_r) + (1 - resist) * v_r * n["d"], 0 * v_r)
    war_u, war_s = accept_u * (1 - stop) + (1 - accept_u), 1 - accept_s
    war = press * resist * (back * (1 - desist) + urge * war_u + sit * war_s)
    y_b = desist + (1 - desist) * y_backed
    y_u = accept_u * (stop * n["x"] + (1 - stop) * y_alone) + (1 - accept_u) * y_alone
    y_s = accept_s * (1 - n["d"]) + (1 - accept_s) * y_alone
    security = 1 - press + press * (resist * (back * y_b + urge * y_u + sit * y_s) + (1 - resist) * (1 - n["d"]))
    return press, resist, back, war, security
