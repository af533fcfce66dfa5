"""The commands that show what studies hold; search/cli/main.py has the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hypersearch.search.cli.options import out_option

MOST = 8  # processes that draw a report: UMAP takes half a gigabyte in each


@click.command(short_help="Rank the trials of studies.")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option(
    "--format",
    "form",
    metavar="F",
    default="table",
    show_default=True,
    help="table, csv, md, latex, json or html.",
)
@click.option(
    "--sort", metavar="M", help="Rank by another column: val.nmi, test.accuracy, seconds …"
)
@click.option(
    "--best",
    is_flag=True,
    help="One row for each family, data set and objective, over all these studies.",
)
@out_option
def leaderboard(names: tuple[str, ...], form: str, sort: str | None, best: bool, out: Path) -> int:
    """Rank the trials of the named studies (default: of every study in the folder)."""
    from hypersearch.analysis.leaderboard.leaderboard import write

    write(out, names, form, sort, best)
    return 0


@click.command(short_help="Put searches side by side, each of several seeds.")
@click.argument("sides", nargs=-1, required=True, metavar="A B...")
@click.option(
    "--metric", metavar="M", help="Compare by this validation metric  [default: the objective]"
)
@click.option(
    "--target", type=float, metavar="T", help="To be reached  [default: the worst side's last best]"
)
@click.option(
    "--family", metavar="F", help="Of this family alone  [default: all that the studies share]"
)
@click.option(
    "--baselines/--no-baselines", default=False, show_default=True, help="Count the baselines too."
)
@click.option(
    "--format",
    "form",
    metavar="F",
    default="table",
    show_default=True,
    help="table, md, csv or json.",
)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw to a .png, .svg or .pdf too.",
)
@out_option
def compare(sides: tuple[str, ...], form: str, figure: Path | None, out: Path, **asked: Any) -> int:
    """Put two or more sides of searches side by side: the best so far, what a target took, who
    beats whom.

    A side is a study, or a pattern in quotes that stands for several: 'tpe-*', the same search with
    other seeds. What stopped and failed trials took counts, but only complete ones can be the best.
    csv: the curves.
    """
    from hypersearch.analysis.comparison.formats import present

    present(out, sides, form, figure, **asked)
    return 0


@click.command(short_help="Print the reports' tables, theirs beside ours.")
@click.argument("reports", nargs=-1, required=True, metavar="REPORT...")
@click.option(
    "--quick",
    is_flag=True,
    help="On 2,000 images and for 2 epochs: minutes; its figures reproduce nothing.",
)
@click.option(
    "--format", "form", metavar="F", default="table", show_default=True, help="table or md."
)
@click.option("--data-dir", metavar="DIR", help="Where to look for the data first.")
@click.option("--seed", metavar="S", help="Of the split and every trial  [default: 0]")
@click.option(
    "--storage", metavar="URL", help="Optuna storage  [default: sqlite:///OUT/hypersearch.db]"
)
@click.option("--concurrency", metavar="N", help="Trials at once  [default: as many as fit]")
@click.option("--cpus-per-trial", metavar="C", help="Cores, and threads, a trial  [default: 1]")
@click.option(
    "--gpus-per-trial", metavar="G", help="GPUs a trial; a fraction shares one  [default: 0]"
)
@out_option
def reproduce(reports: tuple[str, ...], quick: bool, form: str, **options: Any) -> int:
    """Print the tables of the reports R1 to R5 (all: of each), their figures beside ours and the
    best that was found.

    Ours are taken from any study in the folder that has been confirmed; what none has yet is run,
    for as long as in the report, and confirmed once: hours of two cores for all. After Ctrl-C the
    same command goes on.
    """
    from hypersearch.search.reproduce import reproduce as reports_again

    return reports_again.reproduce(reports, quick, form, options)


@click.command(short_help="Write studies as one HTML page.")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there  [default: OUT/NAME/report.html, of several studies OUT/report.html]",
)
@out_option
def report(names: tuple[str, ...], to: Path | None, out: Path) -> int:
    """Write the named studies (default: all in the folder) as one HTML page that needs nothing
    else.

    It holds tables, figures and the ends of tracebacks; no scripts, and nothing is fetched when it
    is read.
    """
    from hypersearch.analysis.report.page import write_report

    workers = min(os.cpu_count() or 1, MOST)
    with _bar() as drawn_of:
        path = write_report(
            out,
            names,
            to,
            say=lambda line: click.echo(line, err=True),
            workers=workers,
            drawn_of=drawn_of,
        )
    click.echo(f"report: {path}")
    return 0


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, if that is a terminal.

    It has no thread of its own, since the drawing forks.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    parts = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    shown = sys.stderr.isatty()
    with Progress(
        *parts, console=Console(stderr=True), transient=True, auto_refresh=False, disable=not shown
    ) as bar:
        task = bar.add_task("figures; t-SNE and UMAP take long the first time", total=None)
        bar.refresh()
        yield lambda count, of: bar.update(task, completed=count, total=of, refresh=True)


class _FigureCommand(click.Command):
    """A command whose help ends with the kinds of figures."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from hypersearch.analysis.figures.registry import FIGURES

        with formatter.section("Kinds"):
            formatter.write_dl([(kind.name, kind.title) for kind in FIGURES])


@click.command(cls=_FigureCommand, short_help="Draw one figure of a study.")
@click.argument("name")
@click.argument("kind")
@click.option(
    "--family", metavar="F", help="Of this search  [default: of each to which it applies]"
)
@click.option(
    "--format", "form", metavar="F", help="svg, png or pdf  [default: as FILE ends, else svg]"
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there; into a folder, one file a search  [default: OUT/NAME/figures]",
)
@out_option
def figure(name: str, kind: str, out: Path, **choices: Any) -> int:
    """Draw a figure for each search to which it applies, as FAMILY-KIND.svg."""
    from hypersearch.analysis.figures.draw import draw_figures

    for path in draw_figures(out, name, kind, **choices):
        click.echo(path)
    return 0
