"""Claims as fields: every measure, crisis and policy they name is resolved here."""

from __future__ import annotations

from collections.abc import Iterator

from foedus.documents import Document, Path_
from foedus.errors import InputError, MeaningError, nearest
from foedus.formulas import Formula, Name, parse
from foedus.protocol.protocol import Protocol
from foedus.protocol.scope import unit_under
from foedus.scenario import scenario as s
from foedus.scenario.schema import AblationSchema, ClaimSchema, OtherSchema, ScenarioSchema, TestSchema

_WHEN = {"now": 1, "next": 2}


class ClaimReader:
    """Reads the claims of a scenario file against its protocol."""

    def __init__(self, document: Document, protocol: Protocol, schema: ScenarioSchema) -> None:
        self.document, self.protocol, self.schema = document, protocol, schema

    def claims(self) -> Iterator[s.Claim]:
        """Every claim.

        Raises:
            MeaningError: an unknown measure, policy or crisis, or a test that compares with nothing.
        """
        for k, given in enumerate(self.schema.claims):
            path: Path_ = ("claims", k)
            if bool(given.tests) == bool(given.untestable):
                raise MeaningError(
                    f"the claim '{given.id}' wants either tests or the reason why it is untestable",
                    self.document.place(path),
                    "add 'tests:' or 'untestable:'",
                )
            yield self._claim(given, path)

    def _claim(self, given: ClaimSchema, path: Path_) -> s.Claim:
        return s.Claim(
            given.id,
            given.role,
            given.text,
            tuple(self._test(t, (*path, "tests", k)) for k, t in enumerate(given.tests)),
            tuple(self._test(t, (*path, "provided", k)) for k, t in enumerate(given.provided)),
            given.untestable,
            tuple(given.supports),
            tuple(given.attacks),
            self._ablation(given.without, (*path, "without")),
            given.record,
            self.document.place(path),
        )

    def _test(self, given: TestSchema, path: Path_) -> s.Test:
        try:
            left = self._reading(given.measure, given.when, given.policy)
            if (given.threshold is None) == (given.than is None):
                raise MeaningError("a test wants either 'threshold' or 'than'", fix="give one of the two")
            right = given.threshold if given.than is None else self._other(given, given.than)
            assert right is not None
            self._check_units(left, right)
        except InputError as error:
            raise error.at(self.document.place(path)) from None
        return s.Test(left, given.is_ == "above", right, given.by, given.why)

    def _other(self, given: TestSchema, than: OtherSchema) -> s.Reading:
        when = given.when if than.when is None else than.when
        return self._reading(than.measure or given.measure, when, than.policy or given.policy)

    def _reading(self, measure: str, when: int | str, policy: str | None) -> s.Reading:
        root = parse(measure).root
        name, index = (root.name, root.index) if isinstance(root, Name) else (measure, None)
        if name not in self.protocol.measures:
            raise MeaningError(f"unknown measure '{measure}'", fix=nearest(name, self.protocol.measures))
        if index not in self.protocol.elements(self.protocol.measures[name]):
            words = [f"{name}[{e}]" if e else name for e in self.protocol.elements(self.protocol.measures[name])]
            raise MeaningError(f"'{measure}' has the wrong index", fix=f"write one of: {', '.join(words)}")
        crisis = _WHEN[when] if isinstance(when, str) else when
        if not 1 <= crisis <= self.schema.horizon:
            raise MeaningError(
                f"crisis {crisis} is beyond the horizon of {self.schema.horizon}", fix="raise 'horizon:', or ask earlier"
            )
        chosen = policy or self.schema.policy
        if policy is not None and policy not in self.schema.policies:
            raise MeaningError(f"unknown policy '{chosen}'", fix=nearest(chosen, self.schema.policies))
        return s.Reading(name, index, crisis, chosen)

    def _check_units(self, left: s.Reading, right: s.Reading | float) -> None:
        if isinstance(right, s.Reading):
            a, b = (self.protocol.measures[r.measure].unit for r in (left, right))
            if a != b:
                raise MeaningError(f"'{left.measure}' is in {a}, '{right.measure}' in {b}", fix="compare measures of one unit")

    def _ablation(self, given: AblationSchema | None, path: Path_) -> s.Ablation | None:
        if given is None:
            return None
        if not given.change and not given.unseen:
            raise MeaningError("an ablation takes nothing out", self.document.place(path), "add 'change:' or 'unseen: true'")
        change: dict[str, Formula] = {}
        for name, text in given.change.items():
            try:
                change[name] = parse(text)
                unit_under(self.protocol, name, change[name])
            except InputError as error:
                raise error.at(self.document.place((*path, "change", name))) from None
        return s.Ablation(given.meaning, change, given.unseen)
