"""The one intermediate form: a straight-line program over named quantities.

A value is an instruction applied to earlier values. Equal instructions are one value (hash-consing), constants are folded, and a
program keeps only what its outputs need. Trees, payoffs, updates, measures and claims all become such programs; every executor is
a reading of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from foedus.program.instructions import SCALAR, Implicit, Instruction, Program, cut

__all__ = [
    "SCALAR",
    "Builder",
    "Implicit",
    "Instruction",
    "Operand",
    "Program",
    "Value",
    "absolute",
    "choose",
    "clip",
    "exp",
    "log",
    "log_softmax",
    "log_total",
    "maximum",
    "minimum",
    "sigmoid",
    "softmax",
    "sqrt",
    "total",
    "weighted",
]


class Value:
    """A value under construction; arithmetic on it adds instructions to its builder."""

    __slots__ = ("builder", "id")

    def __init__(self, builder: Builder, id: int) -> None:
        self.builder, self.id = builder, id

    @property
    def constant(self) -> float | None:
        """The number this value is, where that is known while building."""
        return self.builder._constants.get(self.id)

    def __add__(self, other: Operand) -> Value:
        return self.builder.emit("add", self, other)

    def __radd__(self, other: float) -> Value:
        return self.builder.emit("add", other, self)

    def __sub__(self, other: Operand) -> Value:
        return self.builder.emit("sub", self, other)

    def __rsub__(self, other: float) -> Value:
        return self.builder.emit("sub", other, self)

    def __mul__(self, other: Operand) -> Value:
        return self.builder.emit("mul", self, other)

    def __rmul__(self, other: float) -> Value:
        return self.builder.emit("mul", other, self)

    def __truediv__(self, other: Operand) -> Value:
        return self.builder.emit("div", self, other)

    def __rtruediv__(self, other: float) -> Value:
        return self.builder.emit("div", other, self)

    def __neg__(self) -> Value:
        return self.builder.emit("neg", self)


Operand = Value | float


class Builder:
    """Collects instructions; equal instructions become one value."""

    def __init__(self) -> None:
        self.code: list[Instruction] = []
        self._known: dict[object, Value] = {}
        self._constants: dict[int, float] = {}
        self.implicit: list[Implicit] = []

    def _append(self, instruction: Instruction) -> Value:
        self.code.append(instruction)
        return Value(self, len(self.code) - 1)

    def input(self, name: str) -> Value:
        """The named input."""
        if name not in self._known:
            self._known[name] = self._append(Instruction("input", (), name))
        return self._known[name]

    def const(self, number: float) -> Value:
        """A constant; minus zero is zero."""
        number = float(number) + 0.0
        found = self._known.get(number)
        if found is None:
            found = self._known[number] = self._append(Instruction("const", (), number))
            self._constants[found.id] = number
        return found

    def value(self, operand: Operand) -> Value:
        """The operand as a value of this builder."""
        return operand if isinstance(operand, Value) else self.const(operand)

    def emit(self, op: str, *operands: Operand) -> Value:
        """The value of `op` applied to the operands, simplified where it can be."""
        args = [o if isinstance(o, Value) else self.const(o) for o in operands]
        ids = tuple([a.id for a in args])
        found = self._known.get((op, ids))
        if found is None:
            found = self._known[op, ids] = self._new(op, args, ids)
        return found

    def _new(self, op: str, args: list[Value], ids: tuple[int, ...]) -> Value:
        known = [self._constants.get(id) for id in ids]
        if None not in known:
            try:
                return self.const(SCALAR[op](*known))
            except (ArithmeticError, ValueError):
                pass  # left to run time, where the draw is counted as failed
        simple = self._simplified(op, args, tuple(known))
        return simple if simple is not None else self._append(Instruction(op, ids))

    def _simplified(self, op: str, args: list[Value], known: tuple[float | None, ...]) -> Value | None:
        match op, known:
            case "add", (0.0, _):
                return args[1]
            case ("add" | "sub", (_, 0.0)) | ("mul" | "div", (_, 1.0)):
                return args[0]
            case "mul", (1.0, _):
                return args[1]
            case "mul", (0.0, _) | (_, 0.0):
                return self.const(0)
            case "mul", (-1.0, _):
                return -args[1]
            case "mul", (_, -1.0):
                return -args[0]
            case "div", (0.0, _):
                return self.const(0)
            case "sub", (0.0, _):
                return -args[1]
        if op == "neg" and self.code[args[0].id].op == "neg":
            return Value(self, self.code[args[0].id].args[0])
        if op in ("max", "min") and args[0].id == args[1].id:
            return args[0]
        if op == "sub" and args[0].id == args[1].id:
            return self.const(0)
        if op == "choose" and args[2].id == args[3].id:
            return args[2]
        return None

    def program(self, outputs: Mapping[str, Operand]) -> Program:
        """What has been built so far, cut down to what the outputs need."""
        return cut(self.code, {name: self.value(v).id for name, v in outputs.items()}, self.implicit)

    def solve(
        self, label: str, count: int, residuals: Callable[[list[Value], Value | None], Sequence[Value]], *, follow: bool
    ) -> list[Value]:
        """Values defined by equations; see `Implicit`.

        Args:
            label: a name of the equations that no others have.
            count: how many unknowns and equations.
            residuals: unknowns and path (None without) to what must be zero.
            follow: the branch from zero is meant; otherwise the equations are linear.
        """
        names = tuple(f"{label}:{k}" for k in range(count))
        unknowns = [self.input(name) for name in names]
        path = self.input(f"{label}:path") if follow else None
        found = residuals(unknowns, path)
        program = cut(self.code, {f"F{k}": self.value(v).id for k, v in enumerate(found)})
        status = (f"{label}:status", f"{label}:reached") if follow else ()
        self.implicit.append(Implicit(names, program, f"{label}:path" if follow else None, status))
        return unknowns

    def inline(self, program: Program, inputs: Mapping[str, Operand]) -> dict[str, Value]:
        """Add a program's instructions and equations here with its inputs bound; inputs not given stay inputs.

        Raises:
            ValueError: an input that equations read is bound, which would change them.
        """
        if any(name in inputs for block in program.implicit for name in block.given):
            raise ValueError("inputs that equations read cannot be bound")
        self.implicit += [block for block in program.implicit if block not in self.implicit]
        values: list[Value] = []
        for op, args, data in program.code:
            if op == "input":
                name = str(data)
                values.append(self.value(inputs[name]) if name in inputs else self.input(name))
            elif op == "const":
                values.append(self.const(float(data)))  # type: ignore[arg-type]
            else:
                values.append(self.emit(op, *(values[a] for a in args)))
        return {name: values[id] for name, id in program.outputs.items()}


def exp(x: Value) -> Value:
    """e to the power x; infinite only beyond the largest number."""
    return x.builder.emit("exp", x)


def log(x: Value) -> Value:
    """The natural logarithm."""
    return x.builder.emit("log", x)


def sqrt(x: Value) -> Value:
    """The square root."""
    return x.builder.emit("sqrt", x)


def sigmoid(x: Value) -> Value:
    """1 / (1 + exp(-x)), without overflow."""
    return x.builder.emit("sigmoid", x)


def maximum(a: Value, b: Operand) -> Value:
    """The larger of the two."""
    return a.builder.emit("max", a, b)


def minimum(a: Value, b: Operand) -> Value:
    """The smaller of the two."""
    return a.builder.emit("min", a, b)


def choose(u: Value, c: Operand, a: Operand, b: Operand) -> Value:
    """a where u >= c, b elsewhere."""
    return u.builder.emit("choose", u, c, a, b)


def clip(x: Value, low: Operand, high: Operand) -> Value:
    """x, kept between low and high."""
    return minimum(maximum(x, low), high)


def absolute(x: Value) -> Value:
    """x without its sign."""
    return maximum(x, -x)


def total(values: Iterable[Value], builder: Builder) -> Value:
    """Their sum; zero for none."""
    result = builder.const(0)
    for value in values:
        result = result + value
    return result


def weighted(weights: Sequence[Value], values: Sequence[Value]) -> Value:
    """sum(w_i v_i); the value itself where all are the same, so weights must sum to one."""
    if all(v.id == values[0].id for v in values):
        return values[0]
    return total((w * v for w, v in zip(weights, values, strict=True)), values[0].builder)


def log_total(logs: Sequence[Value]) -> Value:
    """log(sum exp(l_i)), without overflow or loss of small terms."""
    top = logs[0]
    for value in logs[1:]:
        top = maximum(top, value)
    return top if len(logs) == 1 else top + log(total((exp(v - top) for v in logs), top.builder))


def log_softmax(scores: Sequence[Value]) -> list[Value]:
    """log(exp(s_i) / sum exp(s_j)) for each i, without overflow or loss of small probabilities."""
    top = scores[0]
    for s in scores[1:]:
        top = maximum(top, s)
    norm = log(total((exp(s - top) for s in scores), top.builder))
    return [(s - top) - norm for s in scores]


def softmax(scores: Sequence[Value]) -> list[Value]:
    """exp(s_i) / sum exp(s_j) for each i, without overflow."""
    builder = scores[0].builder
    if len(scores) == 1:
        return [builder.const(1)]
    if len(scores) == 2:
        second = sigmoid(scores[1] - scores[0])
        return [1.0 - second, second]
    top = scores[0]
    for s in scores[1:]:
        top = maximum(top, s)
    weights = [exp(s - top) for s in scores]
    norm = 1.0 / total(weights, builder)
    return [w * norm for w in weights]
