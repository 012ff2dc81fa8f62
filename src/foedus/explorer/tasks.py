"""What is done in a process of its own: reading what was uploaded, judging in full, explaining a claim."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foedus.claims.argument import build_argument
from foedus.claims.audit import audit
from foedus.claims.results import Audit
from foedus.documents import Document, parse_document
from foedus.errors import MeaningError, NotFoundError, nearest
from foedus.explanations.explain import Explanation, explain
from foedus.explorer.sheltered import Tell
from foedus.protocol.loader import shipped
from foedus.report.views.inspection import Inspection, inspect_scenario
from foedus.scenario.loader import Flat, flatten
from foedus.scenario.scenario import Scenario

LONGEST = 250_000  # instructions of an argument; longer ones take minutes to compile, and seconds a move


def read(text: bytes, name: str, bases: Mapping[str, Flat], tell: Tell) -> tuple[Flat, Scenario, Inspection, Any]:
    """An uploaded scenario, or an overlay upon one that is shipped or on the shelf.

    Args:
        bases: the documents of the shelf that are not shipped, by what an overlay may call them.

    Returns:
        The document with its base merged in, the scenario, what `check` says of it, and the text's own keys.

    Raises:
        InputError: what `check` says is wrong with it.
    """
    tell("reading")
    document = parse_document(text, name)

    def find(base: str, _: Path | None) -> tuple[Document, Path | None]:
        if base in bases:
            return bases[base].document, bases[base].beside
        library = shipped("foedus.scenario")
        if base in library:
            return parse_document(library[base].read_bytes(), library[base].name), None
        raise NotFoundError(f"no scenario '{base}' is open here", fix=nearest(base, [*library, *bases]))

    flat = flatten(document, None, find)
    scenario = flat.scenario()
    tell("checking")
    found = inspect_scenario(scenario)
    length = len(build_argument(scenario).program)
    if length > LONGEST:
        raise MeaningError(f"the argument takes {length:,} steps, too many to follow a slider", fix="use 'foedus audit'")
    return flat, scenario, found, document.data


def judged(scenario: Scenario, tell: Tell) -> Audit:
    """The whole audit, at the scenario's own number of draws."""
    return audit(scenario, workers=1, progress=tell)


def explained(scenario: Scenario, claim: str, tell: Tell) -> Explanation:
    """What carries and what flips a claim."""
    return explain(scenario, [claim], workers=1, progress=tell).claims[0]
