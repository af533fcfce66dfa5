"""What the commands have in common: their group, the options that several of them take, click's errors in our words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from models.errors import UserError, nearest

BY_NAME = ("resume", "extend", "confirm", "export", "figure")  # commands that begin with a study's name


class OneLineGroup(click.Group):
    """A group that suggests the nearest command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, with the allowed names in the error."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            names = self.list_commands(ctx)
            raise UserError(f"unknown command {args[0]!r}, allowed: {', '.join(names)}{nearest(args[0], names)}")
        return super().resolve_command(ctx, args)


def click_words(error: click.ClickException) -> str:
    """What the user is told of an error of click's."""
    if isinstance(error, click.NoSuchOption) and error.ctx:
        allowed = [name for param in error.ctx.command.params for name in param.opts if name.startswith("--")]
        return f"unknown option {error.option_name!r}{nearest(error.option_name, allowed)}; see --help"
    if isinstance(error, click.MissingParameter) and error.ctx:
        study = error.ctx.command.name in BY_NAME and "name" in (error.param.name if error.param else "")
        lists = "; hypersearch list studies names those that there are" * study
        return f"{error.format_message().rstrip('.')} of hypersearch {error.ctx.command.name}{lists}; see --help"
    if isinstance(error, click.BadParameter) and error.param:
        return f"{_told(error.param)}: {error.message.rstrip('.')}"
    return error.format_message()


def _told(param: click.Parameter) -> str:
    """`--seeds`, or of an argument what `--help` calls it."""
    return param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.Context(click.Command("it")))


class Count(click.ParamType[int]):
    """A whole number, 1 or more."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; as the other settings say it if it is none."""
        if isinstance(value, int):
            return value
        if not value.isascii() or not value.isdigit() or int(value) < 1:
            self.fail(f"got {value!r}, expected a whole number, 1 or more")
        return int(value)


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [value.partition("=") for value in values]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise UserError(f"{param.opts[0]}: expected NAME=VALUE, got {name + equals + value!r}")
    return {name: value for name, _, value in pairs} or None


def _joined(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> str | None:
    return ",".join(values) or None


out_option = click.option(
    "--out", type=click.Path(path_type=Path), default="runs", show_default=True, help="Folder of the studies."
)

AGAIN = [
    click.option("--time-budget", metavar="T", help="Stop after T (90s, 10m, 1h30m), shared among the families."),
    click.option("--trial-time-limit", metavar="T", help="A trial that takes longer has failed."),
    click.option("--checkpoint-every", metavar="T", help="Save running trials at rungs, and after T  [default: 60s]"),
    click.option("--keep-models", metavar="K", help="Models of finished trials to keep, a family  [default: 1]"),
    click.option("--storage", metavar="URL", help="Optuna storage  [default: sqlite:///OUT/hypersearch.db]"),
    click.option("--set", multiple=True, callback=_pairs, metavar="P=V", help="Fix a parameter: --set depth=3"),
    click.option("--space", multiple=True, callback=_pairs, metavar="P=R", help="Search a range: --space depth=2..4"),
    click.option("--cpus-per-trial", metavar="C", help="Cores, and threads, a trial  [default: 1]"),
    click.option("--gpus-per-trial", metavar="G", help="GPUs a trial; a fraction shares one  [default: 0]"),
    click.option("--concurrency", metavar="N", help="Trials at once  [default: as many as fit]"),
    click.option(
        "--track", multiple=True, callback=_joined, metavar="T", help="Also tell tensorboard, mlflow or wandb."
    ),
    click.option("--address", metavar="A", help="Ray cluster: auto or HOST:PORT  [default: this machine]"),
]


def again_options(command: Any) -> Any:
    """The options of `run` that may be given anew when a study goes on."""
    for option in reversed(AGAIN):
        command = option(command)
    return command
