"""LLVM text to a function in memory, by way of object code kept in the user's cache folder."""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from foedus.program.llvm_emit import ENTRY

FORMAT = "1"  # of the cache files; to be raised when the options below change
CACHE_VARIABLE = "FOEDUS_CACHE"
JITLINK = sys.platform != "win32"  # the newer linker of LLVM, which does not do all of Windows' object format yet
_serial = itertools.count()


def cache_folder() -> Path | None:
    """Where object code is kept: the folder in FOEDUS_CACHE (none, where that is empty) or the user's own cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    if named is not None:
        return Path(named) if named else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "foedus"


def function(text: str, pointers: int, sizes: int, level: int = 2) -> Callable[..., None]:
    """The ENTRY of a module as a function of that many addresses, then that many integers.

    `level` is how much effort (0 to 2) goes into choosing machine instructions and registers.
    """
    linker, library = _linker(), _binding().JITLibraryBuilder()
    library.add_object_img(object_code(text, level)).export_symbol(ENTRY)
    code = library.link(linker, f"foedus{next(_serial)}")
    prototype = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * pointers, *[ctypes.c_int64] * sizes)
    entry = prototype(code[ENTRY])
    entry.keep = (code, linker)  # type: ignore[attr-defined]  # the code is unloaded when nothing holds it
    return entry


def object_code(text: str, level: int) -> bytes:
    """The machine code of a module, from the cache where it is there and sound."""
    folder = cache_folder()
    if folder is None:
        return _compile(text, level)
    path = folder / f"{_key(text, level)}.o"
    code = _read(path)
    if code is None:
        code = _compile(text, level)
        _write(path, code)
    return code


def _key(text: str, level: int) -> str:
    import llvmlite

    parts = [FORMAT, llvmlite.__version__, sys.platform, *_processor(), str(level), text]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def _read(path: Path) -> bytes | None:
    """The content of a cache file; None where it is missing or not what was written."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    checksum, code = stored[:32], stored[32:]
    return code if hashlib.sha256(code).digest() == checksum else None


def _write(path: Path, code: bytes) -> None:
    """Keep object code, in one step; a folder that cannot be written is a folder without a cache."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(temporary).replace(path)
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


@cache
def _binding() -> Any:
    """The LLVM binding, ready; imported here so that commands that compute nothing do not wait for it."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@cache
def _processor() -> tuple[str, str]:
    llvm = _binding()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine(level: int) -> Any:
    name, features = _processor()
    target = _binding().Target.from_default_triple()
    # small: constants within reach of the code, which the linker below sees to; a tenth faster than addresses in full
    return target.create_target_machine(cpu=name, features=features, opt=level, codemodel="small" if JITLINK else "jitdefault")


@cache
def _linker() -> Any:
    return _binding().create_lljit_compiler(_machine(2), use_jit_link=JITLINK)


def _compile(text: str, level: int) -> bytes:
    llvm, machine = _binding(), _machine(level)
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_unrolling = False  # a turn of a loop is long already; unrolled, it would only be slower to compile
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))
