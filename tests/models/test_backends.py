"""The networks' tests on Keras's other backends.

This process has TensorFlow, so each runs in one of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TESTS = [
    f"tests/models/test_{name}.py"
    for name in (
        "networks",
        "encoder_decoder",
        "training",
        "augmentation",
        "latent_space",
        "serialization",
    )
]
INSTALL = {"jax": "pip install -e .[jax]", "torch": "pip install -e .[gp]"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("backend", INSTALL)
def test_the_networks_pass_their_tests_on(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: {INSTALL[backend]}")
    chosen = [
        "tests/contracts/test_families.py",
        *TESTS,
        "-k",
        "cnn or autoencoder or vae or not test_families",
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout",
        "600",
        *chosen,
    ]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:]
