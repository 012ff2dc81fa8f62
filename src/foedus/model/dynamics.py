"""Crisis after crisis: the model as a recurrence from state to state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from foedus.formulas import Name, parse
from foedus.model.model import Model
from foedus.model.world import World
from foedus.program.ir import Value, choose
from foedus.program.recurrence import Recurrence
from foedus.protocol.protocol import Protocol, flat_names

Play = Literal["expected", "sampled"]
NOISE, FORCED = "play", "forced"


def recurrence(
    protocol: Protocol,
    *,
    play: Play = "expected",
    records: Sequence[str] = (),
    known: Mapping[str, float] | None = None,
    limit: bool = False,
    forced: Mapping[str, str] | None = None,
) -> Recurrence:
    """A protocol's crises as one program applied again and again.

    Args:
        play: whether the next crisis inherits expected marks, or those of one play picked by the uniform number `play`.
        records: labels of measures, states and marks (`mark:fought`) to keep for each crisis. Measures are exact probabilities
            either way; marks are what was inherited.
        known: labels of numbers that are constants.
        limit: the subgame-perfect limit in place of logit.
        forced: moves that are made whatever the players would choose, in those crises where the control `forced` is one.
    """
    model = Model(protocol, limit=limit)
    numbers = model.numbers(known)
    first = model.world(numbers)
    state = flat_names(protocol, protocol.state)
    start = model.builder.program({n: first.quantity(*_split(n)) for n in state})
    inputs = {n: model.builder.input(n) for n in (*state, *protocol.levers)}
    uniform = model.builder.input(NOISE) if play == "sampled" else None
    outputs = _outputs(model.world(numbers | inputs, uniform=uniform), state, records)
    if forced:
        switch, made = model.builder.input(FORCED), model.world(numbers | inputs, forced=forced, uniform=uniform)
        outputs = {n: choose(switch, 0.5, v, outputs[n]) for n, v in _outputs(made, state, records).items()}
    step = model.builder.program(outputs)
    return Recurrence(
        start=start,
        step=step,
        parameters=tuple(n for n in numbers if numbers[n].constant is None),
        state=tuple(state),
        controls=(*protocol.levers, FORCED) if forced else tuple(protocol.levers),
        noise=(NOISE,) if play == "sampled" else (),
        records=tuple(records),
    )


def _outputs(world: World, state: Sequence[str], records: Sequence[str]) -> dict[str, Value]:
    """The next state and the records of one crisis."""
    outputs = {f"next:{n}": world.inherited(*_split(n)) for n in state}
    for label in records:
        name, index = _split(label)
        outputs[label] = world.mark(name.removeprefix("mark:")) if name.startswith("mark:") else world.quantity(name, index)
    return outputs


def _split(label: str) -> tuple[str, str | None]:
    if label.startswith("mark:"):
        return label, None
    root = parse(label).root
    assert isinstance(root, Name)
    return root.name, root.index
