"""From studies to one HTML page: the records of analysis/report/sections.py in
analysis/templates/report.html.j2.

The page is safe with anything in it: every value is escaped, figures are images, and its policy
forbids scripts and the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from hypersearch.analysis.report.images import pictures, uncounted
from hypersearch.analysis.report.sections import study_part
from hypersearch.analysis.templating import environment
from hypersearch.models.api import no_op
from hypersearch.models.errors import UserError
from hypersearch.models.files import write_beside
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study, load_all


def write_report(
    out: Path,
    names: Sequence[str],
    to: Path | None = None,
    say: Callable[[str], None] = no_op,
    strict: bool = False,
    workers: int = 1,
    drawn_of: Callable[[int, int], None] = uncounted,
) -> Path:
    """Write the report of the named studies in `out` (none: all) to a file, and return where it is.

    `to`: where; by default in the folder of a single study, and of several in `out`. `say` is told
    in a line of each figure that could not be made; `strict` lets its error through. So many
    `workers`, processes, draw, on Linux; `drawn_of` is told how many figures have been tried, of
    how many. A `UserError` where there is no study, one is not there, or the file cannot be
    written.
    """
    studies = load_all(out, names)
    if not studies:
        raise UserError(f"no studies in {out} yet; `hypersearch run quick` makes one")
    to = to or (studies[0].folder if len(studies) == 1 else out) / "report.html"
    _put(to, page(studies, say, strict, workers, drawn_of))
    return to


def page(
    studies: Sequence[Study],
    say: Callable[[str], None] = no_op,
    strict: bool = False,
    workers: int = 1,
    drawn_of: Callable[[int, int], None] = uncounted,
) -> str:
    """The report of `studies` as HTML; the others as in `write_report`."""
    drawn = pictures(studies, say, strict, workers, drawn_of)
    parts = [
        study_part(study, f"study-{number + 1}", drawn[number])
        for number, study in enumerate(studies)
    ]
    several = len(parts) != 1
    title = counted(len(parts), "studies") if several else parts[0].name
    template = environment().get_template("report.html.j2")
    html = template.render(
        studies=parts, several=several, title=title, version=metadata.version("hypersearch")
    )
    return html.lstrip() + "\n"


def _put(to: Path, text: str) -> None:
    """Write the file whole or not at all."""
    try:
        with write_beside(to) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {to}: {error.strerror or error}") from error
