"""The file that an essay becomes: an overlay on the base, or a scenario filled from data, with a claim for each sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foedus.datasets.codes import ROLES, codes, of_code
from foedus.datasets.essay import Essay, Part, read_essay, rules
from foedus.datasets.mapping import mapping
from foedus.datasets.new import new_scenario
from foedus.datasets.text import block, comment, quoted
from foedus.errors import InputError

UNFILLED = "not filled in yet: put a test here, or say why none can be"


def essay_scenario(
    path: Path, client: str | None = None, patron: str | None = None, rival: str | None = None, year: int | None = None,
    vantage: str | None = None, protocol: str = "intervention",
) -> str:  # fmt: skip
    """The text of a scenario whose claims are an essay's sentences; it passes the check, each claim untestable until filled.

    Args:
        path: of the essay, plain text in English.
        client, patron, rival: ISO 3166 alpha-3 codes where the author knows better than the rules.
        year: of the crisis; with it the numbers come from data, without it the file is an overlay on the base of default priors.

    Raises:
        InputError: the essay cannot be read, or a code stands for no state.
    """
    essay = read_essay(path)
    given = {"client": client, "patron": patron, "rival": rival}
    parts = dict(essay.parts) | {role: Part(code.strip().upper(), "as you say") for role, code in given.items() if code}
    claims = "\n".join(_claims(essay))
    if year is not None:
        lacking = [role for role in ROLES if role not in parts]
        if lacking:
            raise InputError(f"the essay does not tell who the {lacking[0]} is", fix=f"add --{lacking[0]} CODE")
        client, patron, rival = (parts[role].code for role in ROLES)
        return "\n".join([*_told(essay, parts), new_scenario(client, patron, rival, year, vantage, None, protocol, claims)])
    if vantage is not None:
        raise InputError("--vantage wants the year of the crisis too", fix="add --year")
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "essay"
    head = [
        f"overlay: {mapping(protocol)[0].base}",
        f"scenario: {quoted(name)}",
        f"title: {quoted(f'The argument of {path.name}')}",
    ]
    return "\n".join([*_told(essay, parts), *head, "", *_actors(parts), "", claims]) + "\n"


def _told(essay: Essay, parts: Mapping[str, Part]) -> Iterator[str]:
    yield from comment(
        f"Laid out from an essay: {len(essay.sentences)} sentences became claims. Roles, measures and actors are suggested by "
        "word rules, which read words and not meaning: they are no finding. Each claim is untestable until you put a test, or a "
        "reason, there."
    )
    yield from comment(
        "Named: " + (", ".join(f"{c} {n}" for c, n in sorted(essay.named.items(), key=lambda i: -i[1])) or "no state")
    )
    for role in ROLES:
        yield from comment(
            f"{role}: {parts[role].code}, {parts[role].reason}" if role in parts else f"{role}: not found; fill it in"
        )


def _actors(parts: Mapping[str, Part]) -> Iterator[str]:
    known = {role: part for role, part in parts.items() if role in ROLES}
    yield "actors:" if known else "actors: {}"
    for role, part in known.items():
        name = next((s.name for s in reversed(codes()) if s.code == part.code), None)
        if name is None:
            of_code(part.code, 2000)  # says what the nearest code is
        yield f"  {role}: {{name: {quoted(name or part.code)}, code: {quoted(part.code)}}}  # suggested"


def _claims(essay: Essay) -> Iterator[str]:
    yield "claims:"
    width = max(2, len(str(len(essay.sentences))))
    for k, one in enumerate(essay.sentences, 1):
        yield f"  - id: s{k:0{width}}"
        told = f" for '{', '.join(one.kind.words[:4])}'" if one.kind.words else ", since nothing says otherwise"
        yield f"    role: {one.role}"
        yield from comment(f"suggested: {one.kind.name}{told}", 4)
        yield from block("text", one.text, 4)
        yield f"    untestable: {quoted(UNFILLED)}"
        for s in one.measures:
            yield from comment(f"suggested for '{', '.join(s.words[:4])}':", 4)
            yield f"    # tests: [{_flow(rules().measures[s.name].test)}]"
        if not one.measures:
            yield from comment("no measure suggests itself", 4)
        yield "    record: {at_vantage: untestable, in_hindsight: untestable, note: not looked up yet}"


def _flow(data: Mapping[str, Any]) -> str:
    """A mapping in one line of YAML."""
    shown = (f"{k}: {_flow(v) if isinstance(v, dict) else v if isinstance(v, str) else json.dumps(v)}" for k, v in data.items())
    return f"{{{', '.join(shown)}}}"
