"""The tables of the five reports, ours beside theirs: what is not there yet is run, confirmed once,
and then printed.

A report is one or two shipped study files. Whatever trial stands in any study of the folder with a
report's own configuration, on the same images with the same seed, for the same number of steps, and
is confirmed, is taken as it is. What is missing runs in a study that is called as its file (`r4`;
if that name is taken `r4-2`), which goes on where it was if it was cut short.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypersearch.analysis.reproduced.formats import to_markdown, to_text
from hypersearch.analysis.reproduced.reports import TABLES
from hypersearch.analysis.reproduced.tables import FilledTable, fill
from hypersearch.models.errors import WorkFailedError, unknown
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.display.terminal import muted, on_standard_error
from hypersearch.search.families import find as find_family
from hypersearch.search.reproduce.report_studies import (
    CONFIRMED,
    ReportStudy,
    missing,
    reduced,
    studies_of,
    unconfirmed,
    unfinished,
)
from hypersearch.search.storage.study import load_all

STUDIES: Mapping[str, tuple[str, ...]] = {
    "R1": ("r1",),
    "R2": ("r2",),
    "R3": ("r3",),
    "R4": ("r4", "r4-ae"),
    "R5": ("r5",),
}
"""By report the study files that make its tables."""

FORMATS = ("table", "md")


def reproduce(names: Sequence[str], quick: bool, form: str, options: Mapping[str, Any]) -> int:
    """Print the tables of the named reports ("all": of each); returns the exit code."""
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    reports = named_reports(names)
    parts = {
        name: [ReportStudy(file, quick, options) for file in STUDIES[name]] for name in reports
    }
    out = parts[reports[0]][0].config().out
    refuse_missing_data([part for of_report in parts.values() for part in of_report])
    with on_standard_error(), ExitStack() as stack:
        for each in (part for of_report in parts.values() for part in of_report):
            if not obtain(each, stack):
                say("interrupted; what has ended is kept, and the same command goes on")
                return 130
    filled = {name: tables(name, parts[name], out) for name in reports}
    sys.stdout.write(
        to_markdown(filled) if form == "md" else to_text(filled, shutil.get_terminal_size().columns)
    )
    lost = [
        name
        for name, each in parts.items()
        if any(missing(part, out) or unconfirmed(part, out) for part in each)
    ]
    if lost:
        raise WorkFailedError(
            f"of {', '.join(lost)} not all has been run; see the logs/ of the studies in {out}"
        )
    return 0


def named_reports(names: Sequence[str]) -> list[str]:
    """The reports that are meant, in their order; a `UserError` for one that there is not."""
    asked = [name.upper() for name in names]
    for name, shouted in zip(names, asked, strict=True):
        if shouted not in (*STUDIES, "ALL"):
            raise unknown("report", name, [*STUDIES, "all"])
    return [name for name in STUDIES if name in asked or "ALL" in asked]


def tables(report: str, parts: Sequence[ReportStudy], out: Path) -> list[FilledTable]:
    """The tables of a report, from the studies in `out`."""
    studies = load_all(out)
    wanted = [each for part in parts for each in studies_of(part.config())]
    return [
        fill(table, studies, wanted, lambda name: any(part.owns(name) for part in parts))
        for table in TABLES[report]
    ]


def obtain(part: ReportStudy, stack: ExitStack) -> bool:
    """See to it that all of the part is there and confirmed; False if it was interrupted.

    Ray, once it is needed, runs until `stack` ends.
    """
    config = part.config()
    for name in (*unfinished(part, config), None):
        if not missing(part, config.out):
            break
        if not run(part, config, name, stack):
            return False
    for name in unconfirmed(part, config.out):
        try:
            confirm(config, name, stack)
        except (
            WorkFailedError
        ) as error:  # the other parts are made, and the tables are printed with what there is
            say(f"{name}: {error}")
    return True


def refuse_missing_data(parts: Sequence[ReportStudy]) -> None:
    """Raise a `UserError` for data that a part needs and that are not there, before anything has
    run.
    """
    from hypersearch.search.planning.dataset import load_data

    configs = [part.config() for part in parts if missing(part, part.config().out)]
    for config in {(each.dataset, each.max_samples, each.seed): each for each in configs}.values():
        load_data(config, [find_family(each.family) for each in config.searches])


def run(part: ReportStudy, config: StudyConfig, name: str | None, stack: ExitStack) -> bool:
    """Go on with the study `name`, or (None) run what is missing in a new one; False if it was
    interrupted.
    """
    from hypersearch.search.engine.runner import resume_study, run_study

    if name:
        say(f"{part.name}: goes on in study {name}")
        start_ray(config, stack)
        return not resume_study(config.out, name, changes=_changes(part))[1]
    rest = reduced(part, config)
    say(
        f"{part.name}: {', '.join(search.family for search in rest.searches)} in a new study,"
        f" {rest.name}"
    )
    start_ray(config, stack)
    return not run_study(rest)[1]


def confirm(config: StudyConfig, name: str, stack: ExitStack) -> None:
    """Read the test images for a study; what was done of that when it was cut short stays."""
    from hypersearch.search.confirm.confirm import confirm_study
    from hypersearch.search.confirm.selection import Confirmation

    say(f"{name}: confirming")
    start_ray(config, stack)
    confirm_study(config.out, name, Confirmation(**CONFIRMED), force=True)


def start_ray(config: StudyConfig, stack: ExitStack) -> None:
    """Start Ray unless it runs: once for all studies."""
    from hypersearch.search.engine.cluster import check_reach, ray_running

    check_reach(config)
    with muted():  # Ray speaks of its own settings
        stack.enter_context(ray_running(config))


def say(line: str) -> None:
    """Tell the user what is done."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _changes(part: ReportStudy) -> dict[str, Any]:
    given = ("storage", "concurrency", "cpus_per_trial", "gpus_per_trial", "data_dir")
    return {key: part.options[key] for key in given if part.options.get(key) is not None}
