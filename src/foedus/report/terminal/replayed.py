"""A draw told in words: each crisis in a sentence, with the probability of every move, and what it leaves to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.text import Text

from foedus.report.terminal.screen import columns, heading
from foedus.report.text import clean, count, number, probability
from foedus.runs.replay import Crisis, Move, Replay
from foedus.scenario.scenario import Scenario

MOST_NUMBERS = 12


def does(action: str) -> str:
    """An action as what somebody does: `press` presses, `sit_out` sits out."""
    verb, _, rest = action.partition("_")
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        verb += "es"
    elif verb.endswith("y") and verb[-2:-1] not in "aeiou":
        verb = f"{verb[:-1]}ies"
    else:
        verb += "s"
    return f"{verb} {rest.replace('_', ' ')}".rstrip()


def told(crisis: Crisis, scenario: Scenario, *, sampled: bool) -> str:
    """A crisis in a sentence."""
    moves = [_move(move, scenario) for move in crisis.moves]
    play = ", ".join(moves)
    left = [name.replace("_", " ") + ("" if sampled and v == 1 else f" {number(v)}") for name, v in crisis.marks.items() if v]
    head = f"crisis {crisis.number}: {play}"
    if not sampled:
        head += f" (the most probable play, {probability(crisis.probability)})"
    return f"{head}. Marks{'' if sampled else ' expected'}: {', '.join(left) or 'none'}."


def _move(move: Move, scenario: Scenario) -> str:
    if move.player is None:
        return f"chance: {move.action.replace('_', ' ')} ({probability(move.probability)})"
    types = "; ".join(f"{kind} {probability(p)}" for kind, p in move.by_type.items())
    inside = probability(move.probability) + (f": {types}" if types else "")
    return f"{clean(scenario.actor(move.player))} {does(move.action)} ({inside})"


def replayed_parts(found: Replay, off: float | None) -> Iterator[RenderableType]:
    """A draw as it is printed."""
    scenario = found.scenario
    yield heading(clean(f"{scenario.title}: draw {count(found.draw)} under {found.policy}"))
    facts = (
        f"scenario {scenario.name} · prior set {found.prior_set} · seed {found.seed} · {found.design} design · {found.play} play"
    )
    yield Text(clean(facts), style="dim")
    yield Text()
    yield _numbers(found)
    before: Mapping[str, float] = {}
    for crisis in found.crises:
        yield Text()
        if before:
            moved = [f"{n} {number(before[n])} → {number(v)}" for n, v in crisis.state.items() if number(before[n]) != number(v)]
            yield Text(f"  inherited: {', '.join(moved) or 'nothing new'}", style="dim")
        yield Text(told(crisis, scenario, sampled=found.play == "sampled"))
        yield Text(f"  {', '.join(f'{n} {number(v)}' for n, v in list(crisis.measures.items())[:MOST_NUMBERS])}", style="dim")
        before = crisis.state
    if off is not None:
        yield from (Text(), Text("The same to the bit as what the run holds." if off == 0 else f"Off from the run by {off:.2g}."))


def _numbers(found: Replay) -> RenderableType:
    """The draw's uncertain numbers that lie furthest out, beside their priors."""
    declared = found.scenario.numbers(found.prior_set)
    table = columns(["number", "this draw", "prior", "unit"], right=[1], fixed=[0, 1])
    for name, value in list(found.numbers.items())[:MOST_NUMBERS]:
        unit = declared[name].unit
        table.add_row(Text(name), Text(number(value)), Text(clean(declared[name].shown)), Text("" if unit == "1" else unit))
    if len(found.numbers) > MOST_NUMBERS:
        table.add_row(Text(f"and {len(found.numbers) - MOST_NUMBERS} more: see --json", style="dim"), "", "", "")
    return table
