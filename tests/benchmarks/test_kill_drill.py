"""The kill drill, in short: see benchmarks/kill_drill.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DRILL = Path(__file__).parent.parent.parent / "benchmarks" / "kill_drill.py"


@pytest.mark.parametrize(
    "words",
    [
        ["driver", "toy", "--kills", "3", "--trials", "12", "--reference"],
        ["driver", "cnn", "--kills", "2", "--trials", "6"],
        ["worker", "toy", "--kills", "3", "--trials", "30"],
    ],
    ids=" ".join,
)
def test_nothing_is_lost_to_a_kill(words):
    ended = subprocess.run(
        [sys.executable, str(DRILL), *words], capture_output=True, text=True, timeout=550
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.endswith("all is well\n")
