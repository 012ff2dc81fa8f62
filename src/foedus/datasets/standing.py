"""How strong, rich and free each state is, and how they vote."""

from __future__ import annotations

from collections.abc import Iterator

from foedus.datasets.dating import Period, years
from foedus.datasets.triad import Found, Reader, Triad

_INTERVAL = 4  # years: about one crisis interval
_DRIFT = 5
_MILLION = 1000  # thousands in a million


def _yearly(three: Triad, name: str, cow: int) -> dict[int, dict[str, float | None]]:
    """Year to the columns of a state-year data set."""
    return {row["year"]: row.values for row in three.view.rows(name, ccode=[cow])}


def _last(rows: dict[int, dict[str, float | None]], column: str) -> tuple[int, float] | None:
    """The last year in which a column is not missing."""
    known = [(year, value) for year, values in rows.items() if (value := values.get(column)) is not None]
    return max(known) if known else None


def _latest(three: Triad, data: str, columns: dict[str, tuple[str, float]]) -> Iterator[Found]:
    """The last value of columns for each role; figure to column and scale."""
    for role, state in three.states.items():
        rows = _yearly(three, data, state.cow)
        for figure, (column, scale) in columns.items():
            if found := _last(rows, column):
                yield Found(f"{figure}_{role}", found[1] * scale, years(found[0], found[0]))


def capability(three: Triad) -> Iterator[Found]:
    """Capability, military spending, soldiers, population."""
    thousandth = 1 / _MILLION
    yield from _latest(
        three, "nmc", {"cinc": ("cinc", 1), "milex": ("milex", thousandth), "soldiers": ("milper", 1), "population": ("tpop", 1)}
    )


def growth(three: Triad) -> Iterator[Found]:
    """Relative change over about one crisis interval."""
    for role, state in three.states.items():
        rows = _yearly(three, "nmc", state.cow)
        for figure, column in (("growth", "cinc"), ("milex_growth", "milex")):
            now = _last(rows, column)
            before = rows.get(now[0] - _INTERVAL, {}).get(column) if now else None
            if now and before:
                yield Found(f"{figure}_{role}", now[1] / before - 1, years(now[0] - _INTERVAL, now[0]))


def regime(three: Triad) -> Iterator[Found]:
    """Democracy scores."""
    yield from _latest(three, "democracy", {"polyarchy": ("v2x_polyarchy", 1), "polity": ("polity2", 1)})


def wealth(three: Triad) -> Iterator[Found]:
    """Product, in all and a head."""
    yield from _latest(three, "gdp_population", {"gdp": ("pwtrgdp", 1), "gdp_head": ("mrgdppc", 1)})


def majors(three: Triad) -> Iterator[Found]:
    """Who is a major power."""
    last = three.view.last_year("majors")
    if last is None:
        return
    now = {row["ccode"] for row in three.view.rows("majors") if row.end is None}
    for role, state in three.states.items():
        yield Found(f"major_{role}", float(state.cow in now), years(last, last))


def votes(three: Triad) -> Iterator[Found]:
    """Distances of ideal points in the last year in which both voted."""
    points = {role: _yearly(three, "ideal_points", state.cow) for role, state in three.states.items()}
    for name, a, b, column in (
        ("ideal_distance", "client", "patron", "idealpointfp"),
        ("ideal_distance_all", "client", "patron", "idealpointall"),
        ("ideal_distance_rival", "patron", "rival", "idealpointfp"),
    ):
        if both := _both(points[a], points[b], column):
            year, left, right = both[-1]
            yield Found(name, abs(left - right), years(year, year))
    yield from _drift(_both(points["client"], points["patron"], "idealpointfp"))
    yield from _closeness(three, _both(points["client"], points["patron"], "idealpointfp"))


def _both(
    a: dict[int, dict[str, float | None]], b: dict[int, dict[str, float | None]], column: str
) -> list[tuple[int, float, float]]:
    """(year, value of a, value of b) where neither is missing, by year."""
    pairs = ((year, a[year][column], b[year][column]) for year in sorted(a.keys() & b.keys()))
    return [(year, x, y) for year, x, y in pairs if x is not None and y is not None]


def _drift(both: list[tuple[int, float, float]]) -> Iterator[Found]:
    """How the distance changed, and who moved."""
    by_year = {year: (x, y) for year, x, y in both}
    if not both or both[-1][0] - _DRIFT not in by_year:
        return
    now, (client, patron) = both[-1][0], by_year[both[-1][0]]
    client_before, patron_before = by_year[now - _DRIFT]
    period = Period(years(now - _DRIFT, now).start, years(now, now).end)
    by_client, by_patron = client - client_before, patron - patron_before
    mover = "the client" if abs(by_client) > abs(by_patron) else "the patron"
    yield Found("ideal_drift", abs(client - patron) - abs(client_before - patron_before), period, f"{mover} moved more")
    yield Found("ideal_move_client", by_client, period, f"{mover} moved more")
    yield Found("ideal_move_patron", by_patron, period, f"{mover} moved more")


def _closeness(three: Triad, both: list[tuple[int, float, float]]) -> Iterator[Found]:
    """The client's rank among all members by distance from the patron, now and five years before."""
    by_year = {year: (x, y) for year, x, y in both}
    if not both:
        return
    for name, year in (("ideal_closeness", both[-1][0]), ("ideal_closeness_before", both[-1][0] - _DRIFT)):
        if year not in by_year:
            continue
        client, patron = by_year[year]
        pair = {three.client.cow, three.patron.cow}
        others = [r["idealpointfp"] for r in three.view.rows("ideal_points", year=[year]) if r["ccode"] not in pair]
        distances = [abs(x - patron) for x in others if x is not None]
        if distances:
            yield Found(name, sum(d > abs(client - patron) for d in distances) / len(distances), years(year, year))


READERS: tuple[Reader, ...] = (capability, growth, regime, wealth, majors, votes)
