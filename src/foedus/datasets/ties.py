"""What binds and divides the three: treaties, rivalries, disputes and who helped, place."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

from foedus.datasets.codes import State, of_cow, of_gw
from foedus.datasets.dating import Period, Row, years
from foedus.datasets.triad import Found, Reader, Triad

_KINDS = ("defense", "offense", "neutral", "nonagg", "consul")
_CONDITIONS = ("defcoadv", "defcoloc", "defcocon", "defconum")
_LOOK_BACK = 25  # years
_EARTH = 6371.0  # km
_MODERN = 1945


def commitments(three: Triad) -> Iterator[Found]:
    """What the patron owes the client and the rival in the last year of the data: an absent row means nothing."""
    last = three.view.last_year("atop_directed")
    if last is None:
        return
    owed = {r["year"]: r for r in _owed(three, three.client)}
    now = owed.get(last)
    for kind in _KINDS:
        yield Found(kind, float(bool(now and now[f"atop_{kind}"])), years(last, last))
    if now and now["atop_defense"]:
        first = last
        while (before := owed.get(first - 1)) and before["atop_defense"]:
            first -= 1
        yield Found("defense_since", float(first), years(first, last))
    to_rival = {r["year"]: r for r in _owed(three, three.rival)}.get(last)
    for kind in ("defense", "nonagg"):
        yield Found(f"{kind}_rival", float(bool(to_rival and to_rival[f"atop_{kind}"])), years(last, last))
    yield from _other_allies(three, last)


def _owed(three: Triad, to: State) -> list[Row]:
    return three.view.rows("atop_directed", ccode1=[three.patron.cow], ccode2=[to.cow])


def _other_allies(three: Triad, last: int) -> Iterator[Found]:
    rows = three.view.rows("atop_directed", ccode2=[three.client.cow], year=[last])
    allies = {r["ccode1"] for r in rows if r["atop_defense"]} - {three.patron.cow}
    yield Found("other_allies", float(len(allies)), years(last, last), _names(allies, last))
    if "majors" in three.view.stored:
        major = allies & {r["ccode"] for r in three.view.rows("majors") if r.end is None or r.end.year >= last}
        yield Found("other_major_allies", float(len(major)), years(last, last), _names(major, last))


def _names(cows: set[int], year: int) -> str:
    found = (of_cow(cow, year) for cow in cows)
    return ", ".join(sorted(s.code for s in found if s))


def treaties(three: Triad) -> Iterator[Found]:
    """Content of the treaties to which both belong on the day of the vantage, or when the data end."""
    last = three.view.last_year("atop_member")
    if last is None:
        return
    spells: dict[int, dict[int, Row]] = defaultdict(dict)
    for row in three.view.rows("atop_member", member=[three.client.cow, three.patron.cow]):
        if row.end is None:
            spells[row["atopid"]][row["member"]] = row
    common = {id: both for id, both in spells.items() if len(both) == 2}
    period = years(last, last)
    yield Found("treaties", float(len(common)), period, ", ".join(f"ATOP {id}" for id in sorted(common)))
    if not common:
        return
    of_patron = [both[three.patron.cow] for both in common.values()]
    defence = [row for row in of_patron if row["defense"]]
    if defence:
        bound = sum(any(row[c] for c in _CONDITIONS) for row in defence)
        yield Found("conditions", bound / len(defence), period)
    for name, column in (("bases", "base"), ("military_aid", "milaid")):
        known = [row[column] for row in of_patron if row[column] is not None]
        if known:
            yield Found(name, float(any(known)), period)


def rivalries(three: Triad) -> Iterator[Found]:
    """Strategic rivalries that go on."""
    last = three.view.last_year("rivalries")
    if last is None:
        return
    for pair, name in ((three.client, "rivalry"), (three.patron, "rivalry_patron")):
        both = [pair.cow, three.rival.cow]
        on = [r for r in three.view.rows("rivalries", ccode1=both, ccode2=both) if r.end is None]
        yield Found(name, float(bool(on)), years(last, last), ", ".join(r["rivalry"] for r in on))
        if on and name == "rivalry":
            first = min(r["start"] for r in on)
            yield Found("rivalry_years", float(last - first), years(first, last))


def disputes(three: Triad) -> Iterator[Found]:
    """The client's militarized disputes, and on whose side the patron was."""
    period = three.window("mid_participants", _LOOK_BACK)
    if period is None:
        return
    mine = {r["dispnum"]: r for r in three.view.rows("mid_participants", ccode=[three.client.cow]) if r.start >= period.start}
    others = [r for r in three.view.rows("mid_participants", dispnum=list(mine)) if r["ccode"] != three.client.cow]
    counts: Counter[str] = Counter()
    friends: set[int] = set()
    for number, me in mine.items():
        with_me = {r["ccode"] for r in others if r["dispnum"] == number and r["sidea"] == me["sidea"]}
        against = {r["ccode"] for r in others if r["dispnum"] == number and r["sidea"] != me["sidea"]}
        counts["helped"] += three.patron.cow in with_me
        counts["opposed"] += three.patron.cow in against
        counts["disputes_rival"] += three.rival.cow in against
        friends |= with_me
    yield Found("disputes", float(len(mine)), period)
    for name in ("disputes_rival", "helped", "opposed"):
        yield Found(name, float(counts[name]), period, _names(friends, period.end.year) if name == "helped" else "")


def crises(three: Triad) -> Iterator[Found]:
    """International crises in which the client was an actor."""
    if (period := three.window("icb_actors", _LOOK_BACK)) is not None:
        rows = [r for r in three.view.rows("icb_actors", cracid=[three.client.gw]) if r.start >= period.start]
        yield Found("crises", float(len(rows)), period, ", ".join(sorted({r["crisname"].title() for r in rows})))


def honoured(three: Triad) -> Iterator[Found]:
    """How many commitments that were invoked in war were honoured, among all states."""
    rows = [r for r in three.view.rows("honoured") if r.start.year >= _MODERN and r["dnaLLM"] != 1]
    if rows:
        period = Period(min(r.start for r in rows), max(r.end or r.start for r in rows))
        yield Found("honoured", float(sum(r["honorLLM"] == 1 for r in rows)), period)
        yield Found("not_honoured", float(sum(r["violateLLM"] == 1 for r in rows)), period)


def supporters(three: Triad) -> Iterator[Found]:
    """States that sent troops in support, whichever side of a conflict the data write first."""
    for role in ("client", "rival"):
        period = three.window("ucdp_conflict", _LOOK_BACK, role)
        if period is None:
            continue
        rows = [r for r in three.view.rows("ucdp_conflict") if r.start >= period.start]
        own = str(three.states[role].gw)
        found: set[str] = set()
        for row in rows:
            for side in ("gwno_a", "gwno_b"):
                if own in _listed(row[side]):
                    found |= set(_listed(row[f"{side}_2nd"]))
        named = (of_gw(int(n), period.end.year) for n in found if n.isdigit())
        yield Found(f"supporters_{role}", float(len(found)), period, ", ".join(sorted(s.code for s in named if s)))


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def places(three: Triad) -> Iterator[Found]:
    """Distances between capitals on a sphere, and borders on land."""
    here = three.view.vantage
    pairs = {"patron": ("client", "patron"), "rival": ("client", "rival"), "patron_rival": ("patron", "rival")}
    seats = {role: _seat(three, state) for role, state in three.states.items()}
    last = three.view.last_year("contiguity")
    for name, (a, b) in pairs.items():
        x, y = seats[a], seats[b]
        if x and y:
            yield Found(f"distance_{name}", haversine(*x[:2], *y[:2]), Period(here, here), f"{x[2]} to {y[2]}")
        if last is not None:
            both = [three.states[a].cow, three.states[b].cow]
            rows = three.view.rows("contiguity", ccode1=both, ccode2=both, conttype=[1])
            yield Found(f"border_{name}", float(any(r.end is None for r in rows)), years(last, last))


def _seat(three: Triad, state: State) -> tuple[float, float, str] | None:
    rows = [r for r in three.view.rows("capitals", ccode=[state.cow]) if r.end is None]
    if not rows:
        return None
    row = max(rows, key=lambda r: r.start)
    return row["lat"], row["lng"], row["capital"]


def haversine(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Great-circle distance in km of two places given in degrees."""
    a, b = math.radians(lat1), math.radians(lat2)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lng2 - lng1) / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(h))


READERS: tuple[Reader, ...] = (commitments, treaties, rivalries, disputes, crises, honoured, supporters, places)
