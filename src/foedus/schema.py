"""The first stage of validation: is a document of the right shape? Messages speak of the user's file and line."""

from __future__ import annotations

import re
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from foedus.documents import Document, Path_
from foedus.errors import ShapeError, nearest


class Strict(BaseModel):
    """A part of a file: frozen, no unknown keys, no silent conversion."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False,
        defer_build=True,  # when first needed: most are needed only as a part of another
    )  # fmt: skip


M = TypeVar("M", bound=Strict)


@dataclass(frozen=True)
class Shape:
    """What a text of some type must look like: a pattern, and what a person calls it. Used as `Annotated[str, Shape(...)]`."""

    pattern: str
    called: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"pattern": self.pattern}

    def check(self, given: str) -> str:
        """The text, where it looks as it must."""
        if re.search(self.pattern, given) is None:
            raise ValueError(f"must be {self.called}")
        return given


Day = Annotated[str, Shape(r"^\d{4}-\d{2}-\d{2}$", "a date as YYYY-MM-DD")]


def validate(model: type[M], document: Document) -> M:
    """The document as a model.

    Raises:
        ShapeError: the first thing that is wrong, with its place and one fix.
    """
    if not isinstance(document.data, dict):
        raise ShapeError("the file must be a mapping of keys to values", document.place(()), "start with 'scenario: name'")
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        # An unknown key explains more than the missing one beside it
        problems = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise _explained(model, document, problems) from None


def _explained(model: type[Strict], document: Document, problems: list[Any]) -> ShapeError:
    problem, path = problems[0], _document_path(document.data, problems[0])
    # a value of several possible kinds has a problem for each
    same = [p for p in problems if _document_path(document.data, p) == path]
    more = f" ({len(problems) - len(same)} more after this)" if len(problems) > len(same) else ""
    key = path[-1] if path else ""
    kind, where = problem["type"], ".".join(map(str, path))
    if kind == "extra_forbidden":
        fix = nearest(str(key), _keys_at(model, problem["loc"][:-1]))
        return ShapeError(f"unknown key '{key}'{more}", document.place(path), fix)
    if kind == "missing":
        return ShapeError(f"the key '{key}' is missing{more}", document.place(path[:-1]), f"add '{key}:'")
    given = problem.get("input")
    shown = f", not {given!r}"[:80] if isinstance(given, str | int | float | bool) or given is None else ""
    messages = [p["msg"].removeprefix("Value error, ") for p in same]
    message = ", or ".join(dict.fromkeys([messages[0], *(m.removeprefix("Input should be ") for m in messages[1:])]))
    return ShapeError(f"'{where}': {message[0].lower()}{message[1:]}{shown}{more}", document.place(path), _fix(problem))


def _fix(problem: Any) -> str:
    given = problem.get("input")
    if problem["type"] == "string_type" and isinstance(given, int | float | bool):
        return f'put it in quotes: "{given}"'
    if problem["type"] == "literal_error" and isinstance(given, str):
        return nearest(given, re.findall(r"'([^']*)'", problem["ctx"]["expected"]))
    return "'foedus schema' prints what each kind of file may hold"


def _document_path(data: Any, problem: Any) -> Path_:
    """The location without the names of union branches, which are no part of the file."""
    path: list[str | int] = []
    loc, absent = problem["loc"], problem["type"] == "missing"
    for k, part in enumerate(loc):
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            data = data[part]
            path.append(part)
        elif absent and k == len(loc) - 1:
            path.append(part)
    return tuple(path)


def _keys_at(annotation: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The keys that a schema allows at a location."""
    models = _models(annotation)
    if not loc:
        return [f.alias or name for m in models for name, f in m.model_fields.items()]
    head, rest = loc[0], loc[1:]
    for m in models:
        for name, f in m.model_fields.items():
            if head in (name, f.alias):
                return _keys_at(f.annotation, rest)
    inner = _inner(annotation)
    if models and inner is None:
        return _keys_at(annotation, rest)
    return _keys_at(inner, rest) if inner is not None else []


def _models(annotation: Any) -> list[type[Strict]]:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return [m for a in typing.get_args(annotation) for m in _models(a)]
    return []


def _inner(annotation: Any) -> Any:
    """What a dict or a list of this type holds."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (dict, list, tuple):
        return args[-1] if origin is dict else args[0]
    if origin in (typing.Union, types.UnionType, typing.Annotated):
        return next((i for a in args if (i := _inner(a)) is not None), None)
    return None
