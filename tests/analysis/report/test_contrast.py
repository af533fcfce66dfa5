"""Colours of the page that can be read on what they stand on."""

from __future__ import annotations

import re
from importlib import resources

import pytest

PAIRS = (  # of colours that letters have and that they stand on
    *(
        ("text", "ground"),
        ("muted", "ground"),
        ("link", "ground"),
        ("text", "panel"),
        ("muted", "panel"),
    ),
    *(
        ("done", "ground"),
        ("stopped", "panel"),
        ("failed", "panel"),
        ("stopped", "ground"),
        ("failed", "ground"),
    ),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme):
    """WCAG 2.2, success criterion 1.4.3, level AA."""
    blocks = re.findall(r":root \{(.*?)\}", _styles(), re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#\w{6})", blocks[0] if scheme == "light" else blocks[1]))
    assert [
        (pair, round(ratio, 2))
        for pair in PAIRS
        if (ratio := _contrast(*(colours[c] for c in pair))) < 4.5
    ] == []


def _styles():
    return (resources.files("analysis") / "templates" / "report.css").read_text()


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
