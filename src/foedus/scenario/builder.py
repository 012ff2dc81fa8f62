"""One scenario document to a scenario: shape first, then meaning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foedus.documents import Document, Path_, digest_of
from foedus.errors import MeaningError, NotFoundError, nearest
from foedus.formats import migrated
from foedus.numbers import parse_prior
from foedus.protocol.loader import load_protocol
from foedus.protocol.protocol import Number, Protocol, label
from foedus.scenario import scenario as s
from foedus.scenario.checks import check_scenario
from foedus.scenario.claims import ClaimReader
from foedus.scenario.overlays import read_variants
from foedus.scenario.schema import NumberEntry, PolicySchema, PriorSetSchema, ScenarioSchema
from foedus.schema import validate
from foedus.units import parse_unit


def scenario_from(document: Document, beside: Path | None, protocol: Protocol | None = None) -> s.Scenario:
    """The scenario of a whole document; `beside` as for `loader.build_scenario`.

    Args:
        protocol: taken in place of the one that the document names.

    Raises:
        InputError: with the line of what is wrong.
    """
    return _Builder(document, beside, protocol).scenario()


class _Builder:
    def __init__(self, document: Document, beside: Path | None, protocol: Protocol | None) -> None:
        self.document, self.beside = migrated(document, "scenario"), beside
        self.schema = validate(ScenarioSchema, self.document)
        self.protocol: Protocol = protocol or self.document.at(("protocol",), self.found, self.schema.protocol)

    def found(self, protocol: str) -> Protocol:
        if self.beside is None and Path(protocol).suffix:
            raise NotFoundError(f"'{protocol}' is a file, which this scenario may not open", fix="name a shipped protocol")
        return load_protocol(protocol, self.beside)

    def scenario(self) -> s.Scenario:
        d = self.schema
        sets = d.prior_sets or {"reference": PriorSetSchema(meaning="the numbers as given")}
        lag, budget = (d.levers.lag, d.levers.budget) if d.levers else (1, 0.0)
        reader = ClaimReader(self.document, self.protocol, d)
        scenario = s.Scenario(
            name=d.scenario,
            title=d.title,
            question=d.question,
            description=d.description.strip(),
            file=self.document.name,
            vantage=d.vantage,
            protocol=self.protocol,
            actors=d.actors,
            references=d.references,
            sources=d.sources,
            prior_sets=self.prior_sets(sets),
            set_meanings={name: given.meaning for name, given in sets.items()},
            correlations=tuple(s.Correlation(tuple(c.between), c.correlation, c.why) for c in d.correlations),
            policies={name: self.policy(name, given, lag, budget) for name, given in d.policies.items()},
            policy=d.policy,
            horizon=d.horizon,
            lag=lag,
            budget=budget,
            observed=d.observed,
            forced=d.forced,
            draws=d.draws,
            seed=d.seed,
            claims=tuple(reader.claims()),
            tensions=tuple(s.Tension(tuple(t.claims), t.why) for t in d.tensions),
            digest=digest_of({k: v for k, v in self.document.data.items() if k != "variants"}, self.protocol.digest),
            record=d.record,
            beside=self.beside,
            variants=read_variants(self.document, self.beside),
        )
        check_scenario(scenario, self.document)
        return scenario

    def prior_sets(self, sets: Mapping[str, PriorSetSchema]) -> dict[str, dict[str, s.SourcedNumber]]:
        """Under each, the protocol's defaults, over these the file's numbers, and over these the set's own."""
        base = self.numbers(self.schema.numbers, ("numbers",))
        base |= self.defaults(base)
        return {name: base | self.numbers(given.numbers, ("prior_sets", name, "numbers")) for name, given in sets.items()}

    def numbers(self, given: Mapping[str, Any], path: Path_) -> dict[str, s.SourcedNumber]:
        found: dict[str, s.SourcedNumber] = {}
        for name, entry in given.items():
            number = self.document.at((*path, name), self.declared, name)
            entries = {None: entry} if isinstance(entry, NumberEntry) else entry
            for index, one in entries.items():
                where = (*path, name) if index is None else (*path, name, index)
                self.document.at(where, self.check_index, number, index)
                found[label(name, index)] = self.document.at(where, self.number, number, index, one, where)
        return found

    def declared(self, name: str) -> Number:
        if name not in self.protocol.numbers:
            raise MeaningError(
                f"the protocol '{self.protocol.name}' has no number '{name}'", fix=nearest(name, self.protocol.numbers)
            )
        return self.protocol.numbers[name]

    def check_index(self, number: Number, index: str | None) -> None:
        elements = self.protocol.elements(number)
        if index not in elements:
            words = [e for e in elements if e]
            what = (
                f"'{number.name}' wants one entry for each of {', '.join(words)}" if words else f"'{number.name}' takes no index"
            )
            raise MeaningError(what, fix=nearest(index or "", words) if words else "give 'value' or 'prior'")

    def number(self, number: Number, index: str | None, entry: NumberEntry, path: Path_) -> s.SourcedNumber:
        unit = parse_unit(entry.unit, self.protocol.units)
        if unit.plain != number.unit:
            raise MeaningError(f"'{number.name}' is in {number.unit}, not {entry.unit}", fix=f"write unit: {number.unit}")
        if (entry.value is None) == (entry.prior is None):
            raise MeaningError(f"'{number.name}' wants either 'value' or 'prior'", fix="give one of the two")
        value = None if entry.value is None else entry.value * unit.scale
        if value is not None and value not in number.support:
            raise MeaningError(
                f"{number.name} = {entry.value:g} is outside {number.support}", fix=f"give a value in {number.support}"
            )
        prior = None if entry.prior is None else parse_prior(entry.prior, number.support, unit.scale)
        sources = (entry.source,) if isinstance(entry.source, str) else tuple(entry.source)
        for source in sources:
            if source not in self.schema.sources:
                raise MeaningError(f"unknown source '{source}'", fix=nearest(source, self.schema.sources))
        place = self.document.place(path)
        shown = entry.prior if entry.prior is not None else f"{entry.value:g}"
        named = label(number.name, index)
        found = s.SourcedNumber(named, value, prior, shown, entry.unit, sources, entry.describes, entry.why, place)
        return s.sane(self.protocol, found)

    def defaults(self, given: Mapping[str, s.SourcedNumber]) -> dict[str, s.SourcedNumber]:
        """The protocol's defaults for numbers not given.

        Raises:
            MeaningError: a number is neither given nor has a default.
        """
        found: dict[str, s.SourcedNumber] = {}
        for name, number in self.protocol.numbers.items():
            for index in self.protocol.elements(number):
                key = label(name, index)
                if key in given:
                    continue
                if number.default is None:
                    raise MeaningError(
                        f"the number '{key}' is missing ({number.meaning})",
                        self.document.place(("numbers",)),
                        f"add '{name}:' to numbers",
                    )
                unit = str(number.unit)
                shown, why = f"{number.default:g}", "the protocol's default"
                found[key] = s.SourcedNumber(key, number.default, None, shown, unit, (), "", why, number.place)
        return found

    def policy(self, name: str, given: PolicySchema, lag: int, budget: float) -> s.Policy:
        """A policy's settings by crisis, within the budget, shifted by the lag."""
        horizon = self.schema.horizon
        chosen: list[dict[str, float]] = [{} for _ in range(horizon)]
        for lever, setting in given.levers.items():
            path = ("policies", name, "levers", lever)
            values = self.document.at(path, self.settings, lever, setting)
            for t in range(horizon):
                chosen[t][lever] = values[min(t, len(values) - 1)]
        for t, settings in enumerate(chosen):
            spent = sum(settings.values())
            if spent > budget * (1 + 1e-12):
                raise MeaningError(
                    f"the policy '{name}' spends {spent:g} in crisis {t + 1}, over the budget of {budget:g}",
                    self.document.place(("policies", name, "levers")),
                    "lower its levers, or raise levers: budget",
                )
        idle: list[dict[str, float]] = [{} for _ in range(lag - 1)]
        return s.Policy(name, given.meaning, tuple((idle + chosen)[:horizon]))

    def settings(self, lever: str, setting: float | list[float]) -> list[float]:
        if lever not in self.protocol.levers:
            raise MeaningError(f"unknown lever '{lever}'", fix=nearest(lever, self.protocol.levers))
        values = setting if isinstance(setting, list) else [setting]
        if not values or len(values) > self.schema.horizon:
            raise MeaningError(
                f"'{lever}' has {len(values)} settings for {self.schema.horizon} crises", fix="give one setting, or one a crisis"
            )
        if min(values) < 0:
            raise MeaningError(f"'{lever}' is negative", fix="give settings of 0 or more")
        return values
