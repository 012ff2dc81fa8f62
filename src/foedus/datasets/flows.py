"""What the client gets from whom: arms, trade, and the series that a country publishes itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from foedus.datasets.codes import State
from foedus.datasets.dating import Period, Row, years
from foedus.datasets.meanings import meanings, series
from foedus.datasets.triad import Found, Reader, Triad


def arms(three: Triad) -> Iterator[Found]:
    """Shares of suppliers by volume; a window ends with the last whole year before the vantage."""
    last = three.view.last_year("sipri_register")
    if last is None:
        return
    for width, mark in ((10, ""), (5, "_5")):
        period = years(max(last - width + 1, three.view.first_year("sipri_register")), last)
        client, rival = (_delivered(three, state, period) for state in (three.client, three.rival))
        yield _share(f"arms_share{mark}", client, three.patron.names, period)
        yield _share(f"arms_share_rival{mark}", rival, three.patron.names, period)
        if width == 10 and client and sum(client.values()) > 0:
            others = sorted(s for s, v in client.items() if v > 0 and s not in three.patron.names)
            yield Found("arms_others", len(others), period, ", ".join(others))
            if rival:
                yield Found("arms_ratio", sum(rival.values()) / sum(client.values()), period)


def arms_shares(three: Triad, state: State, period: Period) -> dict[str, float]:
    """Supplier to its part in a state's arms imports over a period; empty where the register does not say."""
    volumes = _delivered(three, state, period) or Counter[str]()
    total = sum(volumes.values())
    return {supplier: volume / total for supplier, volume in volumes.items()} if total else {}


def _delivered(three: Triad, state: State, period: Period) -> Counter[str] | None:
    """Volume by supplier; None where the state is no recipient in the register at all, since it may be an extract."""
    rows = three.view.rows("sipri_register", Recipient=state.names)
    if not rows:
        return None
    volumes: Counter[str] = Counter()
    for row in rows:
        if period.start <= row.start and row.end is not None and row.end <= period.end and row["TIV delivery values"]:
            volumes[row["Supplier"]] += row["TIV delivery values"]
    return volumes


def _share(name: str, volumes: Mapping[str, float] | None, partners: frozenset[str], period: Period) -> Found:
    total = sum(volumes.values()) if volumes else 0
    if not volumes or total <= 0:
        words = "the state is not in this copy of the data" if volumes is None else "nothing is recorded in the period"
        return Found(name, None, period, words)
    return Found(name, sum(volumes.get(p, 0) for p in partners) / total, period)


def trade(three: Triad) -> Iterator[Found]:
    """Shares of bilateral trade, with the denominators of either side, in the last year that has both."""
    client, patron, rival = three.client, three.patron, three.rival
    yield from _trade_of(three, client, patron, {"imports": "import_share", "exports": "export_share", "both": "trade_share"})
    yield from _trade_of(three, patron, client, {"both": "trade_share_of_patron"})
    yield from _trade_of(three, rival, patron, {"both": "trade_share_rival"})
    yield from _spread(three)


def _trade_of(three: Triad, state: State, partner: State, wanted: Mapping[str, str]) -> Iterator[Found]:
    flows = _flows(three, state, partner)
    totals = {r["year"]: (r["imports"], r["exports"]) for r in three.view.rows("trade_state", ccode=[state.cow])}
    for kind, name in wanted.items():
        for year in sorted(flows.keys() & totals.keys(), reverse=True):
            value = _ratio(kind, flows[year], totals[year])
            if value is not None:
                yield Found(name, value, years(year, year))
                break


def _ratio(kind: str, flow: tuple[float | None, float | None], total: tuple[float | None, float | None]) -> float | None:
    parts = {"imports": (0,), "exports": (1,), "both": (0, 1)}[kind]
    above, below = [flow[k] for k in parts], [total[k] for k in parts]
    if any(x is None for x in (*above, *below)):
        return None
    whole = sum(x for x in below if x is not None)
    return sum(x for x in above if x is not None) / whole if whole > 0 else None


def _flows(three: Triad, state: State, partner: State) -> dict[int, tuple[float | None, float | None]]:
    """Year to what a state imports from a partner and exports to it."""
    pair = [state.cow, partner.cow]
    found = {}
    for row in three.view.rows("trade_dyad", ccode1=pair, ccode2=pair):
        first = row["ccode1"] == state.cow
        found[row["year"]] = (row["flow1"], row["flow2"]) if first else (row["flow2"], row["flow1"])
    return found


def _spread(three: Triad) -> Iterator[Found]:
    """How many equal partners would spread the rest of the client's trade as widely (the inverse of Hirschman's index)."""
    last = three.view.last_year("trade_dyad")
    if last is None:
        return
    cow = three.client.cow
    rows = [*three.view.rows("trade_dyad", ccode1=[cow], year=[last]), *three.view.rows("trade_dyad", ccode2=[cow], year=[last])]
    volumes = {_other(row, cow): (row["flow1"] or 0) + (row["flow2"] or 0) for row in rows}
    volumes.pop(three.patron.cow, None)
    if value := effective(volumes.values()):
        yield Found("trade_others", value, years(last, last))


def _other(row: Row, cow: int) -> int:
    return int(row["ccode2"] if row["ccode1"] == cow else row["ccode1"])


def effective(volumes: Iterable[float]) -> float | None:
    """The number of equal parts that would be as widely spread; None for nothing."""
    known = [v for v in volumes if v > 0]
    total = sum(known)
    return total**2 / sum(v * v for v in known) if total > 0 else None


def national(three: Triad) -> Iterator[Found]:
    """Shares in a country's own monthly series over the last whole year that it has."""
    known: dict[str, tuple[int, dict[str, float]] | None] = {}
    for name, meaning in meanings().items():
        which = meaning.series
        if not which:
            continue
        if three.client.code != series()[which].client:
            yield Found(name, None, None, "no series of this country is known")
            continue
        if which not in known:
            year = _last_whole_year(three, which)
            known[which] = None if year is None else (year, national_volumes(three, which, year))
        if (found := known[which]) is not None:
            yield _national(three, name, meaning.of, found[1], years(found[0], found[0]))


def _national(three: Triad, name: str, of: str, volumes: Mapping[str, float], period: Period) -> Found:
    partners = three.patron.names | {three.patron.code}
    if of == "share":
        return _share(name, volumes, partners, period)
    return Found(name, effective(v for k, v in volumes.items() if k not in partners), period)


def national_volumes(three: Triad, which: str, year: int) -> dict[str, float]:
    """Partner to volume in one year of a national series."""
    given = series()[which]
    found: Counter[str] = Counter()
    for row in _national_rows(three, which, year=year):
        if row[given.partner] != given.total:
            found[row[given.partner]] += row[given.value] or 0
    return dict(found)


def _national_rows(three: Triad, which: str, **where: int) -> list[Row]:
    given = series()[which]
    return three.view.rows(given.data, **{c: [v] for c, v in (given.rows | where).items()})


def _last_whole_year(three: Triad, which: str) -> int | None:
    """The last year that was over at the vantage and that the series follows to its end: it has a row in December."""
    return max((row.start.year for row in _national_rows(three, which, month=12)), default=None)


READERS: tuple[Reader, ...] = (arms, trade, national)
