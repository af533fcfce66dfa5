"""Commands whose options fill a file of their own; search/cli.py has the others."""

from __future__ import annotations

from typing import Any

import click

from search.options import out_option


@click.command(short_help="Print the reports' tables, theirs beside ours.")
@click.argument("reports", nargs=-1, required=True, metavar="REPORT...")
@click.option("--quick", is_flag=True, help="On 2,000 images and for 2 epochs: minutes; its figures reproduce nothing.")
@click.option("--format", "form", metavar="F", default="table", show_default=True, help="table or md.")
@click.option("--data-dir", metavar="DIR", help="Where to look for the data first.")
@click.option("--seed", metavar="S", help="Of the split and every trial  [default: 0]")
@click.option("--storage", metavar="URL", help="Optuna storage  [default: sqlite:///OUT/hypersearch.db]")
@click.option("--concurrency", metavar="N", help="Trials at once  [default: as many as fit]")
@click.option("--cpus-per-trial", metavar="C", help="Cores, and threads, a trial  [default: 1]")
@click.option("--gpus-per-trial", metavar="G", help="GPUs a trial; a fraction shares one  [default: 0]")
@out_option
def reproduce(reports: tuple[str, ...], quick: bool, form: str, **options: Any) -> int:
    """Print the tables of the reports R1 to R5 (all: of each), their figures beside ours and the best that was found.

    Ours are taken from any study in the folder that has been confirmed; what none has yet is run, for as long as in the
    report, and confirmed once: hours of two cores for all. After Ctrl-C the same command goes on.
    """
    from search import reproduce as reports_again

    return reports_again.reproduce(reports, quick, form, options)
