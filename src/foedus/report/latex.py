"""Text for LaTeX and BibTeX: every letter from a file escaped."""

from __future__ import annotations

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_SIGNS = {"−": "$-$", "±": r"$\pm$", "∞": r"$\infty$", "≥": r"$\geq$", "≤": r"$\leq$", "→": r"$\to$", "×": r"$\times$",
          "<": "$<$", ">": "$>$", "|": r"\textbar{}", "–": "--"}  # fmt: skip


def escaped(text: str) -> str:
    """Text with the letters that LaTeX reads as commands written out."""
    return "".join(_SPECIAL.get(c, c) for c in text)


def typeset(text: str) -> str:
    """Escaped text with signs that not every font has as mathematics."""
    return "".join(_SIGNS.get(c) or _SPECIAL.get(c, c) for c in text)
