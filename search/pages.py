"""The commands that make something to look at: `report`, a page, and `figure`, one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from search.options import out_option


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
    """Write the named studies (default: all in the folder) as one HTML page that needs nothing else.

    It holds tables, figures and the ends of tracebacks; no scripts, and nothing is fetched when it is read.
    """
    from analysis.report import write_report

    click.echo(f"report: {write_report(out, names, to, say=lambda line: click.echo(line, err=True))}")
    return 0


@click.command(short_help="Draw one figure of a study.")
@click.argument("name")
@click.argument("kind")
@click.option("--family", metavar="F", help="Of this search  [default: of each to which it applies]")
@click.option("--format", "form", metavar="F", help="svg, png or pdf  [default: as FILE ends, else svg]")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there; into a folder, one file a search  [default: OUT/NAME/figures]",
)
@out_option
def figure(name: str, kind: str, out: Path, **choices: Any) -> int:
    """Draw a figure for each search to which it applies, as FAMILY-KIND.svg; a wrong KIND lists those there are."""
    from analysis.drawing import draw

    for path in draw(out, name, kind, **choices):
        click.echo(path)
    return 0
