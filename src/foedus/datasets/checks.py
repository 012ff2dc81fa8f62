"""From raw tables to tables that can be trusted: which data set it is, columns, kinds, version, duplicates, coverage."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from foedus.datasets.catalog import YEAR_FIRST, YEAR_LAST, catalog
from foedus.datasets.needs import library
from foedus.datasets.readers import Raw
from foedus.datasets.schema import DataSet
from foedus.errors import InputError, nearest

_ALIKE = 0.65  # a file with that share of the columns of a data set is probably meant to be it


@dataclass(frozen=True)
class Checked:
    """A table of a known data set, with the catalog's columns and kinds; its years, where rows are dated."""

    data: DataSet
    table: Any
    years: tuple[int, int] | None


def recognise(raw: Raw, name: str | None = None) -> DataSet:
    """Which data set a table is.

    Args:
        name: the data set that the user says it is.

    Raises:
        InputError: none, or a column of the one that it resembles is missing or renamed.
    """
    known = [catalog()[name]] if name else list(catalog().values())
    present = {c.lower() for c in raw.table.column_names}

    def lacking(data: DataSet) -> list[str]:
        return [c for c in data.required if not present & {n.lower() for n in data.names(c)}]

    fitting = [data for data in known if not lacking(data) and (data.stamp is None or data.stamp.column.lower() in present)]
    if fitting:
        return max(fitting, key=lambda data: len(data.required))
    best = max(known, key=lambda data: 1 - len(lacking(data)) / len(data.required))
    missing = lacking(best) or [best.stamp.column if best.stamp else ""]
    if name is None and len(missing) / len(best.required) > 1 - _ALIKE:
        raise InputError("this is no data set that is known", raw.place(), "see 'foedus data list --known' for what is read")
    spare = present - {n.lower() for c in best.columns for n in best.names(c)}
    close = nearest(missing[0].lower(), spare) if spare else ""
    fix = (
        f"the nearest column is {close[12:-1]}; rename it if it is the same"
        if close.startswith("did you")
        else "download it again"
    )
    what = f"the column '{missing[0]}' of {best.title} {best.version} is missing"
    more = f" ({len(missing) - 1} more are)" if len(missing) > 1 else ""
    raise InputError(what + more, raw.place(), f"{fix}: {best.page}")


def check(raw: Raw, name: str | None = None, *, any_version: bool = False) -> Checked:
    """A raw table, recognised and checked.

    Raises:
        InputError: a wrong or renamed column, a value of the wrong kind, an older version, or duplicate rows.
    """
    data = recognise(raw, name)
    if raw.table.num_rows == 0:
        raise InputError(f"{data.title} has no rows", raw.place(), f"download it again: {data.page}")
    if not any_version:
        _check_stamp(raw, data)
    table = _typed(raw, data)
    _check_key(raw, data, table)
    years = years_of(data, table)
    if years and not any_version and data.reaches and years[1] < data.reaches:
        raise InputError(
            f"the file ends in {years[1]}, an older version or an extract: {data.title} {data.version} reaches {data.reaches}",
            raw.place(),
            f"download version {data.version} from {data.page}, or add it with --any-version",
        )
    if data.sort:
        table = table.sort_by([(c, "ascending") for c in data.sort])
    return Checked(data, table, years)


def _column(raw: Raw, names: Iterable[str]) -> str | None:
    wanted = [n.lower() for n in names]
    return next((c for n in wanted for c in raw.table.column_names if c.lower() == n), None)


def _check_stamp(raw: Raw, data: DataSet) -> None:
    if data.stamp is None:
        return
    column = _column(raw, [data.stamp.column])
    found = [v for v in raw.table[column].unique().to_pylist() if v is not None]
    numbers = [float(v) for v in found if re.fullmatch(r"[\d.]+", str(v))]
    if any(abs(v - data.stamp.value) > 1e-3 for v in numbers) or not numbers:
        given = ", ".join(sorted({f"{v:g}" for v in numbers})) or "none"
        age = "older" if numbers and max(numbers) < data.stamp.value else "other"
        raise InputError(
            f"the column '{column}' gives version {given}, an {age} one: {data.title} is read in version {data.version}",
            raw.place(),
            f"download version {data.version} from {data.page}, or add it with --any-version",
        )


def _typed(raw: Raw, data: DataSet) -> Any:
    """The catalog's columns under its names and of its kinds; codes for missing values become missing."""
    arrow = library("pyarrow")
    columns = {}
    for name, kind in data.columns.items():
        column = _column(raw, data.names(name))
        if column is not None:
            columns[name] = _cast(raw, data, column, kind.rstrip("?"))
    return arrow.table(columns)


def _cast(raw: Raw, data: DataSet, column: str, kind: str) -> Any:
    arrow, compute = library("pyarrow"), library("pyarrow.compute")
    values = raw.table[column].combine_chunks()
    if arrow.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if kind == "date":
        return _dates(raw, column, values)
    wanted = {"int": arrow.int64(), "float": arrow.float64(), "text": arrow.string()}[kind]
    try:
        if kind == "text" and not arrow.types.is_string(values.type):
            values = values.cast(arrow.int64()) if arrow.types.is_floating(values.type) else values
        if kind == "int" and arrow.types.is_floating(values.type):
            values = compute.if_else(compute.is_nan(values), None, values)
        values = values.cast(wanted)
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
        row, value = _misfit(values, kind)
        label = {"int": "a whole number", "float": "a number", "text": "text"}[kind]
        raise InputError(f"'{column}' is {value!r}, not {label}", raw.place(row), f"download it again: {data.page}") from None
    if data.missing and kind != "text":
        values = compute.if_else(compute.is_in(values, arrow.array(data.missing, wanted)), None, values)
    if kind == "float":
        values = compute.if_else(compute.is_nan(values), None, values)
    return values


def _misfit(values: Any, kind: str) -> tuple[int, object]:
    """The first value that is not of a kind, and its row."""
    for row, value in enumerate(values.to_pylist()):
        try:
            fits = value is None or kind == "text" or (float(value) if kind == "float" else float(value) % 1 == 0)
        except (TypeError, ValueError):
            fits = False
        if fits is False:
            return row, value
    return 0, None


def _dates(raw: Raw, column: str, values: Any) -> Any:
    """Dates from dates, times, ISO text, or numbers of the form 199112 and 19911231."""
    arrow = library("pyarrow")
    if arrow.types.is_integer(values.type) or arrow.types.is_floating(values.type):
        parts = [None if v is None else f"{int(v):06d}" for v in values.to_pylist()]
        values = arrow.array([p and f"{p[:4]}-{p[4:6]}-{p[6:8] or '01'}" for p in parts], arrow.string())
    try:
        if arrow.types.is_string(values.type):
            values = arrow.array([v and v[:10] for v in values.to_pylist()], arrow.string())
        return values.cast(arrow.date32())
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
        raise InputError(f"'{column}' does not hold dates", raw.place(), "dates are written YYYY-MM-DD") from None


def _check_key(raw: Raw, data: DataSet, table: Any) -> None:
    counted = table.select(data.key).group_by(data.key).aggregate([([], "count_all")])
    compute = library("pyarrow.compute")
    repeated = counted.filter(compute.greater(counted["count_all"], 1))
    if repeated.num_rows == 0:
        return
    row = repeated.slice(0, 1).to_pylist()[0]
    wanted = tuple(row[c] for c in data.key)
    rows = [k for k, v in enumerate(zip(*(table[c].to_pylist() for c in data.key), strict=True)) if v == wanted]
    shown = ", ".join(f"{c} {v}" for c, v in zip(data.key, wanted, strict=True))
    first = f", first on line {raw.place(rows[0]).line}" if raw.header else ""
    raise InputError(
        f"{repeated.num_rows} rows are given more than once, for instance {shown}{first}",
        raw.place(rows[1]),
        f"remove the second, or download it again: {data.page}",
    )


def years_of(data: DataSet, table: Any) -> tuple[int, int] | None:
    """The first and the last year that rows are dated by."""
    d = data.dates
    column = d.year or (d.start[0] if d.start else d.name)
    if not column:
        return None
    years = [year for v in table[column].unique().to_pylist() if (year := _year(v)) is not None]
    years = [y for y in years if YEAR_FIRST < y < YEAR_LAST]
    return (min(years), max(years)) if years else None


def _year(value: Any) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return year_in(value)
    return getattr(value, "year", None)


def year_in(name: str) -> int | None:
    """The year with which a name ends: of `First World War1914-1918` 1918."""
    match = re.search(r"(\d{4})\D*\Z", name)
    return int(match[1]) if match else None
