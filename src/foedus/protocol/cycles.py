"""Nothing may be defined by itself, in a crisis or from one crisis to the next, nor nested too deeply to be computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from foedus.errors import MeaningError, Place
from foedus.formulas import Call, Expression, Formula, Name, depth
from foedus.protocol.protocol import Definition, Measure, Protocol, Quantity, State

MAX_NESTED = 120


def check_cycles(protocol: Protocol) -> None:
    """Refuse definitions, starts and nexts that go in a circle.

    Raises:
        MeaningError: with the circle.
    """
    q = protocol.quantities
    within = {n: _names(v.formula) for n, v in q.items() if isinstance(v, Definition | Measure)}
    _refuse_cycle(within, q)
    starts = {n: _names(v.start) for n, v in q.items() if isinstance(v, State)}
    _refuse_cycle(within | starts, q)
    nexts = {n: _names(v.next, only_next=True) for n, v in q.items() if isinstance(v, State)}
    _refuse_cycle({n: v for n, v in within.items() if isinstance(q[n], Definition)} | nexts, q)


def _names(formula: Formula, only_next: bool = False) -> set[str]:
    """The names a formula uses: all, or those it uses as the next crisis will have them."""
    parts: Iterable[Expression] = formula.walk()
    if only_next:
        parts = (e.args[0] for e in formula.walk() if isinstance(e, Call) and e.function == "next" and e.args)
    return {e.name for e in parts if isinstance(e, Name)}


def _refuse_cycle(uses: Mapping[str, set[str]], quantities: Mapping[str, Quantity]) -> None:
    deep: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> int:
        """How deep the formula of a name is nested, those of the names in it included."""
        place: Place = quantities[name].place if name in quantities else Place("")
        if name in trail:
            chain = " → ".join((*trail[trail.index(name) :], name))
            raise MeaningError(f"'{name}' is defined by itself: {chain}", place, "break the circle")
        if name in uses and name not in deep:
            inner = sorted(uses[name]) if len(trail) < MAX_NESTED else []
            deep[name] = max((visit(other, (*trail, name)) for other in inner), default=0) + _depth(quantities[name])
            if deep[name] > MAX_NESTED or len(trail) >= MAX_NESTED:
                raise MeaningError(
                    f"'{name}' is nested more than {MAX_NESTED} deep, the names in it included", place, "define it in fewer steps"
                )
        return deep.get(name, 0)

    for name in uses:
        visit(name, ())


def _depth(quantity: Quantity) -> int:
    match quantity:
        case Definition() | Measure():
            return depth(quantity.formula.root)
        case State():
            return max(depth(quantity.start.root), depth(quantity.next.root))
    return 0
