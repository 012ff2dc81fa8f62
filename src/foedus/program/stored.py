"""Programs as bytes and back, so that one that was built before need not be built again."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from foedus.program.ir import Implicit, Instruction, Program

FORMAT = 1


def dump(program: Program) -> Any:
    """A program as plain data that JSON can hold."""
    ops = sorted({i.op for i in program.code})
    number = {op: k for k, op in enumerate(ops)}
    return {
        "ops": ops,
        "code": [[number[i.op], i.data] if i.data is not None else [number[i.op], None, *i.args] for i in program.code],
        "outputs": dict(program.outputs),
        "implicit": [
            {"unknowns": b.unknowns, "residual": dump(b.residual), "path": b.path, "status": b.status} for b in program.implicit
        ],
    }


def load(data: Any) -> Program:
    """The program that `dump` was given."""
    ops, make = data["ops"], Instruction
    code = tuple([make(ops[k], tuple(args), given) for k, given, *args in data["code"]])
    blocks = tuple(Implicit(tuple(b["unknowns"]), load(b["residual"]), b["path"], tuple(b["status"])) for b in data["implicit"])
    return Program(code, data["outputs"], blocks)


def to_bytes(data: Any) -> bytes:
    """Plain data as bytes; numbers come back as they were, to the last digit."""
    return json.dumps(data, separators=(",", ":")).encode()


def from_bytes(content: bytes) -> Any:
    """The data that `to_bytes` was given."""
    return json.loads(content)


@cache
def source_key() -> str:
    """A hash that changes when any of foedus' own code does: programs built by other code are not taken for those of this."""
    folder = Path(__file__).resolve().parents[1]
    parts = [str(FORMAT)]
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith((".py", ".yaml")):
                about = os.stat(os.path.join(base, name))  # noqa: PTH116, PTH118 - a path object for each would take as long again
                parts.append(f"{base}/{name}:{about.st_size}:{about.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
