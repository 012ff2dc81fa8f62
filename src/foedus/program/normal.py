"""The normal distribution function as a composition of plain operations, so that every executor and the gradient have it.

Rational approximations of Cody 1969 (doi 10.1090/S0025-5718-1969-0247736-4) on three ranges, with relative errors of about 1e-15.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from foedus.program import ir
from foedus.program.ir import Value

# Gauss and Legendre's rule of twelve points on (0, 1): half of the points, whose other half mirrors them about 1/2
_POINTS = (0.009219682876640375, 0.04794137181476257, 0.11504866290284765, 0.20634102285669126, 0.31608425050090994,
           0.43738329574426555)  # fmt: skip
_WEIGHTS = (0.02358766819325591, 0.05346966299765922, 0.08003916427167311, 0.10158371336153296, 0.11674626826917740,
            0.12457352290670139)  # fmt: skip
_NEAR, _MIDDLE = 0.67448975, math.sqrt(32.0)
_A = (2.2352520354606839287, 161.02823106855587881, 1067.6894854603709582, 18154.981253343561249, 0.065682337918207449113)
_B = (47.20258190468824187, 976.09855173777669322, 10260.932208618978205, 45507.789335026729956)
_C = (
    0.39894151208813466764,
    8.8831497943883759412,
    93.506656132177855979,
    597.27027639480026226,
    2494.5375852903726711,
    6848.1904505362823326,
    11602.651437647350124,
    9842.7148383839780218,
    1.0765576773720192317e-8,
)
_D = (
    22.266688044328115691,
    235.38790178262499861,
    1519.377599407554805,
    6485.558298266760755,
    18615.571640885098091,
    34900.952721145977266,
    38912.003286093271411,
    19685.429676859990727,
)
_P = (
    0.21589853405795699,
    0.1274011611602473639,
    0.022235277870649807,
    0.001421619193227893466,
    2.9112874951168792e-5,
    0.02307344176494017303,
)
_Q = (1.28426009614491121, 0.468238212480865118, 0.0659881378689285515, 0.00378239633202758244, 7.29751555083966205e-5)


def normal_cdf(x: Value) -> Value:
    """The probability that a standard normal number lies below x."""
    y = ir.absolute(x)
    tail = _scaled_tail(y) * ir.exp(-0.5 * (y * y))
    outside = ir.choose(x, 0.0, 1.0 - tail, tail)
    return ir.choose(_const(x, _NEAR), y, _inside(x), outside)


def log_normal_cdf(x: Value) -> Value:
    """Its logarithm, exact far below zero too."""
    y = ir.absolute(x)
    far = ir.log(_scaled_tail(ir.maximum(y, _NEAR))) - 0.5 * (y * y)
    return ir.choose(x, -_NEAR, ir.log(normal_cdf(ir.maximum(x, -_NEAR))), far)


def both_below(h: Value, k: Value) -> Value:
    """The probability that two standard normal numbers with correlation one half lie below h and k.

    As for independent ones, plus an integral over the correlation (Drezner and Wesolowsky 1990, doi 10.1080/00949659008811236),
    by twelve points: within 1e-12 of the truth.
    """
    squares, product = h * h + k * k, h * k
    angle = math.asin(0.5)
    terms = []
    for point, weight in zip((*_POINTS, *(1 - p for p in _POINTS)), _WEIGHTS * 2, strict=True):
        sine = math.sin(angle * point)
        terms.append(weight * ir.exp((product * (2 * sine) - squares) * (0.5 / (1 - sine * sine))))
    return normal_cdf(h) * normal_cdf(k) + (angle / (2 * math.pi)) * ir.total(terms, h.builder)


def _const(like: Value, number: float) -> Value:
    return like.builder.const(number)


def _inside(x: Value) -> Value:
    """The distribution function near zero."""
    square = ir.minimum(x * x, _NEAR * _NEAR * 1.0001)
    over, under = _A[4] * square, square
    for a, b in zip(_A[:3], _B[:3], strict=True):
        over, under = (over + a) * square, (under + b) * square
    return 0.5 + x * ((over + _A[3]) / (under + _B[3]))


def _scaled_tail(y: Value) -> Value:
    """The upper tail at y > 0, times exp(y^2 / 2)."""
    middle = ir.minimum(y, _MIDDLE)
    over, under = _C[8] * middle, middle
    for c, d in zip(_C[:7], _D[:7], strict=True):
        over, under = (over + c) * middle, (under + d) * middle
    return ir.choose(_const(y, _MIDDLE), y, (over + _C[7]) / (under + _D[7]), _far(ir.maximum(y, _MIDDLE), _P, _Q))


def _far(y: Value, p: Sequence[float], q: Sequence[float]) -> Value:
    inverse = 1.0 / (y * y)
    over, under = p[5] * inverse, inverse
    for a, b in zip(p[:4], q[:4], strict=True):
        over, under = (over + a) * inverse, (under + b) * inverse
    return (1 / math.sqrt(2 * math.pi) - inverse * (over + p[4]) / (under + q[4])) / y
