"""A small invented world in the columns of the real data sets: wars with commitments, crises in which powers were active."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from foedus.datasets.store import Store

Table = list[dict[str, Any]]
USA, GBR, FRA, RUS, POL, HUN, GRC, TUR = 2, 200, 220, 365, 290, 310, 350, 640
STATES = (USA, GBR, FRA, RUS, POL, HUN, GRC, TUR)
YEARS = range(1925, 1971)
WARS = 12


def annals_world(seed: int = 1) -> dict[str, Table]:
    """Data set to rows."""
    random = np.random.default_rng(seed)
    strength = dict(zip(STATES, (200, 100, 80, 150, 20, 10, 8, 15), strict=True))
    pairs = [(a, b) for a in STATES for b in STATES if a < b]
    counts = dict.fromkeys(("milex", "milper", "irst", "pec", "tpop", "upop"), 1)
    seat = {"statenme": "x", "capital": "y", "stdate": "1900-01-01", "enddate": "2024-12-31"}
    found: dict[str, Table] = {
        "nmc": [
            counts | {"ccode": s, "year": y, "cinc": strength[s] / 1000}
            for s in STATES
            for y in YEARS
        ],
        "democracy": [{"ccode": s, "year": y, "polity2": 0, "v2x_polyarchy": (s % 7) / 7} for s in STATES for y in YEARS],
        "states": [_spell(s) | {"stateabb": str(s), "statenme": str(s)} for s in STATES],
        "majors": [_spell(s) for s in (USA, GBR, FRA, RUS)],
        "capitals": [
            seat | {"ccode": s, "lat": k * 5, "lng": k * 9}
            for k, s in enumerate(STATES)
        ],
        "contiguity": [{"ccode1": POL, "ccode2": RUS, "conttype": 1, "stdate": "1918-01-01", "enddate": "2016-12-01"},
                       {"ccode1": GRC, "ccode2": TUR, "conttype": 2, "stdate": "1918-01-01", "enddate": "1950-06-01"}],
        "trade_dyad": [
            {"ccode1": a, "ccode2": b, "year": y, "flow1": 10, "flow2": 10 if y > 1930 else -9} for a, b in pairs for y in YEARS
        ],
        "trade_state": [{"ccode": s, "year": y, "imports": 500, "exports": 500} for s in STATES for y in YEARS],
        "atop_directed": [
            {"ccode1": p, "ccode2": c, "year": y, "atop_defense": int((p + c) % 3 == 0), "atop_offense": 0,
             "atop_neutral": 0, "atop_nonagg": 1, "atop_consul": 1}
            for p in (USA, GBR, RUS) for c in (POL, HUN, GRC, TUR) for y in YEARS
        ],
    }  # fmt: skip
    return found | _wars(random) | {"icb_actors": _crises(random)}


def _spell(state: int) -> dict[str, Any]:
    dates = {"styear": 1816, "stmonth": 1, "stday": 1, "endyear": 2016, "endmonth": 12, "endday": 31}
    return {"ccode": state} | dates | {"version": 2016}


def _wars(random: np.random.Generator) -> dict[str, Table]:
    """Wars in which one of two members of a treaty was attacked, or attacked; what has an offence clause is mostly honoured."""
    honoured, iwd, member, alliance = (
        list[dict[str, Any]](),
        list[dict[str, Any]](),
        list[dict[str, Any]](),
        list[dict[str, Any]](),
    )
    for war in range(1, WARS + 1):
        year = 1926 + 3 * war
        iwd.append({"larger_war_id": war, "init_war_id": war, "init_war_name": "x", "year": year, "init_ccode": TUR,
                    "target_ccode": GRC, "month_entry": 5, "day_entry": 1, "joiner": 0})  # fmt: skip
        for k in range(3):
            treaty, offense = 100 * war + k, int(k == 0)
            partner = (GBR, FRA, RUS)[k]
            flags = {"defense": 1, "offense": offense, "neutral": 0, "nonagg": 0, "consul": 1}
            kept = random.random() < (0.9 if offense else 0.3)
            row = {"sample": 1, "warid": war, "atopid": treaty, "warname": f"War of{year}-{year + 1}", "multilateral": 0}
            outcome = {"dnaLLM": "", "honorLLM": 1 if kept else "", "violateLLM": "" if kept else 1}
            if k == 2 and war % 2:
                outcome = {"dnaLLM": 1, "honorLLM": "", "violateLLM": ""}
            honoured.append(row | outcome | {"dnaBF": "", "honorBF": "", "violateBF": ""} | flags)
            content = {"conditio": 0, "milaid": 0, "base": k % 2, "intcom": 0, "organ1": 0}
            alliance.append({"atopid": treaty, "begyr": year - 5, "begmo": 1, "begday": 1, "endyr": 0, "bilat": 1}
                            | flags | content | {"mem1": GRC, "mem2": partner, "version": 4.01})  # fmt: skip
            for m in (GRC, partner):
                spell = {"yrent": year - 5, "moent": 1, "dayent": 1, "yrexit": 0, "moexit": 0, "dayexit": 0, "phase": 0}
                more = {"defcoadv": 0, "defcoloc": 0, "defcocon": 0, "defconum": 0}
                member.append({"atopid": treaty, "member": m} | spell | flags | content | more | {"version": 4.01})
    return {"honoured": honoured, "iwd": iwd, "atop_member": member, "atop_alliance": alliance}


def _crises(random: np.random.Generator) -> Table:
    """Crises of small states; violent triggers draw powers in; one power at times is itself the threat, or codes are odd."""
    found = []
    for n in range(60):
        year, actor = 1930 + n // 2, (POL, HUN, GRC, TUR)[n % 4]
        violent = int(random.integers(1, 10))
        active = [
            int(random.choice([1, 3, 7, 8], p=q)) for q in ([0.7, 0.2, 0.05, 0.05] if violent < 5 else [0.1, 0.3, 0.3, 0.3],) * 3
        ]
        found.append({
            "crisno": n // 2 + 1, "cracno": n, "cracid": actor, "actor": "x", "crisname": f"crisis {n // 2}", "yrtrig": year,
            "motrig": 3 + n % 2, "datrig": 10, "yrterm": year, "moterm": 6, "daterm": 1, "triggr": violent, "majres": 1,
            "southv": RUS if n % 9 == 0 else TUR if actor != TUR else GRC, "usinv": 2 if n == 7 else active[0],
            "suinv": active[1], "gbinv": active[2] if year <= 1945 else 0, "frinv": 0, "itinv": 0, "grinv": 0, "jpinv": 0,
            "outcom": 1, "trigent": RUS if n % 9 == 0 else 996, "pc": 1 + n % 3,
        })  # fmt: skip
    return found


def annals_store(folder: Path, tables: dict[str, Table] | None = None) -> Store:
    """A store of such a world."""
    store = Store(folder / "store")
    for name, rows in (tables or annals_world()).items():
        path = folder / f"{name}.csv"
        write_rows(path, rows)
        store.add(path, name, any_version=True)
    return store


def write_rows(path: Path, rows: Table) -> None:
    """A table as CSV."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
