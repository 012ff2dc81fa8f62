"""Reference pages made from the code: the public names, the shape of files, and the shipped protocols and scenarios."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import foedus
from foedus.protocol.loader import load_protocol, shipped
from foedus.protocol.protocol import Protocol
from foedus.report.page.typeset import typeset_protocol
from foedus.report.schemas import json_schema, kinds
from foedus.scenario.loader import load_scenario
from foedus.scenario.scenario import Scenario, SourcedNumber

# The public names by what one does with them; a name that is missing here fails the build
NAMES = {
    "Read": ("load", "load_protocol", "Scenario"),
    "Solve one crisis": ("solve", "Solved"),
    "Judge the argument": ("audit", "Audit", "explain"),
    "Policies and later crises": ("compare", "simulate", "draw", "recurrence", "save"),
    "Learn from the past": ("fit", "fit_record", "conditioned", "backtest"),
    "Errors": ("FoedusError", "InputError", "NumericalError"),
}


def write_reference(folder: Path) -> None:
    """Write every page, leaving alone what has not changed so that a second build is quick."""
    folder.mkdir(parents=True, exist_ok=True)
    pages: dict[str, Iterator[str]] = {"python": python_page()} | {f"file-{kind}": schema_page(kind) for kind in kinds()}
    pages |= {f"protocol-{name}": protocol_page(load_protocol(name)) for name in shipped("foedus.protocol")}
    pages |= {f"scenario-{name}": scenario_page(load_scenario(name)) for name in shipped("foedus.scenario")}
    for name, lines in pages.items():
        text, path = "\n".join(lines) + "\n", folder / f"{name}.md"
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    for path in folder.glob("*.md"):
        if path.stem not in pages:
            path.unlink()


# --- the public names ----------------------------------------------------------------------------------------------------------


def python_page() -> Iterator[str]:
    """Every public name, with its docstring."""
    if missing := set(foedus.__all__) ^ {name for names in NAMES.values() for name in names}:
        raise ValueError(f"docs/pages.py does not place {', '.join(sorted(missing))}")
    yield from ("# Public names", "")
    for group, names in NAMES.items():
        yield from (f"## {group}", "", "```{eval-rst}", ".. currentmodule:: foedus", "")
        for name in names:
            found = getattr(foedus, name)
            kind = "autofunction" if inspect.isfunction(found) else "autoexception" if _is_error(found) else "autoclass"
            yield from (f".. {kind}:: foedus.{name}", "" if kind != "autoclass" else "   :members:", "")
        yield from ("```", "")


def _is_error(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Exception)


# --- the shape of files --------------------------------------------------------------------------------------------------------


def schema_page(kind: str) -> Iterator[str]:
    """The keys of a kind of file, with what each holds."""
    schema = json_schema(kind)
    yield f"# {kind.capitalize()} file"
    yield ""
    yield f"As `foedus schema {kind}` gives it to an editor; version {schema['$id'].rsplit(':', 1)[1]} of the format."
    yield from keys_table(schema, "Sections")
    for name, part in schema.get("$defs", {}).items():
        yield from keys_table(part, name.removesuffix("Schema"))


def keys_table(schema: Mapping[str, Any], heading: str) -> Iterator[str]:
    """One part of a file as a table."""
    yield from ("", f"## {heading}", "")
    if "description" in schema:
        yield from (escaped(schema["description"].split("\n\n")[0]), "")
    yield from ("| key | holds | if left out | meaning |", "|---|---|---|---|")
    for key, field in schema.get("properties", {}).items():
        needed = "**must be there**" if key in schema.get("required", []) else _default(field)
        yield f"| `{key}` | {kind_of(field)} | {needed} | {escaped(field.get('description', ''))} |"


def _default(field: Mapping[str, Any]) -> str:
    """What stands in the place of a key that is left out, where that is not nothing."""
    value = field.get("default")
    return "" if value in (None, "", [], {}) else f"`{json.dumps(value)}`"


def kind_of(field: Mapping[str, Any]) -> str:
    """What a field may hold, in a few words."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1].removesuffix("Schema")
        return f"[{name}](#{name.lower()})"
    if options := field.get("anyOf") or field.get("oneOf"):
        words = dict.fromkeys(kind_of(o) for o in options if o.get("type") != "null")
        return " or ".join(words)
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return " or ".join(f"`{word}`" for word in field["enum"])
    kind = field.get("type", "anything")
    if kind == "array":
        return f"list of {kind_of(field.get('items', {}))}"
    if kind == "object":
        values = field.get("additionalProperties")
        return f"names, each to {kind_of(values).replace(' or ', ', or to ')}" if isinstance(values, dict) else "mapping"
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    return " or ".join(names.get(k, k) for k in ([kind] if isinstance(kind, str) else kind))


# --- protocols -----------------------------------------------------------------------------------------------------------------


def protocol_page(protocol: Protocol) -> Iterator[str]:
    """A shipped protocol: its numbers with their units, its formulas as they are computed with, and its works."""
    yield f"# {protocol.name}"
    yield from ("", f"**{escaped(protocol.title)}**", "", escaped(protocol.description), "", "## Numbers", "")
    yield from ("| number | unit | support | meaning |", "|---|---|---|---|")
    for name, number in protocol.numbers.items():
        yield f"| `{name}` | {number.unit} | {number.support} | {escaped(number.meaning)} |"
    for group in typeset_protocol(protocol):
        yield from ("", f"## {group.title}", "", escaped(group.note), "")
        yield from ("| formula | meaning | unit | rests on |", "|---|---|---|---|")
        for line in group.lines:
            yield f"| {in_cell(line.mathml)} | {escaped(line.meaning)} | {line.unit} | {', '.join(line.cites)} |"
    yield from _works(protocol)


def _works(protocol: Protocol) -> Iterator[str]:
    if not protocol.references:
        return
    yield from ("", "## Works", "")
    for id, work in protocol.references.items():
        where = f", *{work.journal or work.publisher}*" if work.journal or work.publisher else ""
        doi = f", [doi:{work.doi}](https://doi.org/{work.doi})" if work.doi else ""
        yield f"- `{id}`: {escaped(work.authors)} ({work.year}), {escaped(work.title)}{where}{doi}"


# --- scenarios -----------------------------------------------------------------------------------------------------------------


def scenario_page(scenario: Scenario) -> Iterator[str]:
    """A shipped scenario: its claims, and its numbers with unit, source and reason."""
    yield from (f"# {scenario.name}", "", f"**{escaped(scenario.title)}**", "", f"*{escaped(scenario.question)}*", "")
    protocol = f"[{scenario.protocol.name}](protocol-{scenario.protocol.name}.md)"
    base = f", an overlay of [{scenario.base}](scenario-{scenario.base}.md)" if scenario.base else ""
    yield from (escaped(scenario.description), "", f"Protocol {protocol}{base}; vantage {scenario.vantage}.")
    yield from ("", "## Claims", "", "| claim | role | sentence |", "|---|---|---|")
    for claim in scenario.claims:
        yield f"| `{claim.id}` | {claim.role} | {escaped(claim.text)} |"
    yield from ("", "## Numbers", "")
    yield f"Under the prior set `{scenario.reference}`. `low to high` is a 90% interval."
    if others := [name for name in scenario.prior_sets if name != scenario.reference]:
        yield f"The others, which replace some of them: {', '.join(f'`{name}`' for name in others)}."
    yield from ("", "| number | value or prior | unit | source | describes | because |", "|---|---|---|---|---|---|")
    yield from map(_number_row, scenario.numbers().values())
    yield from _sources(scenario)


def _number_row(number: SourcedNumber) -> str:
    sources = ", ".join(f"`{id}`" for id in number.sources)
    cells = (f"`{number.label}`", number.shown, number.unit, sources, number.describes, escaped(number.why))
    return f"| {' | '.join(cells)} |"


def _sources(scenario: Scenario) -> Iterator[str]:
    if scenario.sources:
        yield from ("", "## Sources", "")
    for id, source in scenario.sources.items():
        title = f", {escaped(source.title)}" if source.title else ""
        url = f", <{source.url}>" if source.url else ""
        note = f" ({escaped(source.note)})" if source.note else ""
        yield f"- `{id}`: {escaped(source.publication)}{title}, {source.date}{url}{note}"


# --- cells ---------------------------------------------------------------------------------------------------------------------


def in_cell(mathml: str) -> str:
    """MathML within a cell of a table: in one line, its bars not taken for the table's."""
    return " ".join(mathml.split()).replace("|", "&#124;")


def escaped(text: str) -> str:
    """Text as Markdown shows it, in one line of a table."""
    return " ".join(text.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*").split())
