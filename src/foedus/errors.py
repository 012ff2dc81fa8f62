"""Everything foedus raises on purpose.

FoedusError
├── InputError (ValueError)        the user's text or numbers; carries where, what and one fix
│   ├── ShapeError                 not the right shape: unknown key, wrong type, not text
│   └── MeaningError               the right shape, but not meaningful: unknown name, wrong unit, cycle
├── NotFoundError (LookupError)    no such protocol, scenario, claim or number
├── UnsolvableError (ValueError)   a game that the chosen solver cannot solve exactly
└── NumericalError (ArithmeticError)   a computation that failed for some draws or did not converge
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the user's text something stands; lines and columns count from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file] + [str(n) for n in (self.line, self.column) if n]
        return ":".join(parts)


class FoedusError(Exception):
    """The root of the tree; never raised itself."""

    exit_code = 3


class InputError(FoedusError, ValueError):
    """Something in the user's input is wrong.

    Args:
        what: what is wrong, as one clause.
        place: file, line and column, where known.
        fix: one thing to do about it.
    """

    exit_code = 2

    def __init__(self, what: str, place: Place | None = None, fix: str = "") -> None:
        self.what, self.place, self.fix = what, place, fix
        super().__init__(what, place, fix)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.what}" + (f"\n  fix: {self.fix}" if self.fix else "")

    def at(self, place: Place | None) -> InputError:
        """The same error with a place, unless it already has one."""
        return self if self.place else type(self)(self.what, place, self.fix)


class ShapeError(InputError):
    """Not the right shape: caught by the schema."""


class MeaningError(InputError):
    """The right shape, but not meaningful."""


class NotFoundError(InputError, LookupError):
    """No such protocol, scenario, claim, policy or number."""


class UnsolvableError(InputError):
    """A game that the solver cannot solve exactly."""


class NumericalError(FoedusError, ArithmeticError):
    """A computation failed; says for how many draws and where."""


def nearest(word: str, words: Iterable[str]) -> str:
    """A fix for a misspelt word: the nearest valid word, or the list of them."""
    known = sorted(set(words))
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"use one of: {listed}" if known else ""
