"""`hypersearch reproduce`: the tables of the five reports, with the scores measured here.

A report is one or two shipped study files. A confirmed trial of any study in the folder counts if
it has the report's configuration, images, seed and number of steps. What is missing runs in a
study named after its file (`r4`; if that name is taken `r4-2`). A study that was cut short goes on.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
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
    targets_of,
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
    studies = {
        name: [ReportStudy(file, quick, options) for file in STUDIES[name]] for name in reports
    }
    all_studies = list(chain.from_iterable(studies.values()))
    out = all_studies[0].config().out
    refuse_missing_data(all_studies)
    with on_standard_error(), ExitStack() as stack:
        for each in all_studies:
            if not obtain(each, stack):
                say("interrupted; what has ended is kept, and the same command goes on")
                return 130
    filled = {name: tables(name, studies[name], out) for name in reports}
    if form == "md":
        sys.stdout.write(to_markdown(filled))
    else:
        sys.stdout.write(to_text(filled, shutil.get_terminal_size().columns))
    _refuse_incomplete(studies, out)
    return 0


def _refuse_incomplete(studies: Mapping[str, Sequence[ReportStudy]], out: Path) -> None:
    """Raise a `WorkFailedError` if a trial of a report is missing or not confirmed."""
    incomplete = [
        name
        for name, of_report in studies.items()
        if any(missing(each, out) or unconfirmed(each, out) for each in of_report)
    ]
    if incomplete:
        words = f"of {', '.join(incomplete)} not all has been run"
        raise WorkFailedError(f"{words}; see the logs/ of the studies in {out}")


def named_reports(names: Sequence[str]) -> list[str]:
    """The reports named, in their order; a `UserError` for a name that is unknown."""
    asked = [name.upper() for name in names]
    for name, shouted in zip(names, asked, strict=True):
        if shouted not in (*STUDIES, "ALL"):
            raise unknown("report", name, [*STUDIES, "all"])
    return [name for name in STUDIES if name in asked or "ALL" in asked]


def tables(report: str, report_studies: Sequence[ReportStudy], out: Path) -> list[FilledTable]:
    """The tables of a report, from the studies in `out`."""
    studies = load_all(out)
    targets = list(
        chain.from_iterable(targets_of(report_study.config()) for report_study in report_studies)
    )

    def is_own(name: str) -> bool:
        return any(each.owns(name) for each in report_studies)

    return [fill(table, studies, targets, is_own) for table in TABLES[report]]


def obtain(report_study: ReportStudy, stack: ExitStack) -> bool:
    """Run and confirm what is missing of a study; False if it was interrupted.

    Ray, once it is needed, runs until `stack` ends.
    """
    config = report_study.config()
    for name in (*unfinished(report_study, config), None):
        if not missing(report_study, config.out):
            break
        if not run(report_study, config, name, stack):
            return False
    for name in unconfirmed(report_study, config.out):
        try:
            confirm(config, name, stack)
        except WorkFailedError as error:
            # the tables are printed with the studies that succeed
            say(f"{name}: {error}")
    return True


def refuse_missing_data(report_studies: Sequence[ReportStudy]) -> None:
    """Raise a `UserError` for data that are needed and not there, before anything runs."""
    from hypersearch.search.planning.dataset import load_data

    configs = [
        report_study.config()
        for report_study in report_studies
        if missing(report_study, report_study.config().out)
    ]
    for config in {(each.dataset, each.max_samples, each.seed): each for each in configs}.values():
        load_data(config, [find_family(each.family) for each in config.searches])


def run(report_study: ReportStudy, config: StudyConfig, name: str | None, stack: ExitStack) -> bool:
    """Resume the study `name`, or run what is missing in a new one; False if interrupted."""
    from hypersearch.search.engine.runner import resume_study, run_study

    if name:
        say(f"{report_study.name}: goes on in study {name}")
        start_ray(config, stack)
        return not resume_study(config.out, name, changes=_changes(report_study))[1]
    rest = reduced(report_study, config)
    families = ", ".join(search.family for search in rest.searches)
    say(f"{report_study.name}: {families} in a new study, {rest.name}")
    start_ray(config, stack)
    return not run_study(rest)[1]


def confirm(config: StudyConfig, name: str, stack: ExitStack) -> None:
    """Confirm a study on the test images. A confirmation that was cut short goes on."""
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


def _changes(report_study: ReportStudy) -> dict[str, Any]:
    given = ("storage", "concurrency", "cpus_per_trial", "gpus_per_trial", "data_dir")
    return {
        key: report_study.options[key] for key in given if report_study.options.get(key) is not None
    }
