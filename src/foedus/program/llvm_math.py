"""Arithmetic on vectors of draws as LLVM text, with the exponential and logarithm that LLVM does not have.

The text is written directly: the program's instructions map to it one to one, LLVM has to parse text in any case, and the builder
that comes with the binding writes a vector constant out lane by lane.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

# A product that feeds a sum may be one rounding (fused); nothing else is allowed, so that NaN, infinity and signed zero survive.
FLAGS = "contract"

EXP_HIGH, EXP_LOW, SIGMOID_LIMIT = 709.0, -746.0, 708.0
LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer, which is then in the low bits
ONE_BITS, ROUND_BITS, EXPONENT_BITS = 0x3FF0000000000000, 0x4338000000000000, -(1 << 52)

# (e^r - 1 - r) / r^2 on |r| <= ln(2) / 2, interpolated at Chebyshev points; the exponential from it is off by 2e-17 at most
EXP_TAIL = (
    0.5000000000000001, 0.16666666666666669, 0.041666666666623824, 0.008333333333330039, 0.0013888888917367081,
    0.00019841269863171557, 2.4801521057868204e-05, 2.7557268276905696e-06, 2.7620201591031547e-07, 2.5100472505694996e-08,
)  # fmt: skip

# (log(1+f) - f + f^2/2 - s f^2/2) / s as a polynomial in s^2, s = f / (2+f): the coefficients of e_log.c in FDLIBM
LOG_TAIL = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
SMALLEST_NORMAL = 2.2250738585072014e-308
TWO_TO_54 = 18014398509481984.0


def number(value: float) -> str:
    """A float64 as LLVM writes it: its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Writer:
    """Writes instructions on vectors of `width` float64; every value is the name (or constant) that LLVM knows it by."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.vector, self.bits, self.mask = (f"<{width} x {t}>" for t in ("double", "i64", "i1"))
        self.lines: list[str] = []
        self._count = 0
        self._constants: dict[str, float] = {}

    def put(self, line: str) -> None:
        """Write a line."""
        self.lines.append(line)

    def let(self, text: str) -> str:
        """Name the value of an instruction."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {text}")
        return name

    def splat(self, value: float) -> str:
        """A constant, in every lane."""
        text = f"splat (double {number(value)})"
        self._constants[text] = value
        return text

    def is_number(self, x: str) -> bool:
        """Whether x is a constant other than NaN."""
        return not math.isnan(self._constants.get(x, math.nan))

    def arithmetic(self, op: str, a: str, b: str) -> str:
        """add, sub, mul or div."""
        return self.let(f"f{op} {FLAGS} {self.vector} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        """A sum."""
        return self.arithmetic("add", a, b)

    def sub(self, a: str, b: str) -> str:
        """A difference."""
        return self.arithmetic("sub", a, b)

    def mul(self, a: str, b: str) -> str:
        """A product."""
        return self.arithmetic("mul", a, b)

    def div(self, a: str, b: str) -> str:
        """A quotient."""
        return self.arithmetic("div", a, b)

    def neg(self, a: str) -> str:
        """The same with the other sign."""
        return self.let(f"fneg {self.vector} {a}")

    def where(self, relation: str, x: str, y: str, then: str, otherwise: str) -> str:
        """`then` in the lanes where x stands in the relation (an LLVM predicate such as olt, uno) to y."""
        mask = self.let(f"fcmp {relation} {self.vector} {x}, {y}")
        return self.let(f"select {self.mask} {mask}, {self.vector} {then}, {self.vector} {otherwise}")

    def call(self, function: str, *args: str) -> str:
        """A function of the module, of vectors."""
        listed = ", ".join(f"{self.vector} {a}" for a in args)
        return self.let(f"call {self.vector} @{function}({listed})")

    def integer(self, op: str, a: str, b: str | int) -> str:
        """An LLVM operation on 64-bit integers, the second in every lane if it is a number."""
        right = f"splat (i64 {b})" if isinstance(b, int) else b
        return self.let(f"{op} {self.bits} {a}, {right}")

    def as_bits(self, x: str) -> str:
        """The bits of float64 as integers."""
        return self.let(f"bitcast {self.vector} {x} to {self.bits}")

    def as_number(self, x: str) -> str:
        """Integers as the bits of float64."""
        return self.let(f"bitcast {self.bits} {x} to {self.vector}")

    def horner(self, x: str, coefficients: tuple[float, ...]) -> str:
        """A polynomial, the constant term first."""
        value = self.splat(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            value = self.add(self.mul(value, x), self.splat(c))
        return value


def _exp_parts(w: Writer, x: str) -> tuple[str, str]:
    """For e^x = 2^k p: p, which is NaN where x is, and the bits of ROUND + k, k an integer."""
    shifted = w.add(w.mul(x, w.splat(LOG2_E)), w.splat(ROUND))
    k = w.sub(shifted, w.splat(ROUND))
    r = w.sub(w.sub(x, w.mul(k, w.splat(LN2_HIGH))), w.mul(k, w.splat(LN2_LOW)))
    r2 = w.mul(r, r)
    r4 = w.mul(r2, r2)
    pair = [w.add(w.mul(w.splat(b), r), w.splat(a)) for a, b in zip(EXP_TAIL[::2], EXP_TAIL[1::2], strict=True)]
    upper = w.add(w.mul(r4, pair[4]), w.add(w.mul(r2, pair[3]), pair[2]))
    tail = w.add(w.mul(r4, upper), w.add(w.mul(r2, pair[1]), pair[0]))
    return w.add(w.add(w.mul(r2, tail), r), w.splat(1.0)), w.as_bits(shifted)


def exp(w: Writer, x: str) -> str:
    """e^min(x, 709), within 1.1 units in the last place, subnormal results included."""
    x = maximum(w, w.splat(EXP_LOW), minimum(w, w.splat(EXP_HIGH), x))
    p, k = _exp_parts(w, x)
    # 2^k in two factors, since for subnormal results 2^k itself is out of range
    half = w.integer("and", w.integer("shl", k, 51), EXPONENT_BITS)
    rest = w.integer("sub", w.integer("shl", k, 52), half)
    first, second = (w.as_number(w.integer("add", part, ONE_BITS)) for part in (half, rest))
    return w.mul(w.mul(p, first), second)


def sigmoid(w: Writer, x: str) -> str:
    """1 / (1 + e^-max(x, -708)), within 2.1 units in the last place."""
    x = maximum(w, w.splat(-SIGMOID_LIMIT), minimum(w, w.splat(SIGMOID_LIMIT), x))
    p, k = _exp_parts(w, w.neg(x))
    scale = w.as_number(w.integer("add", w.integer("shl", k, 52), ONE_BITS))
    return w.div(w.splat(1.0), w.add(w.mul(p, scale), w.splat(1.0)))


def log(w: Writer, x: str) -> str:
    """The natural logarithm, within 0.9 units in the last place, as in e_log.c of FDLIBM; -inf at zero, NaN below."""
    small = w.let(f"fcmp olt {w.vector} {x}, {w.splat(SMALLEST_NORMAL)}")
    factor = w.let(f"select {w.mask} {small}, {w.vector} {w.splat(TWO_TO_54)}, {w.vector} {w.splat(1.0)}")
    offset = w.let(f"select {w.mask} {small}, {w.vector} {w.splat(1023.0 + 54.0)}, {w.vector} {w.splat(1023.0)}")
    bits = w.as_bits(w.mul(x, factor))
    # scaled = 2^k m with m in [sqrt(1/2), sqrt(2)); the exponent is k + 1023, never negative for positive numbers
    exponent = w.integer("lshr", w.integer("add", bits, ONE_BITS - SQRT_HALF_BITS), 52)
    m = w.as_number(w.integer("add", w.integer("sub", bits, w.integer("shl", exponent, 52)), ONE_BITS))
    k = w.sub(w.sub(w.as_number(w.integer("or", exponent, ROUND_BITS)), w.splat(ROUND)), offset)
    f = w.sub(m, w.splat(1.0))
    s = w.div(f, w.add(f, w.splat(2.0)))
    z = w.mul(s, s)
    tail = w.mul(z, w.horner(z, LOG_TAIL))
    half = w.mul(w.mul(w.splat(0.5), f), f)
    low = w.add(w.mul(s, w.add(half, tail)), w.mul(k, w.splat(LN2_LOW)))
    value = w.sub(w.mul(k, w.splat(LN2_HIGH)), w.sub(w.sub(half, low), f))
    value = w.where("olt", x, w.splat(float("inf")), value, x)
    value = w.where("oeq", x, w.splat(0.0), w.splat(float("-inf")), value)
    return w.where("olt", x, w.splat(0.0), w.splat(float("nan")), value)


def maximum(w: Writer, a: str, b: str) -> str:
    """The larger; NaN where either is NaN, as in NumPy."""
    return _extreme(w, "ogt", a, b)


def minimum(w: Writer, a: str, b: str) -> str:
    """The smaller; NaN where either is NaN, as in NumPy."""
    return _extreme(w, "olt", a, b)


def _extreme(w: Writer, relation: str, a: str, b: str) -> str:
    if w.is_number(a):
        return w.where(relation, a, b, a, b)  # b where the comparison fails, so where b is NaN: one machine instruction
    if w.is_number(b):
        return w.where(relation, b, a, b, a)
    return w.where("uno", a, a, a, w.where(relation, a, b, a, b))


def square_root(w: Writer, a: str) -> str:
    """The square root, correctly rounded; NaN below zero."""
    return w.call(f"llvm.sqrt.v{w.width}f64", a)


FUNCTIONS: dict[str, Callable[[Writer, str], str]] = {"exp": exp, "log": log, "sigmoid": sigmoid}


def definitions(width: int, inline: bool) -> str:
    """The text of the vector functions that programs call, to stand at the head of a module."""
    attribute = "alwaysinline" if inline else "noinline"
    texts = [f"declare <{width} x double> @llvm.sqrt.v{width}f64(<{width} x double>)"]
    for name, write in FUNCTIONS.items():
        w = Writer(width)
        result = write(w, "%x")
        head = f"define internal {w.vector} @{name}({w.vector} %x) {attribute} nounwind {{"
        texts.append("\n".join([head, *w.lines, f"  ret {w.vector} {result}", "}"]))
    return "\n".join(texts) + "\n"
