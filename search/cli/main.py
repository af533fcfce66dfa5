"""The command line.

Exit codes: 0 done, 1 the work failed, 2 the user's input is wrong, 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hypersearch.models.errors import UserError, WorkFailedError
from hypersearch.search.cli.options import (
    Count,
    OneLineGroup,
    again_options,
    click_words,
    data_dir_option,
    out_option,
    setting_options,
)
from hypersearch.search.cli.study_commands import compare, figure, leaderboard, report, reproduce

if TYPE_CHECKING:
    from hypersearch.search.storage.record import Record


CSV = "Write there  [default: print]"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    before = sys.stdout
    try:
        result = cli.main(arguments, prog_name="hypersearch", standalone_mode=False)
        return int(result or 0)
    except UserError as error:
        return _complain(str(error))
    except WorkFailedError as error:
        _complain(str(error))
        return 1
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        return _complain(click_words(error))
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone (`| head`); Python would complain at exit
        return 0
    except SystemExit:
        if sys.stdout is before:
            raise
        return 0  # click saw that the reader has gone, and put a mute standard output in place


def _complain(message: str) -> int:
    click.echo("error: " + " ".join(message.split()), err=True)
    return 2


@click.group(
    cls=OneLineGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="hypersearch")
def cli() -> None:
    """Search hyperparameters of networks, forests and clusterings of images, and rank trials."""


@cli.command(short_help="Search families, study files, or families of your own.")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@setting_options
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print the plan; try a step of each family for its cost; make no study.",
)
def run(targets: tuple[str, ...], dry_run: bool, **options: Any) -> int:
    """Search one or more families, study files (.toml), or your own families
    (package.module:FAMILY).

    Features are steps joined by commas: raw (pixels), pca:N, umap:N, tsne:2, standard (columns of
    mean 0 and deviation 1), and first of all the code of a network, autoencoder, vae, cnn or
    cnn@LAYER: of the best one in this study, which is searched first, or of another study's with
    :STUDY (autoencoder:first,umap:10).
    """
    from hypersearch.search.planning.name_checks import configured

    config = configured(targets, options)  # what is wrong is told before Ray and data are loaded
    if dry_run:
        from hypersearch.search.diagnostics.dry_run import show_plan

        return show_plan(config)
    from hypersearch.search.engine.runner import run_study

    return _report(*run_study(config))


@cli.command(short_help="Go on with a study that was cut short.")
@click.argument("name")
@again_options
@out_option
def resume(name: str, out: Path, **changes: Any) -> int:
    """Go on with a study that was killed, interrupted or out of time.

    Finished trials are kept as they are.
    Settings given here replace the study's own; the defaults do not. Trials that no longer fit
    --set or --space stay, and teach the sampler no more.
    """
    return _go_on(out, name, 0, changes)


@cli.command(short_help="Add trials to a study.")
@click.argument("name")
@click.option("--trials", type=Count(), required=True, metavar="N", help="Trials to add, a family.")
@again_options
@out_option
def extend(name: str, trials: int, out: Path, **changes: Any) -> int:
    """Add trials to a study; the sampler knows all that came before.

    Settings given here replace the study's own, the defaults do not, as with resume.
    """
    return _go_on(out, name, trials, changes)


def _go_on(out: Path, name: str, more: int, changes: dict[str, Any]) -> int:
    from hypersearch.search.storage.study import folders

    folders(out, [name])  # a wrong name is refused before Ray is loaded
    from hypersearch.search.engine.runner import resume_study

    return _report(*resume_study(out, name, more, changes))


def _report(record: Record, interrupted: bool) -> int:
    """Show what a study found; returns the exit code."""
    from hypersearch.analysis.leaderboard.terminal import show

    show(record.folder.parent, [record.name])
    click.echo(f"study: {record.folder}")
    if interrupted:
        click.echo(
            f"interrupted; what has ended is kept, and {record.resume_command} goes on", err=True
        )
        return 130
    record.check_outcome()
    return 0


@cli.command(short_help="Check all that a study needs.")
@click.argument("targets", nargs=-1, metavar="[FAMILY...]")
@click.option(
    "--storage", metavar="URL", help="Optuna storage  [default: sqlite:///OUT/hypersearch.db]"
)
@data_dir_option
@click.option(
    "--dataset", metavar="D", default="digits", show_default=True, help="Try them on these images."
)
@click.option(
    "--trials/--no-trials",
    default=True,
    show_default=True,
    help="Try a step of each family (all, if none).",
)
@click.option("--verbose", is_flag=True, help="Show whole tracebacks.")
@out_option
def doctor(**options: Any) -> int:
    """Say whether all is there that a study needs; exit code 1 if something is amiss."""
    from hypersearch.search.diagnostics.doctor import examine

    return examine(**options)


@cli.command(short_help="Train the winners anew and read the test images.")
@click.argument("name")
@click.option(
    "--top", type=Count(), default=1, show_default=True, help="Confirm the best K trials a family."
)
@click.option(
    "--seeds", type=Count(), default=1, show_default=True, help="Train each anew with K seeds."
)
@click.option(
    "--baselines/--no-baselines", default=True, show_default=True, help="Confirm the baselines too."
)
@click.option(
    "--fit-on",
    type=click.Choice(["train+validation", "train"]),
    default="train+validation",
    show_default=True,
    help="Train on these images; published baselines on what they say themselves.",
)
@click.option(
    "--force", is_flag=True, help="Even if the test images have been read for this study already."
)
@out_option
def confirm(name: str, out: Path, force: bool, **choices: Any) -> int:
    """Train the winner of each search anew and read the test images, once.

    Of a clustering those that are chosen by labels and without.
    """
    from hypersearch.search.confirm.confirm import confirm_study
    from hypersearch.search.confirm.selection import Confirmation

    confirm_study(out, name, Confirmation(**choices), force)
    from hypersearch.analysis.leaderboard.terminal import show

    show(out, [name])
    return 0


@cli.command(short_help="Write the best models to a folder.")
@click.argument("name")
@click.argument("to", type=click.Path(path_type=Path), metavar="DIR")
@out_option
def export(name: str, to: Path, out: Path) -> int:
    """Write the best model of each search, with its configuration and figures, to a folder in
    DIR.
    """
    from hypersearch.search.export.export import export_study

    for folder in export_study(out, name, to):
        click.echo(folder)
    return 0


@cli.command(short_help="Remove what a study no longer needs, or all of it.")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option(
    "--all",
    "whole",
    is_flag=True,
    help="Remove the studies themselves: folder, and trials in the storage.",
)
@click.option(
    "--features",
    is_flag=True,
    help="Remove the features that are kept in the user's cache, of all studies.",
)
@click.option("--storage", metavar="URL", help="Optuna storage  [default: the study's own]")
@out_option
def clean(
    names: tuple[str, ...], whole: bool, features: bool, storage: str | None, out: Path
) -> int:
    """Remove the checkpoints of studies and Ray's logs; figures, tables, confirmed models and
    features stay.

    Such a study can be looked at, confirmed, resumed and extended. But trials that had not ended
    begin anew, confirm --fit-on train trains the winner again, and a model that was not confirmed
    can no longer be exported, nor can another study take its codes. A network that another search
    of the study has yet to take stays.

    --all takes trials out of the storage only where they are surely this study's: its folder still
    has its name, and lies where it was run or beside its SQLite file.
    """
    from hypersearch.search.clean import clean as remove

    for line in remove(out, names, whole, features, storage):
        click.echo(line)
    return 0


@cli.command(short_help="Apply an exported model to images.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", metavar="INPUT")
@data_dir_option
@click.option(
    "--csv", "to", type=click.File("w", lazy=False), default="-", metavar="FILE", help=CSV
)
def predict(model: Path, images: str, data_dir: Path | None, to: Any) -> int:
    """Apply MODEL to image files, a folder of them, or a data set's test images: a CSV row each."""
    from hypersearch.search.export.predict import predict as apply

    count, speed = apply(model, images, data_dir, to)
    click.echo(f"{count:,} images, {speed:,.0f} a second", err=True)
    return 0


@cli.command(name="list", short_help="Name the families, metrics, data sets or studies.")
@click.argument("what", metavar="families|metrics|datasets|studies")
@click.argument("name", required=False, metavar="[FAMILY]")
@out_option
def list_command(what: str, name: str | None, out: Path) -> int:
    """List families, metrics, data sets or studies, or the space of one: list families cnn."""
    from hypersearch.search.cli.listing import listing

    click.echo(listing(what, name, out))
    return 0


for command in (leaderboard, compare, reproduce, report, figure):
    cli.add_command(command)


if __name__ == "__main__":
    sys.exit(main())
