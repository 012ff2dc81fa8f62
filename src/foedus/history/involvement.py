"""How far a great power involved itself for a crisis actor to which it had a commitment, from what was known at the trigger.

Crises, actors and involvement are those of International Crisis Behavior; commitments are ATOP's, of the year before the trigger.
What ICB codes over a whole crisis (violence, gravity, number of actors) is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from foedus.datasets.codes import State, of_code, of_gw
from foedus.datasets.dating import earliest, latest
from foedus.errors import InputError
from foedus.history.annals import Annals
from foedus.history.crises import Crises, coded, era_of
from foedus.history.maps.schema import MapSchema

LEVELS: Mapping[int, int] = {
    1: 0,
    3: 1,
    4: 1,
    5: 1,
    6: 2,
    7: 2,
    8: 3,
}  # ICB's code of activity to none, political, covert, direct
MODERN = 1945
TRIGGERS = 9  # ICB's triggers rise from a verbal act to a violent one
PRIOR, WEIGHT = 0.4, 2  # what a power is taken to do, from 0 to 1, until its record outweighs so many cases
MEMORY = 10  # years over which a power's recent activity is counted
WORDS = {"defense": "defence", "offense": "offence", "consul": "consultation", "neutral": "neutrality", "nonagg": "nonaggression"}


def involvement(
    rows: Sequence[Mapping[str, Any]], annals: Annals, given: MapSchema, past: Sequence[Mapping[str, Any]] = ()
) -> Crises:
    """The crisis actors to which a great power owed something, coded by a map.

    Args:
        rows: of the data set `icb_actors`. annals: the other data sets. given: the map, which names the powers.
        past: further rows, of which only crises that were over at a trigger are read, for what the power did before.

    Raises:
        InputError: a data set that is needed is not stored.
    """
    left: dict[str, int] = {}
    cases = [c for row in rows for c in _cases(row, annals, given, left)]
    earlier = [c for row in past for c in _cases(row, annals, given, {})]
    begun = _begun(rows)
    unique = {(c["crisis"], c["actor"].cow, c["power"]): c for c in (*earlier, *cases)}
    for case in cases:
        case |= _before(case, unique.values(), begun)
    codes, filled = coded(cases, given, lambda k, name: None)
    return Crises(
        ids=tuple(f"{c['name']}: {c['actor'].code}, {c['power']}" for c in cases),
        clusters=tuple(str(c["crisis"]) for c in cases),
        pairs=tuple((c["actor"].code, c["power"]) for c in cases),
        starts=tuple(c["start"] for c in cases),
        ends=tuple(c["end"] for c in cases),
        fields={
            "era": tuple(era_of(c["start"].year) for c in cases),
            "power": tuple(c["power"] for c in cases),
            "kind": tuple(c["kind"] for c in cases),
        },
        codes=codes,
        happened=np.array([c["level"] for c in cases], dtype=np.intp),
        scored=np.ones(len(cases), dtype=np.bool_),
        filled=filled,
        left_out=left,
    )


def _cases(row: Mapping[str, Any], annals: Annals, given: MapSchema, left: dict[str, int]) -> Iterable[dict[str, Any]]:
    """One case for each power that owed the actor something."""
    start = latest([row["yrtrig"], row["motrig"], row["datrig"]])
    if start is None:
        left["no date of the trigger"] = left.get("no date of the trigger", 0) + 1
        return
    actor = of_gw(row["cracid"], start.year)
    if actor is None:
        left["an actor that is no state"] = left.get("an actor that is no state", 0) + 1
        return
    threat = _threat(row, start.year)
    for column, code in given.powers.items():
        power = _power(code, start.year)
        if power is None or row.get(column) is None or row[column] == 0:
            continue  # the power did not exist, or ICB does not say what it did in those years
        owed = annals.owed(power.cow, actor.cow, start.year - 1)
        if not owed:
            continue
        reason = _excluded(row[column], power, actor, threat)
        if reason:
            left[reason] = left.get(reason, 0) + 1
            continue
        yield _case(row, start, actor, power, threat, owed, annals) | {"level": LEVELS[row[column]], "power": code}


def _excluded(activity: int, power: State, actor: State, threat: State | None) -> str:
    if power.cow == actor.cow or activity == 9:
        return "the power is itself the crisis actor"
    if threat is not None and threat.cow == power.cow:
        return "the power is itself the source of the threat"
    return "" if activity in LEVELS else "a code of activity without a meaning here"


def _case(
    row: Mapping[str, Any], start: date, actor: State, power: State, threat: State | None, owed: tuple[str, ...], annals: Annals
) -> dict[str, Any]:
    """What is known of a power and a crisis actor at the trigger."""
    a, p, before = actor.cow, power.cow, start.year - 1
    rival = None if threat is None else threat.cow
    mine, its = annals.capability([a], before), annals.capability([p], before)
    theirs = None if rival is None else annals.capability([rival], before)
    to_rival = () if rival is None else annals.owed(p, rival, before)
    end = latest([row["yrterm"], row["moterm"], row["daterm"]]) or date.max
    free = (annals.democracy([a], before), annals.democracy([p], before))
    distance = annals.distance(a, p, before)
    return {
        "name": str(row["crisname"]).strip().title(),
        "crisis": row["crisno"],
        "actor": actor,
        "start": start,
        "first": earliest([row["yrtrig"], row["motrig"], row["datrig"]]),
        "end": end,
        "kind": WORDS[owed[0]],
        "rival": float(rival is not None),
        "risk": 0.0 if rival is None else _risk(rival, p, before, annals),
        "ties": 1.0 if "defense" in to_rival else 0.5 if to_rival else 0.0,
        "ratio": None if mine is None or not theirs else mine / theirs,
        "size": None if mine is None or not its else mine / its,
        "distance": None if distance is None else distance / 1000,
        "border": annals.contiguity(a, p, before),
        "border_rival": 0.0 if rival is None else annals.contiguity(p, rival, before),
        "stake": annals.trade(p, a, before),
        "dependence": annals.trade(a, p, before),
        "free": None if None in free else (free[0] or 0.0) * (free[1] or 0.0),
        "violence": None if row["triggr"] is None else (row["triggr"] - 1) / (TRIGGERS - 1),
        "protracted": None if row.get("pc") is None else float(row["pc"] > 1),
        "modern": float(start.year >= MODERN),
    }


def _threat(row: Mapping[str, Any], year: int) -> State | None:
    """The state that triggered the crisis, else the one that was the source of the threat, if either is a single state."""
    for column in ("trigent", "southv"):
        number = row.get(column)
        if number is not None and number != row["cracid"] and (state := of_gw(number, year)) is not None:
            return state
    return None


def _power(code: str, year: int) -> State | None:
    try:
        return of_code(code, year)
    except InputError:
        return None  # no such state in that year


def _risk(rival: int, power: int, year: int, annals: Annals) -> float:
    """1 where the rival is a major power, 0.5 where another major power owes it defence."""
    if annals.major(rival, year):
        return 1.0
    return 0.5 if any(annals.major(s, year) for s in annals.protectors(rival, year) - {power}) else 0.0


def _begun(rows: Iterable[Mapping[str, Any]]) -> dict[int, date]:
    """The first trigger of each crisis."""
    found: dict[int, date] = {}
    for row in rows:
        day = latest([row["yrtrig"], row["motrig"], row["datrig"]])
        if day is not None:
            found[row["crisno"]] = min(day, found.get(row["crisno"], date.max))
    return found


def _before(case: Mapping[str, Any], cases: Iterable[Mapping[str, Any]], begun: Mapping[int, date]) -> dict[str, float]:
    """What was known at the trigger of earlier days: of this pair, of this power, and of this crisis."""
    over = [c for c in cases if c["power"] == case["power"] and c["end"] < case["first"] and c["crisis"] != case["crisis"]]
    pair = [c["level"] for c in over if c["actor"].cow == case["actor"].cow]
    recent = [c["level"] for c in over if c["end"].year >= case["first"].year - MEMORY]
    top = max(LEVELS.values())
    return {
        "record": sum(pair) / top / (len(pair) + 1),
        "recent": (sum(recent) / top + WEIGHT * PRIOR) / (len(recent) + WEIGHT),
        "ongoing": float(begun[case["crisis"]] < case["first"]),
    }
