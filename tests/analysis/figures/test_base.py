"""Every kind: drawn small, large and hostile; saved; and the style that they share."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pytest

from hypersearch.analysis.figures import KINDS, style
from hypersearch.analysis.figures.base import FigureKind, save
from hypersearch.models.errors import UserError
from tests.analysis.figures.made import check, large, study

NAMES = [
    "history",
    "rungs",
    "intermediate",
    "importances",
    "slices",
    "parallel",
    "timeline",
    "curves_over_k",
    "density_grid",
]
GENERAL = NAMES[:7]


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    return large(1000, folder=tmp_path_factory.mktemp("large"))


def test_the_kinds_by_name():
    assert [name for name, kind in KINDS.items() if kind.group == "search"] == NAMES
    assert all(kind.name == name and kind.title[0].isupper() for name, kind in KINDS.items())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_nothing(name, tmp_path):
    failed = {"state": "FAIL", "resource": 0, "seconds": 0.0}
    assert KINDS[name].compute(study([], folder=tmp_path), "cnn") is None
    assert KINDS[name].compute(study([failed, failed], folder=tmp_path), "cnn") is None


@pytest.mark.parametrize("name", NAMES)
def test_one_trial_is_drawn_or_nothing(name, tmp_path):
    one = {"objective": 0.5, "param.depth": 2, "val.accuracy": 0.5}
    space = {"depth": {"kind": "Int", "low": 1, "high": 4, "log": False, "when": {}}}
    record = KINDS[name].compute(study([one], folder=tmp_path, space=space), "cnn")
    assert (record is not None) == (name in ("history", "slices"))
    if record is not None:
        check(KINDS[name].draw(record))
        assert "trial 0" in KINDS[name].describe(record)


@pytest.mark.parametrize("name", GENERAL)
def test_a_thousand_trials(name, thousand):
    kind = KINDS[name]
    record = kind.compute(thousand, "cnn")
    figure = kind.draw(record)
    check(figure, labels=name != "parallel")
    assert len(style.encode(figure, "svg")) < 400_000
    assert "cnn" in kind.describe(record)


def test_a_figure_is_the_same_each_time(thousand):
    kind = KINDS["slices"]
    first, second = (
        style.encode(kind.draw(kind.compute(thousand, "cnn")), "svg") for _ in range(2)
    )
    assert first == second


HOSTILE = [
    "<script>alert('$x^2$')</script>",
    "$\\frac{1}{",
    "名前 \N{SNOWMAN} " * 9,
    "a\nb\tc",
    "x_" * 200,
]


@pytest.mark.parametrize(
    "name", ["history", "rungs", "intermediate", "importances", "slices", "parallel"]
)
def test_hostile_names(name):
    made = large(80)
    choice = {"kind": "Choice", "values": [], "searched": [*HOSTILE, "b"], "when": {}}
    search = {**made.facts["searches"][0], "metric": "accuracy", "resource": HOSTILE[1]}
    search["space"] = dict.fromkeys(HOSTILE, choice)
    value = [(*HOSTILE, "b")[number % 6] for number in made.trials["trial"]]
    trials = made.trials.assign(**{f"param.{bad}": value for bad in HOSTILE}, state="COMPLETE")
    trials["objective"] = trials["objective"].fillna(0.5)
    trials.loc[trials.index[:5], "name"] = HOSTILE
    kind = KINDS[name]
    record = kind.compute(
        replace(made, trials=trials, facts={**made.facts, "searches": [search]}), "cnn"
    )
    svg = style.encode(kind.draw(record), "svg").decode()
    assert "<script" not in svg
    assert "mathtext" not in svg
    assert kind.describe(record)


@pytest.mark.parametrize(
    ("suffix", "magic"),
    [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")],
)
def test_save(tmp_path, suffix, magic):
    path = tmp_path / f"figure.{suffix}"
    save(KINDS["history"], study([{"objective": 0.5}]), "cnn", path)
    assert path.read_bytes().startswith(magic)


def test_save_refuses_other_suffixes(tmp_path):
    made = study([{"objective": 0.5}])
    with pytest.raises(
        UserError,
        match=r"a.pgn: unknown suffix '.pgn', allowed: .png, .svg, .pdf; did you mean 'png'\?$",
    ):
        save(KINDS["history"], made, "cnn", Path("a.pgn"))
    with pytest.raises(UserError, match="unknown suffix ''"):
        save(KINDS["history"], made, "cnn", Path("a"))
    with pytest.raises(UserError, match="^cannot write .*: No such file or directory$"):
        save(KINDS["history"], made, "cnn", tmp_path / "nowhere" / "a.png")


def test_save_says_where_there_is_nothing_to_show(tmp_path):
    with pytest.raises(UserError, match="^study 'made' has nothing to show as history for cnn$"):
        save(KINDS["history"], study([]), "cnn", tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_the_style_holds_while_drawing_and_not_afterwards():
    def draw(record):
        figure = style.figure(3.0, 2.0)
        figure.subplots().set_title(record)
        return figure

    before = mpl.rcParams["axes.titlelocation"], mpl.rcParams["font.size"]
    kind = FigureKind("it", "It", lambda *_: "title", draw, str)
    title = kind.draw("title").axes[0]
    assert title.get_title(loc="left") == "title"  # and not in the middle, as elsewhere
    assert (mpl.rcParams["axes.titlelocation"], mpl.rcParams["font.size"]) == before


def test_class_colours():
    colours = [style.class_colour(i) for i in range(len(style.CLASS_COLOURS))]
    assert len(set(colours)) == len(colours) >= 12
    assert style.class_colour(0) == "#0072B2"
    assert style.class_colour(len(colours)) == style.class_colour(0)
    assert style.class_colour(-1) == style.NOISE_COLOUR
    assert style.NOISE_COLOUR not in colours


@pytest.mark.parametrize(("low", "high"), [(1e-6, 0.3), (10, 256), (1, 1.5), (7, 7)])
def test_logarithmic_axes_have_plain_numbers(low, high):
    with style.applied(), warnings.catch_warnings():
        figure = style.figure(3.0, 2.0)
        axes = figure.subplots()
        style.logarithmic(axes, "x", low, high)
        figure.canvas.draw()
        first, last = axes.get_xlim()
        words = [
            t.get_text()
            for t, at in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
            if first <= at <= last
        ]
    assert first < low <= high < last
    assert 2 <= len(words) <= 7 or low == high
    assert all(float(word) > 0 for word in words)


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (10, 256, 7, [10, 20, 50, 100, 200]),
        (10, 256, 4, [10, 30, 100]),
        (1e-5, 0.1, 4, [1e-5, 1e-3, 0.1]),
        (1e-6, 1e6, 4, [1e-6, 1e-2, 1e2, 1e6]),
        (16, 32, 4, [18, 24, 30]),
    ],
)
def test_log_ticks(low, high, most, ticks):
    assert style.log_ticks(low, high, most) == ticks


def test_wrapped():
    assert style.wrapped("learning_rate") == "learning_\nrate"
    assert style.wrapped("v_measure") == "v_measure"
    assert style.wrapped("x" * 20 + "_") == "x" * 20 + "_"


def test_words():
    assert style.words("a\n b\x00c") == "a b c"
    assert style.words("x" * 30) == "x" * 23 + "…"
    assert style.words(None, 3) == "No…"
