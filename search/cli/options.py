"""What the commands share: their group, common options, and the wording of click's errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from hypersearch.models.errors import UserError, nearest
from hypersearch.search.config.settings import RENAMED, SearchConfig, StudyConfig

# commands whose first argument is the name of a study
BY_NAME = ("resume", "extend", "confirm", "export", "figure")


class OneLineGroup(click.Group):
    """A group that suggests the nearest command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, with the allowed names in the error."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            names = self.list_commands(ctx)
            raise UserError(
                f"unknown command {args[0]!r}, allowed: {', '.join(names)}{nearest(args[0], names)}"
            )
        return super().resolve_command(ctx, args)


def click_words(error: click.ClickException) -> str:
    """What the user is told of an error of click's."""
    if isinstance(error, click.NoSuchOption) and error.ctx:
        allowed = [
            name
            for param in error.ctx.command.params
            for name in param.opts
            if name.startswith("--")
        ]
        return (
            f"unknown option {error.option_name!r}{nearest(error.option_name, allowed)}; see --help"
        )
    if isinstance(error, click.MissingParameter) and error.ctx:
        command, parameter = error.ctx.command.name, error.param.name if error.param else ""
        words = f"{error.format_message().rstrip('.')} of hypersearch {command}"
        if command in BY_NAME and "name" in (parameter or ""):
            words += "; hypersearch list studies names those that there are"
        return f"{words}; see --help"
    if isinstance(error, click.BadParameter) and error.param:
        return f"{_spelled(error.param)}: {error.message.rstrip('.')}"
    return error.format_message()


def _spelled(param: click.Parameter) -> str:
    """`--seeds`, or of an argument what `--help` calls it."""
    return (
        param.opts[0]
        if isinstance(param, click.Option)
        else param.make_metavar(click.Context(click.Command("it")))
    )


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


def _pairs(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, str] | None:
    pairs = [value.partition("=") for value in values]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise UserError(f"{param.opts[0]}: expected NAME=VALUE, got {name + equals + value!r}")
    return {name: value for name, _, value in pairs} or None


def _joined(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> str | None:
    return ",".join(values) or None


out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="runs",
    show_default=True,
    help="Folder of the studies.",
)
data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to look for named data first.",
)


def setting_options(command: Any) -> Any:
    """Give a command every setting of a study and its searches as an option."""
    study, search, again = _named(StudyConfig, False), _named(SearchConfig, False), _again()
    return _given(command, [*study, *search, *again])


def again_options(command: Any) -> Any:
    """Give a command the options of `run` that may be given anew when a study goes on."""
    return _given(command, _again())


def _given(command: Any, fields: Sequence[tuple[str, FieldInfo]]) -> Any:
    for name, field in reversed(fields):
        command = _option(name, field)(command)
    return command


def _again() -> list[tuple[str, FieldInfo]]:
    return [*_named(StudyConfig, True), *_named(SearchConfig, True)]


def _named(config: type[BaseModel], again: bool) -> list[tuple[str, FieldInfo]]:
    """The settings of a configuration that are options, by name."""
    found = ((name, field) for name, field in config.model_fields.items() if field.description)
    return [(name, field) for name, field in found if _extra(field)["again"] == again]


def _extra(field: FieldInfo) -> dict[str, Any]:
    return dict(field.json_schema_extra) if isinstance(field.json_schema_extra, dict) else {}


def _option(name: str, field: FieldInfo) -> Callable[[Any], Any]:
    """The option of one setting. Its text is checked with the whole configuration, not by click."""
    spelled = [_spelling(each) for each in (name, *RENAMED.get(name, ()))]
    words = _help(field)
    if field.annotation is bool:
        return click.option(f"{spelled[0]}/--no-{spelled[0][2:]}", default=None, help=words)
    how = REPEATED.get(name, {})
    return click.option(*spelled, name, metavar=_extra(field)["metavar"], help=words, **how)


def _spelling(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _help(field: FieldInfo) -> str:
    default = _extra(field)["shown"] or field.default
    if default in (None, (), {}, PydanticUndefined):
        return str(field.description)
    return f"{field.description}  [default: {default}]"


REPEATED: dict[str, dict[str, Any]] = {
    "set": {"multiple": True, "callback": _pairs},
    "space": {"multiple": True, "callback": _pairs},
    "track": {"multiple": True, "callback": _joined},
}
"""Settings whose option may be given several times."""
