"""Write docs/speed.md from the results kept in benchmarks/results: `python benchmarks/report.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Result = dict[str, Any]

HERE = Path(__file__).resolve().parent
RESULTS, PAGE = HERE / "results", HERE.parent / "docs" / "speed.md"
GOALS = {
    "foedus --help": {"warm": 0.3},
    "foedus audit karabakh-2020": {"cold": 3.0, "warm": 1.5},
    "foedus explain karabakh-2020 s09": {"cold": 10},
    "foedus explain karabakh-2020 s14": {"cold": 10},
    "foedus explain karabakh-2020": {"cold": 60},
}
FIT_GOALS = {"again, one start": "under 1 s", "4 x 1,000 draws": "under 60 s"}
SOLVES = 12 * 2  # of one draw

HEAD = """\
# How fast it is

Written by `python benchmarks/report.py` from the results in `benchmarks/results`, never by hand. To measure anew:

```
python3 tasks.py bench crisis_12x2 --json benchmarks/results/crisis_12x2.json
python3 tasks.py bench audit --long --json benchmarks/results/audit.json
python3 tasks.py bench peers --json benchmarks/results/peers.json
python3 tasks.py bench gambit --json benchmarks/results/gambit.json
python3 tasks.py bench explain --json benchmarks/results/explain.json
python3 tasks.py bench data --json benchmarks/results/data.json
python3 tasks.py bench fit --json benchmarks/results/fit.json
python3 tasks.py bench explore --json benchmarks/results/explore.json
python3 tasks.py bench report
```

Each number is the median of the runs, with the least and the most behind it. The machine was a virtual one that shared its
cores with other work, so the same time may differ by a factor of two and more between parts of this page, which were measured
one after the other; a part that was measured again replaces what was there. Where things are compared they took turns within
one run, and the ratio is the median of the rounds' own ratios. Trust ratios before times, and ratios of processor time (of
all threads together) before those of the clock. The load average before a part tells how much else ran, and is 0 on an idle
machine."""

COMMANDS = """\
## The first commands

Seconds for the whole process, from start to exit. *First*: nothing is kept from before, so Python compiles every module it
imports. *Cold*: Python's bytecode is there, the cache is empty. *Warm*: both are there. What is kept is the claims as compiled
from protocol and scenario; at its own number of draws the audit needs no machine code. The disk is warm throughout."""

STAGES = """\
Where an audit of karabakh-2020 at its own number of draws spends its time, in seconds. *Judge* holds the second, larger
ensemble of each claim that the first left unresolved. These are runs of their own, without the printing: their sum and the
command above differ by what else ran."""

EXPLAIN = """\
## Explanations

Seconds for the whole process, with an empty and with a filled cache of compiled arguments. Explaining all claims shares one
ensemble among them, and each other form of the model is compiled and drawn once."""

GROWTH = """\
## An audit against draws

Draws are for each of the prior sets. Drawing and evaluating is done in chunks whose results are counted and dropped, so
memory hardly grows; from about a hundred thousand draws on the claims run as machine code (compiled once, then kept), whose
compiler takes memory too, and the cost of a draw falls."""

WORKLOAD = """\
## The engine against hand-written code

The workload crisis-12x2 is one stage game of 12 decisions, 7 moves of chance and 21 plays, and one update of the state, for
12 crises under 2 policies: 24 solves a draw, in double precision. Here it is [a protocol](../benchmarks/crisis_12x2.yaml)
like any other, run by the general engine. *C* is a kernel written by hand for this one game, with vector instructions and its
own exponential (g++ -O3 -march=native); *NumPy* is array code written by hand for it, in chunks of draws. All use {threads}
threads and get the same inputs from memory. The engine runs in pieces of 65,536 draws and averages what comes out; C and
NumPy take all draws in one call."""

GRADIENT = """\
Value and gradient of a weighted sum of the last states, with respect to all {parameters} parameters, through all 12 crises
and both policies, take {over} times the forward pass, {busy} of processor time ({seconds} s against {forward} s for {draws}
draws; exact probabilities). The gradient differs from that of the NumPy executor by {numpy} and from central differences by
{central} of 1 + slope."""

START = """\
### From file to first result

Seconds on 1,024 draws, with an empty and with a filled cache of machine code."""

CURVES = """\
### Against draws and crises

In pieces of 65,536 draws, parameters and noise drawn anew for each piece; sampled plays; nanoseconds a solve with and without
drawing. Below some ten thousand draws the start of the threads is most of it."""

CRISES = """\
The same {draws} draws, drawn beforehand, for more and more crises. What is the same for a draw however many crises it has
(its parameters read, its last state written) is the greater share for few."""

PEERS = """\
## Beside other tools

The crisis of the shipped protocol `core` solved over draws of its numbers. The Python loop, Mesa and the EMA Workbench are given
a [hand-written solution](../benchmarks/support/plain_core.py) of this one game, one draw at a time, so what differs is the
machinery around it; NumPy gets the same on whole arrays, and in chunks of 8,192 draws that stay in the processor's cache. foedus
compiles the protocol file. All return the same to 1e-9. Times are nanoseconds a solve; ratios are of processor time to one core
of foedus in the same round."""

GAMBIT = """\
## Against Gambit

Logit equilibria of the same games at the same numbers, here for a whole batch and by Gambit one at a time, in turn; pygambit
{version}, {built}. Gambit's games were read beforehand, and so were the numbers here; the ratio is of times for one solve. The
stage game of crisis-12x2 is solved by backward induction; the signalling game ([the shipped
protocol](../src/foedus/protocol/library/signalling.yaml)) and Selten's horse with random payoffs have information sets and are
solved along the branch from uniform play, as Gambit does. Every probability of the games that both solved is compared: the
largest difference stands in the last column. The goals are a million times for the first and a thousand for the others."""

DATA = """\
## Public data

Whole processes, on the data sets that the tests use; the longer two were run once."""

MEMORY = "Peak memory of the whole process, for runs of all draws in pieces:"


def number(value: float, digits: int = 3) -> str:
    """Three figures, thousands set apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.{digits}g}"


def timed(t: Result | None, scale: float = 1.0) -> str:
    """A median with the least and the most behind it."""
    if t is None:
        return ""
    middle, least, most = (number(t[k] * scale) for k in ("median", "least", "most"))
    return f"{middle} ({least}–{most})" if t["runs"] > 1 else middle


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def circumstances(found: Result, what: str, rounds: int) -> str:
    """On what, with what, when."""
    m = found["machine"]
    versions = ", ".join(f"{name} {m[name]}" for name in ("foedus", "numpy", "llvmlite", "scipy"))
    loads = [part["load before"] for part in found["when"].values() if part["load before"] is not None]
    competing = f"; load average before each part {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    dates = sorted({part["date"] for part in found["when"].values()})
    runs = "one run" if rounds == 1 else f"{rounds} runs"
    return (
        f"{what}: {' and '.join(dates)}, {m['cores']} cores of {m['processor']}, {m['system']}, Python {m['python']}, {versions};"
        f" {runs} each where nothing else is said{competing}."
    )


def commands(found: Result) -> Iterable[str]:
    """What a new user runs first."""
    yield COMMANDS
    yield timings(found["commands"], ("first", "cold", "warm"))
    yield STAGES
    laps = found["stages"]
    yield table(["stage", *laps], [[stage, *(timed(laps[label][stage]) for label in laps)] for stage in laps["warm"]])


def timings(found: Result, labels: Sequence[str]) -> str:
    """Commands with their times, and what they should take."""
    rows = []
    for name, times in found.items():
        goals = ", ".join(f"{label} under {goal} s" for label, goal in GOALS.get(name, {}).items())
        rows.append([f"`{name}`", *(timed(times[label]["clock"]) for label in labels), goals])
        rows.append(["processor time", *(timed(times[label]["processor"]) for label in labels), ""])
    return table(["command", *labels, "goal"], rows)


def growth(found: Result) -> Iterable[str]:
    """An audit against draws."""
    yield GROWTH
    rows = []
    for one in [*found["over draws"], *found.get("long", [])]:
        drawing, busy = (one[kind]["draw and evaluate"] for kind in ("laps", "busy"))
        each = number(busy["median"] * 1e6 / one["draws"])
        rows.append([f"{one['draws']:,}", timed(one["whole"]), timed(drawing), each, _mebibytes(one), str(one["whole"]["runs"])])
    head = ["draws", "whole, s", "draw and evaluate, s", "processor time of that, µs a draw", "peak memory, MiB", "runs"]
    yield table(head, rows)


def speed(found: Result) -> Iterable[str]:
    """Against hand-written code."""
    if "speed" not in found:
        return
    s = found["speed"]
    yield WORKLOAD.format(threads=s["threads"])
    modes = ("sampled", "exact")
    names = s["sampled"]["nanoseconds"]
    rows = [[f"{n}, ns a solve", *(timed(s[mode]["nanoseconds"][n]) for mode in modes)] for n in names]
    for name in s["sampled"]["ratios"]:
        for clock, words in (("clock", ""), ("processor", ", processor time")):
            rows.append([f"**{name}**{words}", *(timed(s[mode]["ratios"][name][clock]) for mode in modes)])
    yield table([f"{s['draws']:,} draws", "sampled plays", "exact probabilities"], rows)
    a = found["agreement"]
    yield f"Largest differences, over {a['draws']['C']:,} draws ({a['draws']['reference']} for the readable reference):"
    yield table(["", *modes], [[what, *(f"{a[mode][what]:.0e}" for mode in modes)] for what in a["sampled"]])


def gradient(found: Result) -> str:
    """What a gradient costs."""
    g = found["gradient"]
    return GRADIENT.format(
        parameters=g["parameters"],
        over=timed(g["over forward"]["clock"]),
        busy=timed(g["over forward"]["processor"]),
        seconds=number(g["seconds"]["value and gradient"]["median"]),
        forward=number(g["seconds"]["forward"]["median"]),
        draws=f"{g['draws']:,}",
        numpy=f"{g['from NumPy']:.0e}",
        central=f"{g['from central differences']:.0e}",
    )


def curves(found: Result) -> Iterable[str]:
    """How the engine grows."""
    yield START
    starts = found["start"]
    yield table(["", *starts], [[lap, *(timed(starts[label][lap]) for label in starts)] for lap in starts["cold"]])
    yield CURVES
    rows = []
    for one in found["over draws"]:
        scale = 1e9 / (one["draws"] * SOLVES)
        nanoseconds = (timed(one[kind], scale) for kind in ("seconds", "busy", "engine"))
        rows.append([f"{one['draws']:,}", timed(one["seconds"]), *nanoseconds])
    yield table(["draws", "seconds", "ns a solve", "processor time", "without drawing"], rows)
    crises = found["over crises"]
    yield CRISES.format(draws=f"{crises[0]['draws']:,}")
    rows = []
    for one in crises:
        scale = 1e9 / (one["draws"] * one["crises"] * 2)
        rows.append([str(one["crises"]), timed(one["seconds"]), timed(one["seconds"], scale), timed(one["busy"], scale)])
    yield table(["crises", "seconds", "ns a solve", "processor time"], rows)
    yield MEMORY
    yield table(["draws", "MiB"], [[f"{one['draws']:,}", _mebibytes(one)] for one in found["memory"]])


def peers(found: Result) -> Iterable[str]:
    """Beside other tools, and cost against draws."""
    yield PEERS
    s = found["speed"]
    over, names = s["over foedus on one core"], s["versions"]
    rows = [
        [f"{name} {names.get(name, '')}".strip(), f"{s['draws'][name]:,}", timed(t), timed(over.get(name))]
        for name, t in s["nanoseconds"].items()
    ]
    yield table(["", "draws", "ns a solve", "times foedus on one core"], rows)
    yield "*First*: seconds until the first result, with the compiled code kept from before."
    rows = [[f"{c['draws']:,}", timed(c["foedus"]), number(c["first"]), timed(c["loop"])] for c in found["curve"]]
    yield table(["draws", "foedus on one core, ns a solve", "first, s", "Python loop, ns a solve"], rows)


def beside_gambit(found: Result) -> Iterable[str]:
    """How many times as many solves in a second."""
    contests = {name: one for name, one in found.items() if isinstance(one, dict) and "Gambit" in one}
    versions, ways = (sorted({one[key] for one in contests.values()}) for key in ("pygambit", "built"))
    yield GAMBIT.format(version=" and ".join(versions), built=" and ".join(ways))
    rows = []
    for name, one in contests.items():
        nodes = f"{one['positions']} nodes, {one['plays']} plays"
        times = timed(one["Gambit"], 1e3), timed(one["here"], 1e9)
        both = (timed(one["ratio"][kind]) for kind in ("clock", "processor"))
        rows.append([f"{name} ({nodes})", f"{one['draws']:,}", *times, *both, f"{one['difference']:.0e}"])
    head = ["game", "batch", "Gambit, ms", "here, ns", "**ratio**", "**ratio**, processor time", "difference"]
    yield table(head, rows)


def data(found: Result) -> Iterable[str]:
    """Public data."""
    yield DATA
    goals = {"add": "under 30 s", "new": "under 1 s", "stress": "under 60 s", "decades": ""}
    names = {
        "add": "`foedus data add`, 31 data sets into an empty store",
        "new": "`foedus new`, warm",
        "stress": "`foedus stress --year 2018`, 1,707 pairs at 4,096 draws",
        "decades": "`foedus stress --year 2018 --decades`, 21 years at 512 draws a pair",
    }
    rows = [[words, timed(found[n]["clock"]), timed(found[n]["processor"]), goals[n]] for n, words in names.items() if n in found]
    yield table(["", "s", "processor time", "goal"], rows)


def _mebibytes(one: Result) -> str:
    return number(one["peak"] / 2**20)


FIT = """\
## A strategic regression

egame12 with 19 coefficients on the 7,240 cases of leblang2003, in seconds. *First* has an empty cache of machine code,
*warm* has it on disk, *again* in memory; *4 x 1,000 draws* is the posterior by the No-U-Turn sampler after 1,000 steps to
tune, all chains."""


def fits(found: Result) -> Iterable[str]:
    """A strategic regression by maximum likelihood and by Bayes."""
    yield FIT
    times = found["fresh"] | {f"again, {k}": v for k, v in found["again"].items() if isinstance(v, dict)}
    times |= {k: v for k, v in found.get("nuts", {}).items() if isinstance(v, dict)}
    yield table(["", "seconds", "goal"], [[name, timed(t), FIT_GOALS.get(name, "")] for name, t in times.items()])


EXPLORE = """\
## The explorer

Milliseconds in Chromium from the move of a slider of karabakh-2020 to the last frame that it changed, at 4,096 draws for each
prior set, with verdicts, game tree and fans all computed again; the browser runs on the same cores. The parts follow one another;
*server* is the slowest of the three answers inside the server, and *engine* what of it was computing. The three answers
hold {size} kB."""
TABS = "{tabs} tabs of one browser that move at the same moment have their answers after {at_once} ms."


def explorer(found: Result) -> Iterable[str]:
    """From the move of a slider to the painted page."""
    one = found["one tab"]
    yield EXPLORE.format(size=timed(one["size"]))
    names = {
        "move": "slider to painted page",
        "sent": "until the first request leaves",
        "answered": "until the last answer is there",
        "server": "… of it in the server",
        "engine": "… of that in the engine",
        "painted": "until it is painted",
    }
    rows = [[words, timed(one[part], 1000), "under 300" if part == "move" else ""] for part, words in names.items()]
    yield table(["", "ms", "goal"], rows)
    if many := found.get("tabs"):
        yield TABS.format(tabs=many["tabs"], at_once=timed(many["move"], 1000))


def page(results: Path) -> str:
    """The page, from whatever results there are."""
    parts = [HEAD]
    kept = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(results.glob("*.json"))}
    if audit := kept.get("audit"):
        rounds = audit["commands"]["foedus --help"]["warm"]["clock"]["runs"]
        parts += [*commands(audit), *growth(audit), circumstances(audit, "Measured", rounds)]
    if explain := kept.get("explain"):
        rounds = next(iter(explain["commands"].values()))["warm"]["clock"]["runs"]
        parts += [EXPLAIN, timings(explain["commands"], ("cold", "warm")), circumstances(explain, "Measured", rounds)]
    if crisis := kept.get("crisis_12x2"):
        rounds = crisis["gradient"]["over forward"]["clock"]["runs"]
        parts += [*speed(crisis), gradient(crisis), *curves(crisis), circumstances(crisis, "Measured", rounds)]
    if others := kept.get("peers"):
        rounds = others["speed"]["nanoseconds"]["foedus, one core"]["runs"]
        parts += [*peers(others), circumstances(others, "Measured", rounds)]
    if gambit := kept.get("gambit"):
        rounds = next(one["here"]["runs"] for one in gambit.values() if isinstance(one, dict) and "here" in one)
        parts += [*beside_gambit(gambit), circumstances(gambit, "Measured", rounds)]
    if fitted := kept.get("fit"):
        parts += [*fits(fitted), circumstances(fitted, "Measured", fitted["again"]["one start"]["runs"])]
    if public := kept.get("data"):
        parts += [*data(public), circumstances(public, "Measured", public["add"]["clock"]["runs"])]
    if explored := kept.get("explore"):
        parts += [*explorer(explored), circumstances(explored, "Measured", explored["one tab"]["moves"])]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(RESULTS), "utf-8")
    print("wrote docs/speed.md")
