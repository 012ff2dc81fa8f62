"""JSON Schema (draft 2020-12) of the files that foedus reads, for editors that complete and check while one types."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from foedus.datasets.books.schema import CaseSchema
from foedus.datasets.casebook import code_book
from foedus.errors import NotFoundError, nearest
from foedus.formats import version
from foedus.history.maps.schema import CaseFileSchema, MapSchema
from foedus.protocol.schema import ProtocolSchema
from foedus.scenario.overlays import KEPT_BY_THE_BASE
from foedus.scenario.record.schema import RecordFile
from foedus.scenario.schema import OverlaySchema, ScenarioSchema
from foedus.schema import Strict

_ONE = ("case", "cases", "map", "record")  # files of which there has been one format
_FORMAT_OF = {"overlay": "scenario", "extension": "protocol"}  # what says only how it differs has the format of the whole
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str) -> dict[str, Any]:
    """The schema of a kind of file; `kinds()` names them.

    Raises:
        NotFoundError: no such kind.
    """
    if kind not in _KINDS:
        raise NotFoundError(f"no kind of file '{kind}'", fix=nearest(kind, _KINDS))
    found = _KINDS[kind]()
    number = version(_FORMAT_OF.get(kind, kind)) if kind not in _ONE else 1
    return {"$schema": DIALECT, "$id": f"urn:foedus:{kind}:{number}", **found}


def kinds() -> tuple[str, ...]:
    """The kinds of files."""
    return tuple(_KINDS)


def _of(model: type[Strict], title: str) -> dict[str, Any]:
    found = model.model_json_schema()
    own = model.__module__  # two kinds of file may call a part the same
    meanings = {name: fields for module in sorted(_meanings(), key=own.__eq__) for name, fields in _meanings()[module].items()}
    for described in (found, *found.get("$defs", {}).values()):
        for name, field in described.get("properties", {}).items():
            field.pop("title", None)
            if name in meanings.get(described.get("title", ""), {}):
                field["description"] = meanings[described["title"]][name]
        described["title"] = described.get("title", "").removesuffix("Schema")  # editors show it
    return {**found, "title": title}


@cache
def _meanings() -> dict[str, dict[str, dict[str, str]]]:
    """Module to class to key to the docstring that stands under the field."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for model in (ScenarioSchema, ProtocolSchema, MapSchema, CaseSchema, RecordFile):
        module = import_module(model.__module__)
        classes = found[model.__module__] = {}
        for node in ast.parse(textwrap.dedent(inspect.getsource(module))).body:
            if isinstance(node, ast.ClassDef):
                fields = getattr(module, node.name).model_fields
                classes[node.name] = {fields[name].alias or name: text for name, text in _documented(node)}
    return found


def _documented(node: ast.ClassDef) -> list[tuple[str, str]]:
    pairs = zip(node.body, node.body[1:], strict=False)
    return [
        (field.target.id, text.value.value)
        for field, text in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    ]


def _extension() -> dict[str, Any]:
    """A protocol of which nothing is required but what it extends."""
    base = _of(ProtocolSchema, "protocol")
    extends = {"type": "string", "description": "The protocol that this one changes: a shipped name, or a path to a file."}
    found = {
        **_loose(base),
        "title": "extension",
        "description": "A protocol that says only what differs from another.",
        "required": ["protocol", "extends"],
        "$defs": {name: _loose(part) for name, part in base.get("$defs", {}).items()},
    }
    found["properties"] |= {"extends": extends}
    return {key: _lenient(value) for key, value in found.items()}


def _overlay() -> dict[str, Any]:
    """A scenario of which nothing is required, everything may be removed, and claims may be changed by their ids."""
    own, base = _of(OverlaySchema, "overlay"), _of(ScenarioSchema, "scenario")
    parts = {name: _loose(part) for name, part in base.get("$defs", {}).items()}
    properties = _loose(base)["properties"]
    for name in KEPT_BY_THE_BASE:
        del properties[name]
    by_id = {"type": "object", "additionalProperties": _or_null({"$ref": "#/$defs/ClaimSchema"})}
    properties["claims"]["anyOf"].append(by_id)
    found = {**own, "description": "A scenario with changes.", "properties": own["properties"] | properties, "$defs": parts}
    return {key: _lenient(value) for key, value in found.items()}


def _case() -> dict[str, Any]:
    """A coded case, with the questions, words and tests of the code book."""
    book, _ = code_book()
    found = _of(CaseSchema, "case")
    answer = found["$defs"]["Answer"]["properties"]["is"]
    questions = {}
    for name, question in book.questions.items():
        word = {**answer, "enum": list(question.words)}
        questions[name] = {"$ref": "#/$defs/Answer", "properties": {"is": word}, "description": question.meaning}
    found["properties"]["codes"] |= {"properties": questions, "additionalProperties": False}
    found["$defs"]["CaseClaim"]["properties"]["test"]["enum"] = list(book.tests)
    return found


def _loose(schema: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _or_null(field) for name, field in schema.get("properties", {}).items()}
    return {k: v for k, v in schema.items() if k not in ("required", "properties")} | {"properties": properties}


def _lenient(schema: Any) -> Any:
    """Where nothing is required, an entry may be read in more than one way."""
    if isinstance(schema, dict):
        return {("anyOf" if key == "oneOf" else key): _lenient(value) for key, value in schema.items()}
    return [_lenient(value) for value in schema] if isinstance(schema, list) else schema


def _or_null(field: dict[str, Any]) -> dict[str, Any]:
    inner = {
        k: _values_or_null(v) if k == "additionalProperties" else v
        for k, v in field.items()
        if k not in ("default", "description")
    }
    kept = {"description": field["description"]} if "description" in field else {}
    return {"anyOf": [inner, {"type": "null"}], **kept}


def _values_or_null(values: Any) -> Any:
    return {"anyOf": [values, {"type": "null"}]} if isinstance(values, dict) else values


_KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    "scenario": lambda: _of(ScenarioSchema, "scenario"),
    "protocol": lambda: _of(ProtocolSchema, "protocol"),
    "overlay": _overlay,
    "extension": _extension,
    "cases": lambda: _of(CaseFileSchema, "cases"),
    "map": lambda: _of(MapSchema, "map"),
    "case": _case,
    "record": lambda: _of(RecordFile, "record"),
}
