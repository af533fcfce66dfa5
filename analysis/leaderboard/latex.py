"""A leaderboard for LaTeX: booktabs rules, and a longtable, so that any number of rows finds its
pages.
"""

from __future__ import annotations

from collections.abc import Iterable

from hypersearch.analysis.leaderboard.footnotes import joined
from hypersearch.analysis.leaderboard.table import LeaderboardTable

PARAMETERS = r">{\raggedright\arraybackslash}p{0.2\linewidth}"  # the last column breaks its lines
NEEDED = r"\usepackage{array, booktabs, longtable} \usepackage[T1]{fontenc}"
ESCAPES = str.maketrans(
    {
        **{each: rf"\{each}" for each in "&%$#_{}"},
        **{each: f"{{{each}}}" for each in "[]*"},  # after \\ they would be its arguments
        "\\": r"\textbackslash{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "–": "--",
        "±": r"\ensuremath{\pm}",
        "·": r"\ensuremath{\cdot}",
    }
)


def longtable(board: LeaderboardTable, parameters: bool = True) -> str:
    r"""The table with its caption, and the notes below; `parameters`: with the last column, else
    without.

    Needs `\usepackage{array, booktabs, longtable}` and `\usepackage[T1]{fontenc}`; for names in
    other scripts than Latin LuaLaTeX or XeLaTeX, without fontenc, and a font that has them.
    """
    letters = ["l" if left else "r" for left in board.left[:-1]]
    shown = slice(None if parameters else -1)
    head = [r"\toprule", _row(board.columns[shown]), r"\midrule"]
    lines = [
        f"% {NEEDED}",
        r"\begingroup\sloppy\scriptsize\setlength{\tabcolsep}{3pt}",
        rf"\begin{{longtable}}{{{''.join(letters)}{PARAMETERS * parameters}}}",
        rf"\caption{{{escaped(board.title)}}} \\",
        *head,
        r"\endfirsthead",
        *head,
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *(_row(row[shown]) for row in board.rows),
        r"\end{longtable}",
        *(rf"\par\noindent {escaped(joined(note))}\par" for note in board.notes),
        r"\endgroup",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""The text as LaTeX prints it: 50 % & up is 50 \% \& up."""
    return text.translate(ESCAPES)


def _row(cells: Iterable[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"
