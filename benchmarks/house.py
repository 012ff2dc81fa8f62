"""The house in numbers: sizes, annotations, copies, cycles of imports, and what the tests reach and notice.

    python benchmarks/house.py [--json FILE] [--page]

Coverage and mutation take long, so `tasks.py coverage` and `tasks.py mutants` measure them; what those left behind is read here.
What they did not leave stays as FILE has it. `--page` writes the table of the decision that states the numbers.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from support import measure

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
COVERED = ROOT / "build" / "coverage" / "found.json"
KEPT = ROOT / "benchmarks" / "results" / "house.json"
PAGE = ROOT / "docs" / "decisions" / "0009-the-house-in-numbers.md"
LONG_FILE, LONG_FUNCTION, WIDE_FOLDER = 300, 40, 30
COPIED = 120  # letters of a function as a tree, below which two that agree are no copy
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


def copies(found: dict[str, list[Function]]) -> list[list[str]]:
    """Groups of functions that say the same, whatever they are called."""
    same: dict[str, list[str]] = defaultdict(list)
    for name, every in found.items():
        for f in every:
            text = " ".join(ast.dump(part) for part in f.body[ast.get_docstring(f) is not None :])
            if len(text) > COPIED:
                same[text].append(f"{name}:{f.name}")
    return [names for names in same.values() if len(names) > 1]


def cycles() -> list[list[str]]:
    """Groups of modules that import each other, imports inside functions included."""
    import grimp
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = grimp.build_graph("foedus", exclude_type_checking_imports=True)
    names = sorted(graph.modules)
    index = {name: k for k, name in enumerate(names)}
    edges = [(index[a], index[b]) for a in names for b in graph.find_modules_directly_imported_by(a)]
    rows, columns = zip(*edges, strict=True)
    matrix = coo_array(([1] * len(edges), (rows, columns)), shape=(len(names), len(names)))
    _, group = connected_components(matrix, connection="strong")
    members = [[name for name, g in zip(names, group, strict=True) if g == one] for one in set(group.tolist())]
    return [one for one in members if len(one) > 1]


def measured() -> dict[str, Any]:
    """The numbers."""
    files = {path: path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py"))}
    sizes = {str(path.relative_to(SOURCE)): text.count("\n") for path, text in files.items()}
    found = {str(path.relative_to(SOURCE)): list(functions(ast.parse(text))) for path, text in files.items()}
    every = [f for one in found.values() for f in one]
    folders = Counter(str(Path(name).parent) for name in sizes)
    return {
        "files": len(sizes),
        "lines": sum(sizes.values()),
        "median lines a file": median(sizes.values()),
        f"files over {LONG_FILE} lines": {name: size for name, size in sizes.items() if size > LONG_FILE},
        f"folders over {WIDE_FOLDER} modules": {name: many for name, many in folders.items() if many > WIDE_FOLDER},
        "functions": len(every),
        "median lines a function": median(map(lines, every)),
        f"functions over {LONG_FUNCTION} lines": {
            f"{name}:{f.name}": lines(f) for name, one in found.items() for f in one if lines(f) > LONG_FUNCTION
        },
        "annotated": sum(map(annotated, every)) / len(every),
        "not annotated": [f"{name}:{f.name}" for name, one in found.items() for f in one if not annotated(f)],
        "copies": copies(found),
        "cycles": cycles(),
    }


def covered() -> dict[str, Any]:
    """What `tasks.py coverage` found: of statements and branches together, of branches alone, and where most is missing."""
    found = json.loads(COVERED.read_text("utf-8"))
    totals, missing = found["totals"], Counter[str]()
    for name, one in found["files"].items():
        missing[str(Path(name).relative_to("src"))] = one["summary"]["missing_lines"] + one["summary"]["missing_branches"]
    return {
        "statements and branches": totals["percent_covered"] / 100,
        "statements": totals["percent_statements_covered"] / 100,
        "branches": totals["percent_branches_covered"] / 100,
        "missing most": dict(missing.most_common(12)),
    }


def mutated() -> dict[str, Any]:
    """What `tasks.py mutants` found, by module: how many changes the tests noticed, and the names of the others."""
    command = [str(Path(sys.executable).with_name("mutmut")), "results", "--all", "true"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = {}
    for name, status in re.findall(r"^\s*(foedus\S+): (.+)$", lines, re.MULTILINE):
        module, _, changed = name.rpartition(".")
        one = found.setdefault(module, {"mutants": 0, "killed": 0, "others": {}})
        one["mutants"] += 1
        one["killed"] += status == "killed"
        if status != "killed":
            one["others"][re.sub(r"^x_?|__mutmut", "", changed.replace("\u01c1", "."))] = status
    return found


def table(kept: dict[str, Any]) -> str:
    """The table of the decision."""
    sizes, tests = kept["sizes"], kept["coverage"]
    long_files, long_functions = (
        sizes[f"{kind} lines"] for kind in (f"files over {LONG_FILE}", f"functions over {LONG_FUNCTION}")
    )
    rows = [
        ("files, lines, median lines a file", f"{sizes['files']}, {sizes['lines']:,}, {sizes['median lines a file']:g}"),
        ("median lines a function", f"{sizes['median lines a function']:g}"),
        ("functions with all types", f"{sizes['annotated']:.1%} of {sizes['functions']:,}"),
        ("groups of modules that import each other", f"{len(sizes['cycles'])}"),
        ("groups of functions that are copies", f"{len(sizes['copies'])}"),
        (f"files over {LONG_FILE} lines", f"{len(long_files)}, the longest {max(long_files.values(), default=0)}"),
        (
            f"functions over {LONG_FUNCTION} lines",
            f"{len(long_functions)}, the longest {max(long_functions.values(), default=0)}",
        ),
        ("statements and branches that the tests take", f"{tests['statements and branches']:.1%}"),
        ("statements alone", f"{tests['statements']:.1%}"),
        ("branches alone", f"{tests['branches']:.1%}"),
    ]
    for module, one in kept["mutants"].items():
        rows.append((f"mutants of `{module}` that the tests kill", f"{one['killed']} of {one['mutants']}"))
    return "\n".join(["| | |", "|---|---|", *(f"| {what} | {number} |" for what, number in rows)])


def main() -> None:
    """Measure, print, and keep where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_options(parser)
    parser.add_argument("--page", action="store_true", help="write the table of the decision from what is kept")
    parser.set_defaults(patience=0)
    chosen = parser.parse_args()
    there = {"sizes": True, "coverage": COVERED.exists(), "mutants": (ROOT / "mutants").is_dir()}
    parts = {"sizes": measured, "coverage": covered, "mutants": mutated}
    chosen.only = [part for part in chosen.only or parts if there[part]]
    measure.stored("house", parts, chosen)
    if chosen.page:
        text = PAGE.read_text("utf-8")
        PAGE.write_text(re.sub(r"\| \| \|\n(\|.*\n)+", table(json.loads(KEPT.read_text("utf-8"))) + "\n", text), "utf-8")
    if not chosen.json:
        for part in chosen.only:
            print(json.dumps({part: parts[part]()}, indent=1))


if __name__ == "__main__":
    main()
