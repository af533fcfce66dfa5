"""Figures as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hypersearch.analysis.figures import draw, style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.models.errors import UserError
from tests.analysis.studies import CNN, Made, make

SIGNATURES = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


def _draw(record):
    figure = style.figure(3.0, 2.0)
    figure.subplots().plot([0, 1], [0, record])
    return figure


DOTS = FigureKind(
    "dots",
    "Dots",
    lambda study, family: None if family == "vae" else 1,
    _draw,
    lambda record: "dots",
)


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setattr(draw, "KINDS", {"dots": DOTS})
    searches = tuple({**CNN, "family": name} for name in ("cnn", "vae", "my.own:KNN"))
    make(tmp_path, [Made(0)], searches=searches)
    return tmp_path


@pytest.mark.parametrize("form", SIGNATURES)
def test_each_family_to_which_it_applies(out, form):
    files = list(draw.draw_figures(out, "demo", "dots", form=form))
    assert files == [
        out / "demo" / "figures" / f"{name}-dots.{form}" for name in ("cnn", "my.own-KNN")
    ]
    assert all(path.read_bytes().startswith(SIGNATURES[form]) for path in files)


def test_one_family_in_another_folder(out):
    assert list(draw.draw_figures(out, "demo", "dots", "cnn", to=out / "a" / "b")) == [
        out / "a" / "b" / "cnn-dots.svg"
    ]


@pytest.mark.parametrize("form", SIGNATURES)
def test_a_file_says_its_format(out, form):
    path = out / "there" / f"one.{form.upper()}"
    assert list(draw.draw_figures(out, "demo", "dots", "cnn", to=path)) == [path]
    assert path.read_bytes().startswith(SIGNATURES[form])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"name": "demi"}, "^unknown study 'demi' in .*; did you mean 'demo'"),
        ({"kind": "dot"}, "^unknown kind of figure 'dot', allowed: dots; did you mean 'dots'"),
        ({"form": "svgz"}, "^unknown format 'svgz', allowed: png, svg, pdf; did you mean 'svg'"),
        (
            {"family": "cn"},
            (
                "^unknown family of study 'demo' 'cn', allowed: cnn, vae, my.own:KNN; did you mean"
                " 'cnn'"
            ),
        ),
        ({"family": "vae"}, "^study 'demo' has nothing to show as dots for vae$"),
        (
            {"to": Path("a.pnf")},
            "^a.pnf: unknown suffix '.pnf', allowed: .png, .svg, .pdf; did you mean '",
        ),
        (
            {"to": Path("a.png"), "form": "svg"},
            "^--format svg and a file that ends in .png contradict each other$",
        ),
        (
            {"to": Path("a.png")},
            "^a.png is one file, but dots applies to cnn, my.own:KNN; say which by --family$",
        ),
    ],
)
def test_what_is_refused(out, asked, words):
    with pytest.raises(UserError, match=words):
        list(draw.draw_figures(out, **{"name": "demo", "kind": "dots", **asked}))


def test_a_folder_that_cannot_be_written(out):
    (out / "file").write_text("")
    with pytest.raises(UserError, match="^cannot write .*cnn-dots.svg: "):
        list(draw.draw_figures(out, "demo", "dots", to=out / "file"))
