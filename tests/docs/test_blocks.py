"""Every block of shell and Python in README and docs runs, page by page, in an empty folder.

The commands of a page build on each other. Those of `hypersearch` run with fewer trials, images and
steps than they say, one trial at a time. A block with a title is a file.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hypersearch.search.cli.main import main
from tests.docs.pages import Block, blocks, name, pages

LANGUAGES = {"bash", "python", "toml", "text"}
MOST = {"--trials": 2, "--seeds": 2, "--max-samples": 200, "--max-resource": 9}
ONE_AT_A_TIME = ("run", "resume", "extend")
APART = ("report",)  # a process of its own, as a user has it, draws with all cores

NOT_RUN = {
    "needs a Ray cluster": 5,
    "installs packages": 2,
    "needs PostgreSQL": 1,
    "serves until it is stopped": 1,
    "needs the full Fashion-MNIST and hours": 1,
}
"""How many blocks are not run, by reason."""


def runnable(page: Path, slow: bool) -> list[Block]:
    """The blocks of a page that are written or run, with those that take long or without."""
    skipped = {"not run"} if slow else {"not run", "slow"}
    return [block for block in blocks(page) if block.mark not in skipped]


def cases() -> Iterator[object]:
    """Each page without its slow blocks, and as a slow test with them."""
    for page in pages():
        if any(block.language in ("bash", "python") for block in runnable(page, slow=False)):
            yield pytest.param(page, False, id=name(page))
        if any(block.mark == "slow" for block in blocks(page)):
            yield pytest.param(page, True, id=f"{name(page)}-slow", marks=pytest.mark.slow)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("page", "slow"), list(cases()))
def test_the_blocks_of_a_page_run(page, slow, here, ray_session, capfd):
    namespace = {"__name__": "__main__"}
    for block in runnable(page, slow):
        if block.title:
            (here / block.title).write_text(block.code, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.code, block.place, "exec"), namespace)
        elif block.language == "bash":
            for line in commands(block):
                run(line, block, capfd)


def commands(block: Block) -> list[str]:
    """The commands of a block, each in one line, without comments."""
    joined = block.code.replace("\\\n", " ").splitlines()
    return [line for line in joined if shlex.split(line, comments=True)]


def run(line: str, block: Block, capfd) -> None:
    """Run a command; most of hypersearch in this process, which Ray has been started in."""
    words = shlex.split(line, comments=True)
    if words[0] == "hypersearch" and words[1] not in APART:
        code = main(fewer(words[1:]))
    else:
        code = subprocess.run(["bash", "-ec", line], env=environment(), timeout=300).returncode
    shown = capfd.readouterr()
    assert code == 0, f"{block.place}: {line}\n{shown.out[-2000:]}\n{shown.err[-2000:]}"


def fewer(words: list[str]) -> list[str]:
    """The same command with fewer trials, seeds, images and steps, and one trial at a time."""
    short = [
        str(min(int(word), MOST[before])) if before in MOST and word.isdigit() else word
        for before, word in zip(["", *words], words, strict=False)
    ]
    return [*short, *added(words)]


def added(words: list[str]) -> list[str]:
    """The options that a command gets where it does not give them."""
    command = words[0]
    options = [
        (["--trials", "2"], command == "run"),
        (["--max-samples", "200"], command == "run" and "--dataset" in words),
        (["--max-resource", "9"], command == "run" and "random_forest" in words),
        (["--no-baselines"], command == "confirm"),
        (["--concurrency", "1"], command in ONE_AT_A_TIME),
    ]
    return [
        word for option, applies in options if applies and option[0] not in words for word in option
    ]


def environment() -> dict[str, str]:
    """Variables with which `hypersearch` and `python` are those of this test."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path}


def test_every_block_has_a_language():
    odd = [b.place for page in pages() for b in blocks(page) if b.language not in LANGUAGES]
    assert not odd


def test_few_blocks_are_not_run_and_each_says_why():
    reasons = [b.reason for page in pages() for b in blocks(page) if b.mark == "not run"]
    assert Counter(reasons) == NOT_RUN


def test_slow_blocks_say_why():
    marked = [b for page in pages() for b in blocks(page) if b.mark == "slow"]
    assert marked
    assert all(len(block.reason) > 10 for block in marked)


def test_each_comment_stands_before_a_block():
    for page in pages():
        text = page.read_text(encoding="utf-8")
        comments = text.count("<!-- not run") + text.count("<!-- slow")
        assert comments == sum(bool(block.mark) for block in blocks(page)), name(page)


def test_less_is_run_than_a_page_says():
    asked = shlex.split("run toy --trials 20 --seed 5")
    assert fewer(asked) == shlex.split("run toy --trials 2 --seed 5 --concurrency 1")
    assert fewer(["run", "toy"]) == shlex.split("run toy --trials 2 --concurrency 1")
    asked = shlex.split("confirm toy --seeds 3")
    assert fewer(asked) == shlex.split("confirm toy --seeds 2 --no-baselines")
    asked = shlex.split("run random_forest --dataset digits --trials 1")
    more = shlex.split("--max-samples 200 --max-resource 9 --concurrency 1")
    assert fewer(asked) == [*asked, *more]
