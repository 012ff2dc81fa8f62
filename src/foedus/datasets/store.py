"""The user's own store of checked tables: Parquet files and a manifest of checksums, under the user's data folder.

A file is written under a name that holds its checksum, then the manifest is replaced in one step. So the store is whole at every
moment: whatever fails, the manifest names files that are there.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foedus.datasets.catalog import catalog, data_set
from foedus.datasets.needs import library
from foedus.datasets.schema import DataSet
from foedus.errors import InputError, NotFoundError, Place, nearest

if TYPE_CHECKING:
    from foedus.datasets.adding import Left

MANIFEST = "manifest.json"
_LOCK, _PATIENCE, _STALE = ".lock", 30.0, 300.0


@dataclass(frozen=True)
class Entry:
    """A stored data set.

    Attributes:
        file, sha256: of the Parquet file in the store.
        years: the first and last year that rows are dated by.
        origin, origin_sha256: of the file that was read.
    """

    name: str
    version: str
    file: str
    sha256: str
    rows: int
    columns: tuple[str, ...]
    years: tuple[int, int] | None
    origin: str
    origin_sha256: str
    added: str

    @property
    def coverage(self) -> str:
        """The years covered, in words."""
        if self.years is None:
            return "undated"
        return f"{self.years[0]}-{max(self.years[1], catalog()[self.name].ends or 0)}"


def folder() -> Path:
    """The folder of the store: FOEDUS_DATA where it is set, else the platform's folder for a user's data."""
    given = os.environ.get("FOEDUS_DATA")
    if given:
        return Path(given).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "foedus" / "data"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "foedus" / "data"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "foedus" / "data"


class Store:
    """Tables by name.

    Args:
        path: its folder; made when something is first added.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path) if path is not None else folder()
        self._tables: dict[tuple[str, str], Any] = {}

    # --- reading

    def datasets(self) -> dict[str, Entry]:
        """What is stored, by name."""
        return {name: _entry(name, given) for name, given in self._manifest()["data"].items() if name in catalog()}

    def show(self, name: str) -> tuple[DataSet, Entry]:
        """A stored data set.

        Raises:
            NotFoundError: it is not stored; says how to add it.
        """
        data = data_set(name)
        found = self.datasets()
        if name not in found:
            way = f"'foedus data get {name}', or " if data.get else ""
            fix = f"{way}download it from {data.page} and 'foedus data add FILE'"
            raise NotFoundError(f"the data set '{name}' ({data.title} {data.version}) has not been added", fix=fix)
        return data, found[name]

    def __contains__(self, name: str) -> bool:
        return name in self._manifest()["data"]

    def table(self, name: str) -> Any:
        """A stored table, once its checksum is found right.

        Raises:
            NotFoundError: it is not stored. InputError: the stored file was changed or is gone.
        """
        _, entry = self.show(name)
        key = (name, entry.sha256)
        if key not in self._tables:
            path = self.path / entry.file
            fix = f"foedus data remove {name}, and add it again from {entry.origin}"
            try:
                content = path.read_bytes()
            except OSError:
                raise InputError(f"the stored file of '{name}' is gone", Place(str(path)), fix) from None
            if hashlib.sha256(content).hexdigest() != entry.sha256:
                raise InputError(f"the stored file of '{name}' was changed or is broken", Place(str(path)), fix)
            self._tables[key] = library("pyarrow.parquet").ParquetFile(io.BytesIO(content)).read()
        return self._tables[key]

    def cite(self, names: Iterable[str] = ()) -> list[str]:
        """What to cite for data sets; for all that are stored by default."""
        wanted = list(names) or list(self.datasets())
        return list(dict.fromkeys(" ".join(data_set(name).cite.split()) for name in wanted))

    # --- writing

    def add(self, path: Path | str, name: str | None = None, *, any_version: bool = False) -> tuple[list[Entry], list[Left]]:
        """Check a file, or every file of a folder, and store it; what is stored already is replaced.

        Args:
            name: the data set that a file is, where it cannot be told.
            any_version: also take an older version or an extract.

        Returns:
            What was added, and the files of a folder or archive that were not, with the reason.

        Raises:
            InputError: the file was refused; the store is as before. Of a folder, only if nothing could be added.
        """
        from foedus.datasets.adding import prepared

        ready, left = prepared(Path(path), name, any_version=any_version)
        with self._locked():
            entries = [self._write(one.checked, one.origin, one.digest) for one in ready]
            manifest = self._manifest()
            old = [manifest["data"].get(e.name, {}).get("file") for e in entries]
            manifest["data"] |= {e.name: _plain(e) for e in entries}
            self._replace(manifest)
            self._sweep(old, manifest)
        return entries, left

    def remove(self, name: str) -> Entry:
        """Forget a data set.

        Raises:
            NotFoundError: it is not stored.
        """
        if name not in self:
            raise NotFoundError(f"the data set '{name}' is not stored", fix=nearest(name, self.datasets()))
        with self._locked():
            manifest = self._manifest()
            gone = _entry(name, manifest["data"].pop(name))
            self._replace(manifest)
            self._sweep([gone.file], manifest)
        return gone

    def get(self, name: str, *, address: str | None = None, changed: bool = False) -> tuple[list[Entry], list[Left]]:
        """Download a data set from its publisher and add it.

        Args:
            address: another address than the catalog's.
            changed: take the file though it differs from the one downloaded first.

        Raises:
            InputError: no address, no answer, or another file than at first use; the store is as before.
        """
        from foedus.datasets.download import fetch

        data = data_set(name)
        with tempfile.TemporaryDirectory(prefix="foedus-") as temporary:
            path, url, digest = fetch(data, Path(temporary), address)
            first = self._manifest()["downloads"].get(url)
            if first and first["sha256"] != digest and not changed:
                raise InputError(
                    f"the file is not the one of {first['at'][:10]}: checksum {digest[:12]}, then {first['sha256'][:12]}",
                    Place(url),
                    "the publisher may have revised it: look, then say --changed",
                )
            added = self.add(path, None if path.suffix == ".zip" else name)
        with self._locked():
            manifest = self._manifest()
            manifest["downloads"][url] = {"sha256": digest, "at": _now()}
            self._replace(manifest)
        return added

    # --- files

    def _manifest(self) -> dict[str, Any]:
        path = self.path / MANIFEST
        try:
            read = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {"format": 1, "data": {}, "downloads": {}}
        except (OSError, ValueError) as error:
            raise InputError(
                f"the list of stored data sets cannot be read: {error}", Place(str(path)), "move it away, add anew"
            ) from None
        if not isinstance(read, dict) or read.get("format") != 1 or not isinstance(read.get("data"), dict):
            raise InputError(
                "the list of stored data sets is of another format", Place(str(path)), "move the folder away, add anew"
            )
        return {"downloads": {}} | read

    def _write(self, checked: Any, origin: str, origin_digest: str) -> Entry:
        sink = io.BytesIO()
        library("pyarrow.parquet").write_table(checked.table, sink, row_group_size=65_536, compression="zstd")
        content = sink.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        file = f"{checked.data.name}-{digest[:16]}.parquet"
        self._put(file, content)
        columns = tuple(checked.table.column_names)
        name, version, rows = checked.data.name, checked.data.version, checked.table.num_rows
        return Entry(name, version, file, digest, rows, columns, checked.years, origin, origin_digest, _now())

    def _put(self, file: str, content: bytes) -> None:
        """Write a file whole or not at all."""
        handle, temporary = tempfile.mkstemp(prefix=".new-", dir=self.path)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).replace(self.path / file)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise

    def _replace(self, manifest: dict[str, Any]) -> None:
        self._put(MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())

    def _sweep(self, files: Iterable[str | None], manifest: dict[str, Any]) -> None:
        kept = {given["file"] for given in manifest["data"].values()}
        for file in files:
            if file and file not in kept:
                with suppress(OSError):
                    (self.path / file).unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; a lock that a killed process left behind is broken after a while."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock, since = self.path / _LOCK, time.monotonic()
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
                break
            except FileExistsError:
                with suppress(OSError):
                    if time.time() - lock.stat().st_mtime > _STALE:
                        lock.unlink()
                if time.monotonic() - since > _PATIENCE:
                    raise InputError(
                        "another foedus is writing to the store", Place(str(lock)), "wait, or delete the lock"
                    ) from None
                time.sleep(0.05)
        try:
            yield
        finally:
            with suppress(OSError):
                lock.unlink()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _plain(entry: Entry) -> dict[str, Any]:
    return {k: v for k, v in asdict(entry).items() if k != "name"}


def _entry(name: str, given: dict[str, Any]) -> Entry:
    years = given.get("years")
    return Entry(name, **(given | {"columns": tuple(given["columns"]), "years": tuple(years) if years else None}))
