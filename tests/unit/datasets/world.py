"""Invented numbers for a few states in the columns of the real data sets; no data set is copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Table = list[dict[str, Any]]
ARM, RUS, AZE, USA, TUR = 371, 365, 373, 2, 640
SPELLS = [
    (255, (1816, 1, 1), (1945, 5, 8)),
    (255, (1990, 10, 3), (2016, 12, 31)),
    (260, (1955, 5, 5), (1990, 10, 2)),
    (265, (1954, 3, 25), (1990, 10, 2)),
    (678, (1926, 9, 2), (1990, 5, 21)),
    (679, (1990, 5, 22), (2016, 12, 31)),
    (345, (1878, 7, 13), (2016, 12, 31)),
    (290, (1918, 11, 3), (1939, 9, 27)),
    (290, (1945, 6, 28), (2016, 12, 31)),
]
DELIVERIES = [
    ("Russia", "Armenia", 9.0),
    ("Jordan", "Armenia", 1.0),
    ("Israel", "Azerbaijan", 15.0),
    ("Russia", "Azerbaijan", 5.0),
]


def _spell(cow: int, start: tuple[int, int, int], end: tuple[int, int, int]) -> dict[str, Any]:
    columns = ("styear", "stmonth", "stday", "endyear", "endmonth", "endday")
    dates = dict(zip(columns, (*start, *end), strict=True))
    return {"stateabb": str(cow), "ccode": cow, "statenme": str(cow)} | dates | {"version": 2016}


def world(last: int = 2020) -> dict[str, Table]:
    """Data set to rows."""
    years = range(2000, last + 1)
    strength = {ARM: 1.0, RUS: 50.0, AZE: 2.0, USA: 100.0, TUR: 10.0}
    nmc = [
        {
            "ccode": c,
            "year": y,
            "milex": 1000 * s * (y - 1990),
            "milper": 10 * s,
            "irst": 0,
            "pec": 5,
            "tpop": 100 * s,
            "upop": 30,
            "cinc": s / 1000,
        }
        for c, s in strength.items()
        for y in years
    ]
    nmc[3]["milex"] = -9  # the client's spending of 2003 is missing
    ended = {"endyear": 2016, "endmonth": 12, "endday": 31, "version": 2016}
    since = {ARM: (1991, 12, 26), RUS: (1816, 1, 1), AZE: (1991, 12, 26), USA: (1816, 1, 1), TUR: (1816, 1, 1)}
    states = [
        {"stateabb": str(c), "ccode": c, "statenme": str(c), "styear": y, "stmonth": m, "stday": d} | ended
        for c, (y, m, d) in since.items()
    ]
    states += [_spell(*given) for given in SPELLS]
    pact = {"atop_offense": 0, "atop_neutral": 0, "atop_nonagg": 1, "atop_consul": 1}
    atop = [{"ccode1": a, "ccode2": ARM, "year": y, "atop_defense": int(a == RUS)} | pact for a in (RUS, TUR) for y in years]
    votes = {ARM: 0.1, RUS: 0.0, AZE: -0.6, USA: 2.5, TUR: 1.0}
    ideal = [
        {"ccode": c, "year": y, "idealpointfp": v + (0.02 * (y - 2000) if c == ARM else 0), "idealpointall": v}
        for c, v in votes.items()
        for y in years
    ]
    arms = [
        {"SIPRI AT Database ID": 100 * y + k, "Supplier": s, "Recipient": r, "Designation": "x", "Armament category": "Aircraft",
         "Delivery year": y, "TIV delivery values": v}
        for y in years
        for k, (s, r, v) in enumerate(DELIVERIES)
    ]  # fmt: skip
    trade = [{"ccode1": RUS, "ccode2": ARM, "year": y, "flow1": 20, "flow2": 30} for y in years if y <= 2014]
    trade += [{"ccode1": USA, "ccode2": ARM, "year": y, "flow1": 10, "flow2": -9} for y in years if y <= 2014]
    totals = [
        {"ccode": c, "year": y, "imports": 100 * s, "exports": 50 * s} for c, s in strength.items() for y in years if y <= 2014
    ]
    disputes = [
        {"dispnum": n, "ccode": c, "stday": -9, "stmon": 5, "styear": y, "endday": 1, "endmon": 6, "endyear": y,
         "sidea": side, "revstate": 0,
         "fatality": 0, "hiact": 1, "hostlev": 1, "orig": 1, "version": 5}
        for n, y, sides in [(1, 2002, {ARM: 1, AZE: 0}), (2, 2005, {ARM: 1, AZE: 0, RUS: 1}), (3, 2012, {ARM: 0, AZE: 1})]
        for c, side in sides.items()
    ]  # fmt: skip
    capitals = [
        {"ccode": c, "statenme": "x", "capital": n, "stdate": "1992-01-01", "enddate": "2024-12-31", "lat": a, "lng": b}
        for c, n, a, b in ((ARM, "Yerevan", 40.18, 44.51), (RUS, "Moscow", 55.63, 37.61), (AZE, "Baku", 40.38, 49.83))
    ]
    borders = [
        {"ccode1": a, "ccode2": b, "conttype": 1, "stdate": "1991-12-01", "enddate": "2016-12-01"}
        for a, b in ((ARM, AZE), (AZE, RUS))
    ]
    rivals = [
        {"tssr_id": 1, "rivalry": "A-B", "ccode1": ARM, "ccode2": AZE, "start": 1991, "end": 2020, "positional": "", "spatial": 1,
         "ideological": "", "interventionary": ""}
    ]  # fmt: skip
    return {
        "nmc": nmc, "states": states, "atop_directed": atop, "ideal_points": ideal, "sipri_register": arms, "trade_dyad": trade,
        "trade_state": totals, "mid_participants": disputes, "capitals": capitals, "contiguity": borders, "rivalries": rivals,
    }  # fmt: skip


def write(folder: Path, tables: dict[str, Table]) -> None:
    """One CSV file a table."""
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)


def write_csv(path: Path, rows: Table) -> None:
    import csv

    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
