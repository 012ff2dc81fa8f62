"""Files as downloaded to tables, nothing checked yet: CSV, Parquet, Stata, R, and a zip archive of any of them."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from foedus.datasets.needs import library
from foedus.errors import FoedusError, InputError, NotFoundError, Place

MAX_BYTES = 1_000_000_000
MAX_NESTED = 2
BLANKS = ["", "NA", "N/A", "NaN", "nan", ".", "NULL", "null"]
_ROW = re.compile(r"Row #(\d+)")


@dataclass(frozen=True)
class Raw:
    """A table as it stands in a file.

    Attributes:
        file: the file, and the part of an archive.
        table: a pyarrow table.
        header: the line of the header, where rows have lines; else 0.
    """

    file: str
    table: Any
    header: int = 0

    def place(self, row: int | None = None) -> Place:
        """Where a row (from 0), or the header, stands."""
        return Place(self.file, self.header + (0 if row is None else row + 1) if self.header else 0)


def read_file(path: Path) -> list[Raw]:
    """The tables of a file.

    Raises:
        InputError: not found, not a format that is read, too large, or broken.
    """
    place = Place(str(path))
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read", place, "cut it down")
        content = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"cannot read the file: {error.strerror or error}", place, "check the path") from None
    return list(tables_of(str(path), content))


def tables_of(name: str, content: bytes) -> Iterator[Raw]:
    """The tables in the bytes of a file of that name."""
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"'{suffix or name}' is no format that is read", Place(name), f"give one of {', '.join(sorted(FORMATS))}"
        )
    if not content:
        raise InputError("the file is empty", Place(name), "download it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the readers think of a file is no affair of the user's
            yield from FORMATS[suffix](name, content)
    except (FoedusError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  a broken file makes each reader fail in its own ways
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"the file is broken or not {suffix}: {reason}", Place(name), "download it again") from None


def _zip(name: str, content: bytes) -> Iterator[Raw]:
    if name.lower().count(".zip/") > MAX_NESTED:
        raise InputError(f"archives in archives, more than {MAX_NESTED} deep", Place(name), "unpack the file that you need")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [i for i in archive.infolist() if PurePosixPath(i.filename).suffix.lower() in FORMATS]
        parts = [i for i in parts if not i.filename.startswith("__MACOSX")]
        if sum(i.file_size for i in parts) > MAX_BYTES:
            raise InputError(
                f"the archive unpacks to more than {MAX_BYTES:,} bytes", Place(name), "unpack the file that you need"
            )
        if not parts:
            raise InputError("the archive holds no table", Place(name), f"it should hold one of {', '.join(sorted(FORMATS))}")
        for part in parts:
            yield from tables_of(f"{name}/{part.filename}", archive.read(part))


def _parquet(name: str, content: bytes) -> Iterator[Raw]:
    yield Raw(name, library("pyarrow.parquet").read_table(io.BytesIO(content)))


def _stata(name: str, content: bytes) -> Iterator[Raw]:
    frame = library("pandas").read_stata(io.BytesIO(content), convert_categoricals=False)
    yield Raw(name, _from_frame(frame))


def _r(name: str, content: bytes) -> Iterator[Raw]:
    rdata, pandas = library("rdata"), library("pandas")
    found = rdata.conversion.convert(rdata.parser.parse_data(content))
    objects = found if isinstance(found, dict) else {"": found}
    frames = {k: v for k, v in objects.items() if isinstance(v, pandas.DataFrame)}
    if not frames:
        raise InputError("the file holds no data frame", Place(name), "name a file with a data frame")
    for key, frame in frames.items():
        yield Raw(f"{name}/{key}" if key else name, _from_frame(frame))


def _from_frame(frame: Any) -> Any:
    """A pandas frame as an arrow table: missing stays missing, classes become plain text or numbers."""
    arrow = library("pyarrow")
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if str(values.dtype) == "category":
            values = values.astype(object)
        if values.dtype == object:
            columns[str(name)] = arrow.array([None if _blank(v) else str(v) for v in values], type=arrow.string())
        else:
            columns[str(name)] = arrow.Array.from_pandas(values)
    return arrow.table(columns)


def _blank(value: Any) -> bool:
    return value is None or value != value or str(value) in ("", "NA", "<NA>", "NaT")


def _csv(name: str, content: bytes) -> Iterator[Raw]:
    text = content[:200_000].decode("utf-8", "replace").lstrip("\ufeff")
    separator = _separator(text)
    header = _header(text, separator)
    encoding = "utf8" if _is_utf8(content) else "latin-1"
    try:
        table = _parsed(content, header, separator, encoding, threads=True)
    except library("pyarrow").ArrowInvalid:
        table = _parsed_slowly(name, content, header, separator, encoding)
    yield Raw(name, table, header + 1)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf8")
    except UnicodeDecodeError:
        return False
    return True


def _parsed(content: bytes, header: int, separator: str, encoding: str, *, threads: bool) -> Any:
    module = library("pyarrow.csv")
    return module.read_csv(
        io.BytesIO(content),
        read_options=module.ReadOptions(skip_rows=header, encoding=encoding, block_size=8 << 20, use_threads=threads),
        parse_options=module.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=module.ConvertOptions(null_values=BLANKS, strings_can_be_null=True),
    )


def _parsed_slowly(name: str, content: bytes, header: int, separator: str, encoding: str) -> Any:
    """One thread is slower, but knows the line on which a file is broken."""
    try:
        return _parsed(content, header, separator, encoding, threads=False)
    except library("pyarrow").ArrowInvalid as error:
        row = _ROW.search(str(error))
        what = str(error).splitlines()[0].removeprefix("CSV parse error: ")
        raise InputError(
            f"broken CSV: {what}", Place(name, header + int(row[1]) if row else 0), "download the file again"
        ) from None


def _separator(text: str) -> str:
    lines = text.splitlines()[:40]
    return max([",", ";", "\t"], key=lambda s: sum(line.count(s) for line in lines))


def _header(text: str, separator: str) -> int:
    """How many lines of preamble stand before the header: a register starts with a few lines about itself."""
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))[:40]
    widths = [len(row) for row in rows]
    if not widths or max(widths) < 2:
        return 0
    usual = max(set(widths), key=lambda w: (widths.count(w), w))
    return widths.index(usual) if usual > 1 and widths.index(usual) <= 20 and widths[0] < usual / 2 else 0


FORMATS: dict[str, Callable[[str, bytes], Iterator[Raw]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".tab": _csv,
    ".parquet": _parquet,
    ".dta": _stata,
    ".rda": _r,
    ".rdata": _r,
    ".rds": _r,
    ".zip": _zip,
}
