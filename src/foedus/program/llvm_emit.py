"""Programs and recurrences as LLVM text: loops over blocks of draws, one vector for each value of the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from foedus.program.ir import Program
from foedus.program.llvm_math import FUNCTIONS, Writer, definitions, maximum, minimum, square_root
from foedus.program.recurrence import Recurrence

ENTRY = "run"

# The arguments of the functions written here: pointers to float64 arrays, then sizes. Arrays have the shapes of the reference
# executor; draws from `first` up to `stop` are computed, a whole number of vectors.
PROGRAM_POINTERS = ("inputs", "outputs")
FORWARD_POINTERS = ("parameters", "controls", "noise", "last", "records")
GRADIENT_POINTERS = ("parameters", "controls", "noise", "weights", "last", "slope", "trail")
PROGRAM_SIZES = ("draws", "first", "stop")
RECURRENCE_SIZES = ("policies", "periods", *PROGRAM_SIZES)


@dataclass
class Loop:
    """A loop being written: its index, the values it carries from one turn to the next, and what they become."""

    index: str
    values: dict[str, str]
    next: dict[str, str] = field(default_factory=dict)


class Emitter(Writer):
    """Writes one function: programs, memory and loops."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self._label = "entry"

    def program(self, program: Program, inputs: Mapping[str, str]) -> dict[str, str]:
        """Write a program's instructions, its inputs bound; the outputs."""
        values: list[str] = []
        for op, args, data in program.code:
            if op == "input":
                values.append(inputs[str(data)])
            elif op == "const":
                values.append(self.splat(float(data)))  # type: ignore[arg-type]
            else:
                values.append(self._operation(op, [values[a] for a in args]))
        return {name: values[k] for name, k in program.outputs.items()}

    def _operation(self, op: str, a: list[str]) -> str:
        match op:
            case "add" | "sub" | "mul" | "div":
                return self.arithmetic(op, *a)
            case "neg":
                return self.neg(*a)
            case "sqrt":
                return square_root(self, *a)
            case "choose":
                return self.where("oge", *a)
            case "max":
                return maximum(self, *a)
            case "min":
                return minimum(self, *a)
        if op not in FUNCTIONS:
            raise NotImplementedError(f"the compiled executor does not know the operation '{op}'")
        return self.call(op, *a)

    def position(self, outer: str, length: int | str, inner: int | str) -> str:
        """An index into two axes as one: outer * length + inner."""
        start = self.let(f"mul i64 {outer}, {length}")
        return self.let(f"add i64 {start}, {inner}")

    def address(self, pointer: str, position: str) -> str:
        """Where an element of a float64 array is."""
        return self.let(f"getelementptr double, ptr %{pointer}, i64 {position}")

    def rows(self, pointer: str, count: int, outer: str = "0") -> list[str]:
        """Where this block of draws is in each row of an (outer, row, draw) array."""
        rows = [self.position(outer, count, k) for k in range(count)]
        return [self.address(pointer, self.position(row, "%draws", "%draw")) for row in rows]

    def load(self, address: str) -> str:
        """A vector from memory; arrays of NumPy are aligned to their elements at least, so no more is claimed."""
        return self.let(f"load {self.vector}, ptr {address}, align 8")

    def load_everywhere(self, address: str) -> str:
        """One number, in every lane."""
        one = self.let(f"load double, ptr {address}, align 8")
        lane = self.let(f"insertelement {self.vector} poison, double {one}, i64 0")
        return self.let(f"shufflevector {self.vector} {lane}, {self.vector} poison, <{self.width} x i32> zeroinitializer")

    def store(self, value: str, address: str) -> None:
        """A vector to memory."""
        self.put(f"  store {self.vector} {value}, ptr {address}, align 8")

    def read(self, names: Sequence[str], pointer: str, outer: str = "0") -> dict[str, str]:
        """This block of the named rows of an (outer, row, draw) array."""
        return {name: self.load(row) for name, row in zip(names, self.rows(pointer, len(names), outer), strict=True)}

    def read_numbers(self, names: Sequence[str], pointer: str, outer: str) -> dict[str, str]:
        """The named entries of an (outer, entry) array, each in every lane."""
        places = [self.address(pointer, self.position(outer, len(names), k)) for k in range(len(names))]
        return {name: self.load_everywhere(place) for name, place in zip(names, places, strict=True)}

    def write(self, values: Sequence[str], pointer: str, outer: str = "0") -> None:
        """Values to this block of the rows of an (outer, row, draw) array."""
        for value, row in zip(values, self.rows(pointer, len(values), outer), strict=True):
            self.store(value, row)

    @contextmanager
    def loop(self, name: str, start: str, stop: str, step: int = 1, carried: Mapping[str, str] | None = None) -> Iterator[Loop]:
        """A loop of an index from start to below stop; `carried` says what each carried value is at first.

        The body sets the loop's `next`; after it, the loop's `values` are the last ones.
        """
        initial = dict(carried or {})
        loop = Loop(f"%{name}", {c: f"%{name}.{k}" for k, c in enumerate(initial)})
        before = self._label
        self.put(f"  br label %{name}.head\n{name}.head:")
        head = len(self.lines)
        self.put(f"  %{name}.more = icmp slt i64 %{name}, {stop}")
        self.put(f"  br i1 %{name}.more, label %{name}.body, label %{name}.end\n{name}.body:")
        self._label = f"{name}.body"
        yield loop
        self.put(f"  %{name}.next = add i64 %{name}, {step}\n  br label %{name}.head\n{name}.end:")
        phis = [f"  %{name} = phi i64 [ {start}, %{before} ], [ %{name}.next, %{self._label} ]"]
        for c, value in loop.values.items():
            phis.append(f"  {value} = phi {self.vector} [ {initial[c]}, %{before} ], [ {loop.next[c]}, %{self._label} ]")
        self.lines[head:head] = phis
        self._label = f"{name}.end"

    def module(self, pointers: Iterable[str], sizes: Iterable[str], inline: bool) -> str:
        """The whole text: the vector functions and, as ENTRY, what has been written."""
        arguments = ", ".join([*(f"ptr noalias %{p}" for p in pointers), *(f"i64 %{s}" for s in sizes)])
        head = f"define void @{ENTRY}({arguments}) nounwind {{\nentry:"
        return definitions(self.width, inline) + "\n".join([head, *self.lines, "  ret void", "}", ""])


def program_text(program: Program, inputs: Sequence[str], width: int, inline: bool) -> str:
    """A program over (input, draw) arrays, to (output, draw)."""
    e = Emitter(width)
    with e.loop("draw", "%first", "%stop", width):
        out = e.program(program, e.read(inputs, "inputs"))
        e.write(list(out.values()), "outputs")
    return e.module(PROGRAM_POINTERS, PROGRAM_SIZES, inline)


class _Periods(Emitter):
    """Writes what the forward and the backward pass of a recurrence share."""

    def __init__(self, recurrence: Recurrence, width: int) -> None:
        super().__init__(width)
        self.recurrence = recurrence

    def inputs(self, fixed: Mapping[str, str], state: Mapping[str, str], period: str) -> dict[str, str]:
        """All that a step needs in a period, but adjoints."""
        r = self.recurrence
        controls = self.read_numbers(r.controls, "controls", self.position("%policy", "%periods", period))
        return {**fixed, **state, **controls, **self.read(r.noise, "noise", period)}

    def trail(self, period: str) -> list[str]:
        """Where the state at the beginning of a period is kept for the way back."""
        count = len(self.recurrence.state)
        slots = [self.position(period, count, k) for k in range(count)]
        return [self.address("trail", self.let(f"mul i64 {slot}, {self.width}")) for slot in slots]

    def following(self, out: Mapping[str, str]) -> dict[str, str]:
        """The next state, by name."""
        return {name: out[f"next:{name}"] for name in self.recurrence.state}


def forward_text(recurrence: Recurrence, keep_records: bool, width: int, inline: bool) -> str:
    """The recurrence, as `numpy_executor.iterate`."""
    e, r = _Periods(recurrence, width), recurrence
    step = r.step if keep_records else r.bare_step
    with e.loop("draw", "%first", "%stop", width):
        fixed = e.read(r.parameters, "parameters")
        start = e.program(r.start, fixed)
        with e.loop("policy", "0", "%policies"):
            with e.loop("period", "0", "%periods", carried={n: start[n] for n in r.state}) as period:
                out = e.program(step, e.inputs(fixed, period.values, "%period"))
                if keep_records:
                    e.write([out[n] for n in r.records], "records", e.position("%policy", "%periods", "%period"))
                period.next = e.following(out)
            e.write(list(period.values.values()), "last", "%policy")
    return e.module(FORWARD_POINTERS, RECURRENCE_SIZES, inline)


def gradient_text(recurrence: Recurrence, width: int, inline: bool) -> str:
    """Forward and back again, as `numpy_executor.iterate_gradient`; `trail` has room for (period, state, lane)."""
    e, r = _Periods(recurrence, width), recurrence
    with e.loop("draw", "%first", "%stop", width):
        fixed = e.read(r.parameters, "parameters")
        start = e.program(r.start, fixed)
        with e.loop("policy", "0", "%policies", carried=dict.fromkeys(r.parameters, e.splat(0.0))) as policy:
            with e.loop("period", "0", "%periods", carried={n: start[n] for n in r.state}) as period:
                for value, place in zip(period.values.values(), e.trail("%period"), strict=True):
                    e.store(value, place)
                period.next = e.following(e.program(r.bare_step, e.inputs(fixed, period.values, "%period")))
            e.write(list(period.values.values()), "last", "%policy")
            policy.next = _backward(e, fixed, policy.values)
        e.write(list(policy.values.values()), "slope")
    return e.module(GRADIENT_POINTERS, RECURRENCE_SIZES, inline)


def _backward(e: _Periods, fixed: Mapping[str, str], slope: Mapping[str, str]) -> dict[str, str]:
    """The periods from the last to the first; the slope, with what this policy adds to it."""
    r = e.recurrence
    adjoints = e.read_numbers([f"adjoint:next:{n}" for n in r.state], "weights", "%policy")
    with e.loop("turn", "0", "%periods", carried={**adjoints, **slope}) as turn:
        period = e.let(f"sub i64 {e.let('sub i64 %periods, 1')}, %turn")
        state = dict(zip(r.state, map(e.load, e.trail(period)), strict=True))
        back = e.program(r.reverse_step, e.inputs(fixed, state, period) | {n: turn.values[n] for n in adjoints})
        turn.next = {f"adjoint:next:{n}": back[f"adjoint:{n}"] for n in r.state}
        turn.next |= {n: e.add(turn.values[n], back[f"adjoint:{n}"]) for n in r.parameters}
    back = e.program(r.reverse_start, {**fixed, **{f"adjoint:{n}": turn.values[f"adjoint:next:{n}"] for n in r.state}})
    return {n: e.add(turn.values[n], back[f"adjoint:{n}"]) for n in r.parameters}
