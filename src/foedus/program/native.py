"""LLVM text to a function in memory, by way of object code kept in the user's cache folder."""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from foedus.program.cache import kept
from foedus.program.llvm_emit import ENTRY

FORMAT = "1"  # of the cache files; to be raised when the options below change
JITLINK = sys.platform != "win32"  # the newer linker of LLVM, which does not do all of Windows' object format yet
_serial = itertools.count()


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
    return kept(f"{_key(text, level)}.o", lambda: _compile(text, level))


def _key(text: str, level: int) -> str:
    import llvmlite

    parts = [FORMAT, llvmlite.__version__, sys.platform, *_processor(), str(level), text]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


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
