"""The points of a sweep over cases: triads that public data speak to, or coded cases, each made a scenario in its turn."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foedus.documents import digest_of, parse_document, read_document
from foedus.errors import InputError, MeaningError, NotFoundError, Place, ShapeError
from foedus.scenario.loader import build_scenario
from foedus.scenario.scenario import Scenario

WANTED, ALLOWED = ("client", "patron", "rival", "year"), ("case", "vantage")


@dataclass(frozen=True)
class Case:
    """A case that becomes a scenario when its point is computed.

    Attributes:
        name: what tells it from the others. file, line: where it stands.
        triad: what stands in its row; nothing for a coded case, which is the whole file.
    """

    name: str
    file: str
    line: int
    triad: tuple[tuple[str, str], ...] = ()

    def load(self) -> Scenario:
        """The scenario of the case, as `foedus new` writes it.

        Raises:
            InputError: the case makes none; the error says in which line.
        """
        if not self.triad:
            from foedus.datasets.casebook import made

            return made(read_document(self.file)).scenario
        from foedus.datasets.new import new_scenario

        given = dict(self.triad)
        try:
            year = int(given.pop("year"))
        except ValueError:
            raise MeaningError("this is no year", Place(self.file, self.line), "write for instance 2008") from None
        try:
            text = new_scenario(**{key: given[key] for key in given if key != "case"}, year=year)  # type: ignore[arg-type]
        except InputError as error:
            raise error.at(Place(self.file, self.line)) from None
        return build_scenario(parse_document(text, f"{self.file}:{self.line}"))

    @property
    def digest(self) -> str:
        """Of what the case says."""
        return digest_of(self.name, self.triad or Path(self.file).name)


def cases(path: Path | str) -> list[tuple[Mapping[str, str | float], Case]]:
    """The cases of a file, each with the labels that tell it from the others.

    Args:
        path: a CSV file (columns client, patron, rival, year; vantage and case if wanted), a coded case, or a folder of such.

    Raises:
        InputError: nothing is there, or it is not of these.
    """
    path = Path(path)
    if path.suffix in (".yaml", ".yml") or path.is_dir():
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not files or not all(file.is_file() for file in files):
            raise NotFoundError(
                "there is no coded case", Place(str(path)), "name a .yaml file, a folder of them, or a .csv of triads"
            )
        return [({"case": file.stem}, Case(file.stem, str(file), 1)) for file in files]
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True, skipinitialspace=True)
            rows = [(reader.line_num, row) for row in reader]
            head = [str(name).strip() for name in reader.fieldnames or ()]
    except OSError as error:
        raise NotFoundError(f"cannot read the cases: {error.strerror}", Place(str(path)), "check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ShapeError(f"no table: {error}", Place(str(path)), "save it as CSV in UTF-8") from None
    wrong = [name for name in WANTED if name not in head] or [name for name in head if name not in (*WANTED, *ALLOWED)]
    if wrong:
        fix = f"give the columns {', '.join(WANTED)}, and if wanted {' and '.join(ALLOWED)}"
        missing = wrong[0] not in head
        raise ShapeError(f"the column '{wrong[0]}' {'is missing' if missing else 'is not known'}", Place(str(path), 1), fix)
    if not rows:
        raise ShapeError("there is no case in the file", Place(str(path)), "write one in each row")
    return [_of_row(str(path), line, row) for line, row in rows]


def _of_row(file: str, line: int, row: Mapping[str | None, str | None]) -> tuple[Mapping[str, str | float], Case]:
    if None in row or None in row.values():
        raise ShapeError("the row has not as many cells as the head", Place(file, line), "write one cell for each column")
    cells = {str(name).strip(): str(text).strip() for name, text in row.items() if str(text).strip()}
    lacking = [name for name in WANTED if name not in cells]
    if lacking:
        raise ShapeError(f"'{lacking[0]}' is empty", Place(file, line), "write a state's code of three letters, or a year")
    name = cells.get("case") or "-".join(cells[column] for column in WANTED)
    return {"case": name, **{key: cells[key] for key in WANTED}}, Case(name, file, line, tuple(cells.items()))
