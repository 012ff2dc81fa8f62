"""The stress test in the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from foedus.report.terminal.screen import columns, heading
from foedus.report.text import NOTHING, clean, count, listed, plural
from foedus.report.views.stress import RULES, decimal, facts, tight
from foedus.stress.results import HIGH, LOW, Pair, Stress

PATRONS = 8  # shown
WIDE = 136  # columns from which every measure has its interval
MARKS = {"rivalry": "", "neighbour": "n", "none": ""}


def stress_parts(found: Stress, top: int, command: str, width: int) -> Iterator[RenderableType]:
    """The parts of `stress`'s output for one year."""
    yield heading(f"Clients and their patrons at {found.vantage}")
    yield Text(facts(found), style="dim")
    yield Text()
    yield pairs_part(found, found.pairs[:top], wide=width >= WIDE)
    if len(found.pairs) > top:
        yield Text(f"… and {plural(len(found.pairs) - top, 'pair')} more: --top, --json, --tables or --html", style="dim")
    yield Text()
    yield patrons_part(found)
    yield Text()
    yield from notes(found)
    yield Text.assemble(("again: ", "dim"), command)


def trend_parts(years: Sequence[Stress], command: str, width: int) -> Iterator[RenderableType]:
    """The parts of `stress --decades`."""
    first, last = years[0], years[-1]
    yield heading(f"The median client and patron, {first.vantage.year} to {last.vantage.year}")
    yield Text(facts(last), style="dim")
    yield Text()
    table = columns(["year", "pairs", *last.worse], right=range(1, len(last.worse) + 2), fixed=range(len(last.worse) + 2))
    for one in years:
        table.add_row(
            str(one.vantage.year),
            count(len(one.pairs)),
            *(tight(v) if width >= WIDE or n == one.by else decimal(v.middle) for n, v in one.overall.items()),
        )
    yield table
    yield Text()
    yield from notes(last, pairs=False)
    yield Text.assemble(("again: ", "dim"), command)


def pairs_part(found: Stress, shown: Sequence[Pair], *, wide: bool) -> RenderableType:
    """A line a pair, the worst first; with the interval of every measure where there is room, else of the one that ranks."""
    names = list(found.worse)
    titles = ["ranks", "triad", *names, "data"]
    right = [0, *range(2, len(titles))]
    table = columns(titles, right=right, fixed=range(len(titles)))
    for p in shown:
        rival = f"{p.tie.rival.code} {MARKS[p.tie.rule]}".rstrip() if p.tie.rival else NOTHING
        values = [tight(v) if wide or name == found.by else decimal(v.middle) for name, v in p.values.items()]
        triad = f"{p.tie.client.code}  {p.tie.patron.code}  {rival}"
        table.add_row(f"{p.rank.low:.0f}–{p.rank.high:.0f}", triad, *values, f"{p.informed}/{found.informable}")
    return table


def patrons_part(found: Stress) -> RenderableType:
    """A line for each of the patrons with most clients: how many, and which are worst off."""
    of: dict[str, list[Pair]] = defaultdict(list)
    for p in found.pairs:
        of[p.tie.patron.code].append(p)
    titles = ["patron", "clients", f"their median {found.by}", "the worst"]
    table = columns(titles, right=(1, 2), fixed=(0, 1, 2))
    for code, clients in sorted(of.items(), key=lambda item: (-len(item[1]), item[0]))[:PATRONS]:
        middles = sorted(p.values[found.by].middle for p in clients)
        worst = listed([p.tie.client.code for p in clients[:4]])
        table.add_row(code, count(len(clients)), decimal(middles[len(middles) // 2]), worst)
    return table


def notes(found: Stress, *, pairs: bool = True) -> Iterator[RenderableType]:
    """What the columns mean."""
    for name, worse in found.worse.items():
        unit = "" if found.units[name] == "1" else f" [{found.units[name]}]"
        yield Text.assemble((f"{name}{unit}", "bold"), (f"  {clean(found.meanings[name])}; {worse} is worse", "dim"))
    yield Text(
        f"Each value is the median over draws, an interval the middle {HIGH - LOW:.0%}; --json and --tables have all.",
        style="dim",
    )
    if pairs:
        ranks = f"ranks: the middle {HIGH - LOW:.0%} of a pair's ranks over draws, by {found.by}"
        yield Text(
            f"{ranks}; data: how many of the numbers that data could inform they did, the others have default priors.", "dim"
        )
        told = "; ".join(f"{MARKS[rule] or NOTHING} {words}" for rule, words in RULES.items() if rule != "rivalry")
        yield Text(f"rival: {RULES['rivalry']}; {told}.", style="dim")
    yield Text(f"{plural(found.failures, 'draw')} failed." if found.failures else "No draw failed.")
