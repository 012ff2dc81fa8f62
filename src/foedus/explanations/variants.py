"""Which other forms of a model a claim is put to: those that the scenario declares, and those that follow from its protocol.

Every variant says in what it differs from the model as declared; one that differs in nothing is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from foedus.claims.argument import Argument, build_argument
from foedus.errors import InputError, MeaningError, UnsolvableError
from foedus.formulas import Arithmetic, Constant, Formula, Name, parse, walk
from foedus.model.model import Model
from foedus.protocol.protocol import Protocol
from foedus.scenario.loader import load_variant
from foedus.scenario.overlays import Change
from foedus.scenario.scenario import Scenario

Doubt = Literal["parameters", "noise", "form", "mechanism"]
SAME_SPREAD = (
    0.7796968012336761  # √6 / π: the errors of logit at precision λ are as wide as normal ones of deviation 1 / (this λ)
)


@dataclass(frozen=True)
class Form:
    """A form of the model.

    Attributes:
        doubt: which kind of doubt it speaks to: how exactly players choose, or how the model is built.
        changes: in what it differs from the model as declared.
        scenario: with its protocol and numbers.
        limit, change: see `claims.argument.build_argument`.
    """

    name: str
    meaning: str
    doubt: Doubt
    changes: tuple[Change, ...]
    scenario: Scenario
    limit: bool = False
    change: Mapping[str, Formula] = field(default_factory=dict)

    def argument(self, ids: Collection[str]) -> Argument:
        """Its claims, compiled."""
        return build_argument(self.scenario, limit=self.limit, only=ids, ablated=False, change=self.change)


def forms(scenario: Scenario, overrides: Mapping[str, Mapping[str, float | str]] | None = None) -> list[Form]:
    """Every form that a scenario's claims are put to.

    Args:
        overrides: further ones: name to numbers set to a value or a prior.

    Raises:
        InputError: one that is declared or asked for changes nothing, or is not meaningful.
    """
    found = [_limit(scenario), *_known_precision(scenario), *_probit(scenario), *_one_dimension(scenario)]
    found += [_declared(scenario, name) for name in scenario.variants]
    return found + [_overridden(scenario, name, numbers) for name, numbers in (overrides or {}).items()]


def precision_numbers(scenario: Scenario) -> tuple[str, ...]:
    """The numbers that set the precision of choice."""
    named = {e.name for formula in scenario.protocol.precision.values() for e in walk(formula.root) if isinstance(e, Name)}
    return tuple(n for n in scenario.labels if n.partition("[")[0] in named)


def _limit(scenario: Scenario) -> Form:
    change = Change("choice", f"{scenario.protocol.rule}, with errors", "the best action always")
    return Form("limit", "choice without noise", "noise", (change,), scenario, limit=True)


def _known_precision(scenario: Scenario) -> Iterator[Form]:
    """The precision of choice at its median, where it is uncertain."""
    numbers = scenario.numbers()
    sharp = {n: numbers[n].central for n in precision_numbers(scenario) if any(s[n].prior for s in scenario.prior_sets.values())}
    if sharp:
        changes = tuple(Change(n, numbers[n].shown, f"{v:.4g}") for n, v in sharp.items())
        yield Form("known precision", "the precision of choice known", "noise", changes, scenario.with_numbers(sharp))


def _probit(scenario: Scenario) -> Iterator[Form]:
    """Normal errors in place of logit's, as wide, where the game has no node of more actions than that rule knows."""
    protocol = scenario.protocol
    if protocol.rule != "logit":
        return
    precision = {p: Formula(f.text, Arithmetic("*", Constant(SAME_SPREAD), f.root)) for p, f in protocol.precision.items()}
    other = replace(protocol, rule="probit", precision=precision, digest=f"{protocol.digest} probit")
    try:
        Model(other)
    except UnsolvableError:
        return
    changes = (Change("choice.rule", "logit", "probit"),)
    yield Form("probit", "errors of choice that are normal, and as wide", "form", changes, replace(scenario, protocol=other))


def _one_dimension(scenario: Scenario) -> Iterator[Form]:
    """For each number in which private types differ: they differ in it alone, the others being their mean under first beliefs."""
    protocol = scenario.protocol
    for player, typed in protocol.players.items():
        own = [name for name, n in protocol.numbers.items() if n.over == player and typed.types]
        for kept in own if len(own) > 1 else ():
            change = {name: _mean(protocol, player, name) for name in own if name != kept}
            changes = tuple(Change(name, f"for each type of {player}", "their mean under first beliefs") for name in change)
            meaning = f"the types of {player} differ in {kept} alone"
            yield Form(f"types: {kept}", meaning, "form", changes, scenario, change=change)


def _mean(protocol: Protocol, player: str, name: str) -> Formula:
    """A number's mean over a player's types."""
    types = protocol.players[player].types
    return parse(" + ".join(f"({belief.text}) * {name}[{kind}]" for kind, belief in types.items()))


def _declared(scenario: Scenario, name: str) -> Form:
    made = load_variant(scenario, name)
    meaning = " ".join(scenario.variants[name].meaning.split())
    return Form(name, meaning, "form", made.changes, made)


def _overridden(scenario: Scenario, name: str, numbers: Mapping[str, float | str]) -> Form:
    """A form by numbers set on the spot.

    Raises:
        MeaningError: nothing changes.
    """
    try:
        made = scenario.with_numbers(numbers)
    except InputError as error:
        raise MeaningError(f"the variant '{name}': {error.what}", error.place, error.fix) from None
    stated = [(s[n], made.prior_sets[k][n]) for k, s in scenario.prior_sets.items() for n in numbers]
    if all(a.value == b.value and a.prior == b.prior for a, b in stated):
        raise MeaningError(f"the variant '{name}' changes nothing", fix="give a value that differs, or leave it out")
    changes = tuple(Change(n, scenario.numbers()[n].shown, str(v)) for n, v in numbers.items())
    return Form(name, "numbers set by hand", "parameters", changes, made)
