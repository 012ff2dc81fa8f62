"""A run is a folder: what it computes (`run.json`), which of its chunks are done (`chunks.jsonl`), and what came out.

A chunk counts as done when its line stands in the journal, which is written after everything else of the chunk; so whatever a
crash leaves behind is either whole or not there. Nothing in a run is pickled.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import foedus
from foedus.errors import InputError, MeaningError, NotFoundError, Place, ShapeError
from foedus.runs import locks

MANIFEST, JOURNAL, FORMAT = "run.json", "chunks.jsonl", 2
PART = re.compile(r"\..+\.\d+")  # the name of a file that is not yet whole: what it will be called, and the process
COMPUTING = ("numpy", "scipy", "llvmlite")  # whose versions may change a last bit
# why a run cannot go on, by what changed; the rest are options of the command
REASONS = {
    "digest": "the scenario or its protocol changed",
    "version": "the version of foedus changed",
    "libraries": "the versions of the libraries changed",
}


@dataclass(frozen=True)
class Manifest:
    """What a run computes, and how far it is.

    Attributes:
        kind: draws, summary or sweep.
        identity: what must be the same for the run to go on: scenario, digest, version, seed, design …
        chunk: draws (or points) of a chunk; the results do not depend on it.
        status: running, stopped or complete. A run that is `running` while nobody writes to it was interrupted.
        command: what gives the same run again.
    """

    kind: str
    identity: Mapping[str, Any]
    chunk: int
    status: str = "running"
    created: str = ""
    ended: str = ""
    command: str = ""
    machine: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


def identity(digest: str, **options: Any) -> dict[str, Any]:
    """What makes a run this run and no other."""
    return {"digest": digest, "version": foedus.__version__, "libraries": dict(_libraries()), **options}


@cache
def _libraries() -> tuple[tuple[str, str], ...]:
    return tuple((name, _version(name)) for name in COMPUTING)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def now() -> str:
    """The time, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


class Folder:
    """A run's folder, to read; `begin` and `resume` give one to write."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def place(self) -> Place:
        """For messages."""
        return Place(str(self.path))

    # --- the manifest

    def manifest(self) -> Manifest:
        """What the run computes.

        Raises:
            NotFoundError: no run is here. ShapeError: its manifest is broken.
        """
        try:
            data = json.loads((self.path / MANIFEST).read_text("utf-8"))
        except OSError:
            raise NotFoundError("there is no run here", self.place, "see 'foedus runs list' for the runs of a folder") from None
        except ValueError:
            raise ShapeError("the manifest is not JSON", Place(str(self.path / MANIFEST)), "compute the run anew") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            found = data.get("format", "none") if isinstance(data, dict) else "none"
            what = f"this version of foedus reads runs of format {FORMAT}, and this one has format {found}"
            raise ShapeError(what, self.place, "compute it anew, or read it with the version that wrote it")
        try:
            return Manifest(**{key: value for key, value in data.items() if key != "format"})
        except TypeError:
            raise ShapeError("the manifest lacks a part", Place(str(self.path / MANIFEST)), "compute the run anew") from None

    def write(self, manifest: Manifest) -> None:
        """Put the manifest in place, in one step."""
        text = json.dumps({"format": FORMAT} | vars(manifest), indent=1, default=str)
        whole(self.path / MANIFEST, text.encode())

    @property
    def status(self) -> str:
        """running, interrupted, stopped or complete."""
        found = self.manifest().status
        return "interrupted" if found == "running" and not locks.held(self.path) else found

    # --- the journal

    def journal(self) -> list[dict[str, Any]]:
        """The chunks that are done, as noted; a last line that a crash cut short is not there."""
        try:
            raw = (self.path / JOURNAL).read_bytes()
        except OSError:
            return []
        return [entry for line in raw.split(b"\n")[:-1] if (entry := _entry(line)) is not None]

    def note(self, entry: Mapping[str, Any]) -> None:
        """Add a line to the journal."""
        with (self.path / JOURNAL).open("ab") as file:
            file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def rewrite(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Put another journal in its place, in one step."""
        whole(self.path / JOURNAL, b"".join(json.dumps(e, separators=(",", ":")).encode() + b"\n" for e in entries))

    # --- to write

    @contextmanager
    def begun(self, manifest: Manifest, *, resume: bool, lay_out: Callable[[Path], None] = lambda _: None) -> Iterator[Manifest]:
        """Hold the folder while the run is computed; afterwards the manifest says how it ended.

        Args:
            manifest: what is to be computed.
            resume: go on with the run that is there, if there is one.
            lay_out: makes in a new folder what the chunks are written into.

        Raises:
            MeaningError: the folder is taken, or what it holds is something else.
        """
        self._made(resume)
        with locks.locked(self.path):
            current: Manifest | None = None  # nothing that is there is touched before it is known to be this run
            try:
                current = self._opened(manifest, lay_out)
                yield current
            except OSError as error:
                self._stopped(current)
                done = len(self.journal())
                what = f"{error.strerror or error}, after {done} chunks"
                raise MeaningError(what, self.place, "make room, then give the same command with --resume") from error
            except BaseException:
                self._stopped(current)
                raise

    def _opened(self, manifest: Manifest, lay_out: Callable[[Path], None]) -> Manifest:
        """The manifest of what is now computed: that of the run that is there, or a new one."""
        if (self.path / MANIFEST).exists():
            old = self.manifest()
            self._same(old, manifest)
            current = replace(old, status="running")
            self.rewrite(self.journal())  # without what a crash cut short
        else:
            lay_out(self.path)
            current = replace(manifest, created=now(), machine=machine())
        self.write(current)
        return current

    def ended(self, manifest: Manifest, **notes: Any) -> Manifest:
        """Say that the run is complete; what processes that were killed had begun to write goes."""
        for part in self.path.rglob(".*"):
            if PART.fullmatch(part.name):
                part.unlink(missing_ok=True)
        done = replace(manifest, status="complete", ended=now(), notes={**manifest.notes, **notes})
        self.write(done)
        return done

    def _stopped(self, manifest: Manifest | None) -> None:
        if manifest is None:
            return
        try:
            self.write(replace(manifest, status="stopped", ended=now()))
        except OSError:
            return  # a full disk: the run stays `running`, and nobody writes to it

    def _made(self, resume: bool) -> None:
        if (self.path / MANIFEST).exists():
            if not resume:
                raise MeaningError("a run is here already", self.place, "add --resume to go on with it, or name another folder")
            return
        if self.path.exists() and not self.path.is_dir():
            raise MeaningError("this is a file, not the folder of a run", self.place, "name another folder")
        if self.path.is_dir() and any(p.name != locks.NAME for p in self.path.iterdir()) and not _unfinished(self.path):
            raise MeaningError("the folder is not empty, and holds no run", self.place, "name another folder")
        if not self.path.parent.is_dir():
            raise MeaningError("the folder does not exist", Place(str(self.path.parent)), "make it first")
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise MeaningError(f"cannot make the folder: {error.strerror}", self.place, "check the permissions") from None

    def _same(self, old: Manifest, new: Manifest) -> None:
        """Refuse to go on with a run that is not this one, with the reason."""
        if old.kind != new.kind:
            raise MeaningError(f"the folder holds a run of another kind: {old.kind}", self.place, "name another folder")
        was, wanted = old.identity, json.loads(json.dumps(new.identity, default=str))
        for key in ("version", "libraries", *(k for k in was if k not in REASONS), "digest"):
            if was.get(key) != wanted.get(key):
                reason = REASONS.get(key, f"'{key}' changed")
                what = f"cannot go on: {reason}, from {_short(was.get(key))} to {_short(wanted.get(key))}"
                raise MeaningError(what, self.place, "run it as it was, or name another folder")

    # --- the end

    def remove(self) -> None:
        """Delete the run; only what is a run is deleted, and not while it is being written."""
        self.manifest()
        with locks.locked(self.path):
            (self.path / MANIFEST).unlink()
        shutil.rmtree(self.path)


def _unfinished(path: Path) -> bool:
    """Whether a run was begun here, but not so far as to have a manifest."""
    return (path / locks.NAME).exists()


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "chunk" in entry else None


def _short(value: Any) -> str:
    text = json.dumps(value) if not isinstance(value, str) else value
    return text if len(text) <= 24 else f"{text[:12]}…"


def whole(path: Path, data: bytes | memoryview) -> None:
    """Write a file in one step: it is there whole, or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def machine() -> dict[str, str]:
    """What kind of machine this is; results agree to the bit on machines of a kind."""
    return {"system": platform.system(), "processor": platform.machine(), "python": platform.python_version()}


def runs_in(folder: Path) -> list[Folder]:
    """The runs that lie in a folder, by name."""
    if not folder.is_dir():
        raise NotFoundError("no such folder", Place(str(folder)), "name the folder that holds the runs")
    found = [Folder(path) for path in sorted(folder.iterdir()) if (path / MANIFEST).is_file()]
    readable = []
    for run in found:
        try:
            run.manifest()
        except InputError:
            continue
        readable.append(run)
    return readable
