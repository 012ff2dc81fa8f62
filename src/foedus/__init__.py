"""foedus: an argument about an alliance in crisis, made executable.

    >>> import foedus
    >>> scenario = foedus.load("textbook")
    >>> round(foedus.solve(scenario).measures["reliability"], 6)
    0.453041

The names below are the public ones; each is imported when first used, so that a command pays only for what it does.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from foedus.claims.audit import audit as audit
    from foedus.claims.results import Audit as Audit
    from foedus.ensemble.draws import draw as draw
    from foedus.ensemble.posterior import conditioned as conditioned
    from foedus.errors import FoedusError as FoedusError
    from foedus.errors import InputError as InputError
    from foedus.errors import NumericalError as NumericalError
    from foedus.explanations.explain import explain as explain
    from foedus.history.backtest import backtest as backtest
    from foedus.history.estimate import fit as fit
    from foedus.history.record.posterior import fit_record as fit_record
    from foedus.model.dynamics import recurrence as recurrence
    from foedus.model.solve import Solved as Solved
    from foedus.model.solve import solve as solve
    from foedus.policies.compare import compare as compare
    from foedus.protocol.loader import load_protocol as load_protocol
    from foedus.runs.simulate import simulate as simulate
    from foedus.runs.store import save as save
    from foedus.scenario.loader import load_scenario as load
    from foedus.scenario.scenario import Scenario as Scenario

_HOMES = {
    "Audit": "foedus.claims.results",
    "FoedusError": "foedus.errors",
    "InputError": "foedus.errors",
    "NumericalError": "foedus.errors",
    "Scenario": "foedus.scenario.scenario",
    "Solved": "foedus.model.solve",
    "audit": "foedus.claims.audit",
    "backtest": "foedus.history.backtest",
    "compare": "foedus.policies.compare",
    "conditioned": "foedus.ensemble.posterior",
    "draw": "foedus.ensemble.draws",
    "explain": "foedus.explanations.explain",
    "fit": "foedus.history.estimate",
    "fit_record": "foedus.history.record.posterior",
    "load": "foedus.scenario.loader:load_scenario",
    "load_protocol": "foedus.protocol.loader",
    "recurrence": "foedus.model.dynamics",
    "save": "foedus.runs.store",
    "simulate": "foedus.runs.simulate",
    "solve": "foedus.model.solve",
}
__all__ = [  # the keys of _HOMES, spelled out for type checkers
    "Audit",
    "FoedusError",
    "InputError",
    "NumericalError",
    "Scenario",
    "Solved",
    "audit",
    "backtest",
    "compare",
    "conditioned",
    "draw",
    "explain",
    "fit",
    "fit_record",
    "load",
    "load_protocol",
    "recurrence",
    "save",
    "simulate",
    "solve",
]
# names on their way out: the one to write instead, and the version in which the old one is gone
_GOING: dict[str, tuple[str, str]] = {}


def __getattr__(name: str) -> Any:
    if name in _GOING:
        instead, version = _GOING[name]
        warnings.warn(f"foedus.{name} goes in version {version}: write foedus.{instead}", DeprecationWarning, stacklevel=2)
        name = instead
    if name not in _HOMES:
        raise AttributeError(f"module 'foedus' has no attribute '{name}'")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute or name)


def __dir__() -> list[str]:
    return __all__
