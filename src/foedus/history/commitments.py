"""Commitments that were invoked in war, honoured or not, with what was known of treaty, war and states when it began.

The table is that of Berkemeier and Fuhrmann (2018, doi 10.1177/2053168018779697): a row is a war and a treaty. Who attacked whom
is read from the first fight of the war in which a member took part (Reiter, Stam and Horowitz 2016); the client is the member in
it, the partners are the other members. If members fought each other, the client is the one that was attacked. All else is of the
year before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from foedus.history.annals import Annals
from foedus.history.crises import Crises, coded, era_of
from foedus.history.maps.schema import MapSchema

MODERN = 1945
_YEAR = re.compile(r"\d{4}")


def commitments(rows: Sequence[Mapping[str, Any]], annals: Annals, given: MapSchema) -> Crises:
    """The invoked commitments among rows of the table, coded by a map.

    Args:
        rows: of the data set `honoured`. annals: the other data sets. given: the map.

    Raises:
        InputError: a data set that is needed is not stored.
    """
    fights = _fights(annals)
    found: list[dict[str, Any]] = []
    left: dict[str, int] = {}
    for row in rows:
        reason = (
            "not invoked in the war" if row["dnaLLM"] == 1 else "neither honoured nor violated" if _outcome(row) is None else ""
        )
        fight = None if reason else _fight(row["atopid"], fights.get(row["warid"], ()), annals)
        year = fight["year"] if fight else year_named(row["warname"])
        if not reason and year is None:
            reason = "it is not known when the war began"
        if reason:
            left[reason] = left.get(reason, 0) + 1
            continue
        assert year is not None
        found.append(_case(row, year, fight, annals))
    codes, filled = coded(found, given, lambda k, name: None)
    return Crises(
        ids=tuple(r["id"] for r in found),
        clusters=tuple(str(r["war"]) for r in found),
        pairs=tuple(r["pair"] for r in found),
        starts=tuple(date(r["year"], 1, 1) for r in found),
        ends=tuple(date(r["ended"], 12, 31) for r in found),
        fields={"era": tuple(era_of(r["year"]) for r in found), "kind": tuple(r["kind"] for r in found)},
        codes=codes,
        happened=np.array([r["outcome"] for r in found], dtype=np.intp),
        scored=np.ones(len(found), dtype=np.bool_),
        filled=filled,
        left_out=left,
    )


def _outcome(row: Mapping[str, Any]) -> int | None:
    """1 for honoured, 0 for violated."""
    return 1 if row["honorLLM"] == 1 else 0 if row["violateLLM"] == 1 else None


def war_starts(annals: Annals) -> dict[int, int]:
    """The year of the first attack of each war."""
    found: dict[int, int] = {}
    for row in annals.rows("iwd"):
        found[row["larger_war_id"]] = min(row["year"], found.get(row["larger_war_id"], row["year"]))
    return found


def year_named(name: str) -> int | None:
    """The first year in the name of a war: 1914 of `First World War1914-1918`; None where there is none."""
    match = _YEAR.search(name)
    return int(match[0]) if match else None


def _fights(annals: Annals) -> dict[int, list[dict[str, Any]]]:
    """Who attacked whom in each war: the attacks with which wars and wars within them began, then those of later joiners."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(
        annals.rows("iwd"), key=lambda r: (r["joiner"] or 0, r["year"], r["month_entry"] or 0, r["day_entry"] or 0)
    ):
        found.setdefault(row["larger_war_id"], []).append(row)
    return found


def _fight(treaty: int, fights: Iterable[Mapping[str, Any]], annals: Annals) -> Mapping[str, Any] | None:
    """The first attack in which a member of the treaty took part."""
    return next((f for f in fights if {f["init_ccode"], f["target_ccode"]} & annals.members(treaty, f["year"])), None)


def _case(row: Mapping[str, Any], year: int, fight: Mapping[str, Any] | None, annals: Annals) -> dict[str, Any]:
    """What is known of a commitment when it was invoked."""
    treaty = annals.treaties.get(row["atopid"], {})
    members = annals.members(row["atopid"], year)
    client, enemy, attacked = _sides(members, fight)
    others = members - client
    partners = others or members
    before = year - 1
    facts = {k: _flag(row.get(k), treaty.get(k)) for k in ("defense", "offense", "neutral", "nonagg", "consul")}
    kind = next((k for k in ("offense", "defense", "neutral", "nonagg", "consul") if facts[k]), "none")
    mine, theirs = annals.capability(client, before), annals.capability(enemy, before)
    return {
        "id": f"{row['warname']}: ATOP {row['atopid']}",
        "war": row["warid"],
        "pair": ("treaty", str(row["atopid"])),
        "year": year,
        "ended": max([year, *map(int, _YEAR.findall(row["warname"]))]),
        "outcome": _outcome(row),
        "kind": kind,
        "active": float(kind in ("offense", "defense")),
        "nonagg": float(bool(facts["nonagg"]) and not facts["defense"] and not facts["offense"] and not facts["neutral"]),
        "offense": float(bool(facts["offense"])),
        "multilateral": float(len(members) > 2),
        "modern": float(year >= MODERN),
        "age": float(year - treaty["begyr"]) if treaty else None,
        "institution": _institution(treaty),
        "attacked": attacked,
        "ratio": _ratio(mine, theirs),
        "partner_ratio": _ratio(annals.capability(partners, before), theirs),
        "democracy": annals.democracy(partners, before),
        "border_enemy": _most(annals.contiguity(p, e, before) for p in partners for e in enemy),
        "border_client": _most(annals.contiguity(p, c, before) for p in partners for c in client),
        "trade_enemy": _mean(annals.trade(p, e, before) for p in partners for e in enemy),
        "trade_client": _mean(annals.trade(p, c, before) for p in partners for c in client),
        "major": _most(float(annals.major(p, before)) for p in partners),
    }


def _sides(members: set[int], fight: Mapping[str, Any] | None) -> tuple[set[int], set[int], float | None]:
    """The member in the first fight, its enemy, and whether it was attacked; empty where no fight is known."""
    if fight is None:
        return set(), set(), None
    attacker, target = fight["init_ccode"], fight["target_ccode"]
    return ({target}, {attacker}, 1.0) if target in members else ({attacker}, {target}, 0.0)


def _flag(given: Any, other: Any) -> float:
    """A flag of the row itself, else of the treaty."""
    value = given if given is not None else other
    return float(value or 0)


def _institution(treaty: Mapping[str, Any]) -> float | None:
    """The share of three institutions that the treaty provides for: bases, military aid, an organisation or joint command."""
    if not treaty:
        return None
    return sum(bool(treaty.get(k)) for k in ("base", "milaid", "intcom")) / 3


def _ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _most(values: Iterable[float]) -> float | None:
    return max(values, default=None)


def _mean(values: Iterable[float | None]) -> float | None:
    found = [v for v in values if v is not None and math.isfinite(v)]
    return sum(found) / len(found) if found else None
