"""A table for LaTeX: tabular with the rules of the booktabs package."""

from __future__ import annotations

from foedus.report.latex import typeset
from foedus.report.tables.table import Column, Table, words
from foedus.report.text import clean

PROSE = r"p{0.4\linewidth}"


def to_latex(table: Table) -> str:
    """A tabular, to be taken in by the command `input`; it needs the package booktabs."""
    head = " & ".join(typeset(clean(column.heading)) for column in table.columns)
    body = [
        " & ".join(_cell(words(cell, column.form)) for cell, column in zip(row, table.columns, strict=True)) + r" \\"
        for row in table.rows
    ]
    lines = [
        f"% {clean(table.title)}",
        rf"\begin{{tabular}}{{{''.join(map(_align, table.columns))}}}",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    # a bracket at the start of a row would be read as an option of the line break before it
    return f"{{{typeset(text)}}}" if text.startswith(("[", "*")) else typeset(text)


def _align(column: Column) -> str:
    return PROSE if column.form == "prose" else "r" if column.right else "l"
