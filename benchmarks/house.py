"""The house in numbers: sizes of files and functions, annotations, cycles of imports.

    python benchmarks/house.py [--json FILE]

Coverage and mutation take long, so they are measured by commands of their own, which docs/decisions names with what they found.
"""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
LONG_FILE, LONG_FUNCTION = 300, 40
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines(function: Function) -> int:
    """From its first line to its last, without its docstring."""
    first = function.body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if told else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def annotated(function: Function) -> bool:
    """Whether all its arguments and its result have types."""
    a = function.args
    given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    typed = [one for one in given if one.annotation is None and one.arg not in ("self", "cls")]
    return not typed and (function.returns is not None or function.name == "__init__")


def cycles() -> list[list[str]]:
    """Groups of modules that import each other at load time."""
    import grimp
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = grimp.build_graph("foedus", exclude_type_checking_imports=True)
    names = sorted(graph.modules)
    index = {name: k for k, name in enumerate(names)}
    edges = [(index[a], index[b]) for a in names for b in graph.find_modules_directly_imported_by(a) if _at_load(graph, a, b)]
    rows, columns = zip(*edges, strict=True)
    matrix = coo_array(([1] * len(edges), (rows, columns)), shape=(len(names), len(names)))
    _, group = connected_components(matrix, connection="strong")
    members = [[name for name, g in zip(names, group, strict=True) if g == one] for one in set(group.tolist())]
    return [one for one in members if len(one) > 1]


def _at_load(graph: Any, importer: str, imported: str) -> bool:
    """An import that is not indented is done when the module is loaded."""
    path = SOURCE / Path(*importer.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    text = file.read_text("utf-8").splitlines()
    details = graph.get_import_details(importer=importer, imported=imported)
    return any(not text[line["line_number"] - 1].startswith(" ") for line in details)


def measured() -> dict[str, Any]:
    """The numbers."""
    files = {path: path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py"))}
    sizes = {str(path.relative_to(SOURCE)): text.count("\n") for path, text in files.items()}
    found = {str(path.relative_to(SOURCE)): list(functions(ast.parse(text))) for path, text in files.items()}
    every = [f for one in found.values() for f in one]
    return {
        "files": len(sizes),
        "lines": sum(sizes.values()),
        "median lines a file": median(sizes.values()),
        f"files over {LONG_FILE} lines": {name: size for name, size in sizes.items() if size > LONG_FILE},
        "functions": len(every),
        "median lines a function": median(map(lines, every)),
        f"functions over {LONG_FUNCTION} lines": {
            f"{name}:{f.name}": lines(f) for name, one in found.items() for f in one if lines(f) > LONG_FUNCTION
        },
        "annotated": sum(map(annotated, every)) / len(every),
        "not annotated": [f"{name}:{f.name}" for name, one in found.items() for f in one if not annotated(f)],
        "cycles": cycles(),
    }


def main() -> None:
    """Print, and keep where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    text = json.dumps(measured(), indent=1)
    print(text)
    if chosen.json:
        chosen.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
