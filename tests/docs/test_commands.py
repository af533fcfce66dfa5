"""Commands and options that the text names are those that there are."""

from __future__ import annotations

import re
import shlex

import pytest

from hypersearch.search.cli.main import cli
from tests.docs.pages import inline_code, name, pages

OF_RAY = {"--follow", "--no-wait", "--tmux"}


def options(command: str) -> set[str]:
    """The options of a command, its help and version among them."""
    found = [param for param in cli.commands[command].params if param.param_type_name == "option"]
    return {"--help", *(name for p in found for name in (*p.opts, *p.secondary_opts))}


EVERY = {"--version", *(option for command in cli.commands for option in options(command))}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_commands_in_the_text_exist(page):
    for text in inline_code(page):
        if not text.startswith("hypersearch "):
            continue
        command, *words = shlex.split(text)[1:]
        if command in ("COMMAND", "--help"):
            continue
        assert command in cli.commands, text
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= options(command), text


@pytest.mark.parametrize("page", pages(), ids=name)
def test_options_in_the_text_exist(page):
    named = {
        word for text in inline_code(page) for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)
    }
    assert named - OF_RAY <= EVERY
