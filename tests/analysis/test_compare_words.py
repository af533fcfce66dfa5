"""A comparison in each format and as a picture, against figures worked out by hand."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pytest

from hypersearch.analysis.comparison import data, figure, formats
from hypersearch.analysis.comparison.compare import compare
from hypersearch.search.cli.main import main
from tests.analysis import sides
from tests.analysis.sides import BOTH, shown

TABLE = """\
cnn on digits: best accuracy on validation, higher is better
side      studies  trials  epochs  seconds  complete  accuracy          interval
tpe-*           2       4       6      6.0         4    0.8500  0.8500 to 0.9000
random-*        2       3       3      3.0         4    0.7500  0.7500 to 0.8800

to reach accuracy 0.7500
side      reached by  trials  epochs  seconds
tpe-*         2 of 2       2       2      2.0
random-*      2 of 2       2       3      3.0

best after trials       1       2       3
tpe-*              0.7000  0.8000  0.8000
random-*                –  0.7500  0.7500

best after epochs  1       2       3
tpe-*              –  0.8000  0.8000
random-*           –       –  0.7500

best after seconds  0.8  1.5     3.0
tpe-*                 –    –  0.8000
random-*              –    –  0.7500

P(tpe-* ends better than random-*) = 0.75, over 2 × 2 studies; by chance p =
0.67 (Mann-Whitney, exact)
of 2 studies: the median; interval: least to greatest, too few for 95 %
"""


@pytest.fixture
def out(tmp_path):
    return sides.write(tmp_path)


def test_table(out):
    assert shown(*compare(out, BOTH)) == TABLE


def test_a_long_name_is_cut(out):
    shutil.move(out / "random-1", out / ("r" * 60))
    lines = shown(*compare(out, ["tpe-*", "r" * 60])).splitlines()
    assert any(line.startswith("rrrrrrrr") and line.endswith("0.8800") for line in lines)
    assert max(len(line) for line in lines[:6]) <= 80


def test_of_one_study_a_side_nothing_is_said_of_chance(out):
    table = shown(*compare(out, ["tpe-0", "random-1"]))
    assert "one study a side says nothing of chance; several seeds ('tpe-*') would\n" in table
    assert "P(" not in table
    assert "P(tpe-* ends better than random-1) = 0.50, over 2 × 1 studies\n" in shown(
        *compare(out, ["tpe-*", "random-1"])
    )


def test_markdown(out):
    lines = formats.to_markdown(compare(out, BOTH)).splitlines()
    assert lines[:2] == [
        "### cnn on digits: best accuracy on validation, higher is better",
        "",
    ]
    assert [cell.strip() for cell in lines[4].strip("|").split("|")] == [
        *("tpe-*", "2", "4", "6", "6.0", "4", "0.8500", "0.8500 to 0.9000"),
    ]
    assert "to reach accuracy 0.7500" in lines
    assert lines[-1].startswith("- of 2 studies: the median; interval: least to greatest")


def test_csv_has_the_curves(out):
    rows = list(csv.DictReader(io.StringIO(data.to_csv(compare(out, BOTH)))))
    assert [list(row.values())[2:] for row in rows[:4]] == [
        ["tpe-*", "trials", "0.0", "", "", ""],
        ["tpe-*", "trials", "1.0", "0.7", "0.7", "0.8"],
        ["tpe-*", "trials", "2.0", "0.8", "0.8", "0.9"],
        ["tpe-*", "trials", "4.0", "0.85", "0.85", "0.9"],
    ]
    assert {(row["side"], row["axis"]) for row in rows} == {
        (side, axis) for side in BOTH for axis in ("trials", "resource", "seconds")
    }


def test_json_has_all(out):
    (found,) = json.loads(data.to_json(compare(out, BOTH, target=0.89)))
    tpe = found["sides"][0]
    assert (tpe["studies"], tpe["seeds"], found["target"]) == (["tpe-0", "tpe-1"], [0, 1], 0.89)
    assert tpe["final"] == {
        "median": 0.85,
        "low": 0.85,
        "high": 0.9,
        "interval": "least to greatest",
    }
    assert tpe["reached"] == {"studies": 1, "trials": None, "resource": None, "seconds": None}
    assert tpe["curves"]["seconds"][1] == {"at": 1.0, "median": None, "low": None, "high": 0.7}
    assert found["duels"] == [
        {
            "first": "tpe-*",
            "second": "random-*",
            "probability": 0.75,
            "p_value": pytest.approx(2 / 3),
            "exact": True,
        }
    ]


# --- the picture ----------------------------------------------------------------------------------


def test_the_picture_shows_the_curves(out):
    panels = figure.draw_comparison(compare(out, BOTH)).axes
    assert [axes.get_xlabel() for axes in panels] == ["trials", "epochs", "seconds"]
    line = panels[0].lines[0]
    assert line.get_label() == "tpe-*"
    assert line.get_xdata().tolist() == [0, 1, 2, 4]
    assert line.get_ydata().tolist()[1:] == [0.7, 0.8, 0.85]
    dotted = [list(line.get_ydata()) for line in panels[0].lines if line.get_linestyle() == ":"]
    assert dotted == [[0.85, 0.85], [0.75, 0.75]]
    assert list(panels[0].lines[-1].get_ydata()) == [0.75, 0.75]
    assert panels[0].get_ylim() == pytest.approx(
        (0.585, 0.915)
    )  # 0.6 is the better of two when the other has none


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_picture_in_a_file(out, form, capsys):
    assert main(["compare", *BOTH, "--out", str(out), "--figure", str(out / f"sides.{form}")]) == 0
    assert (out / f"sides.{form}").stat().st_size > 1000
    said = capsys.readouterr()
    assert "to reach accuracy 0.7500" in said.out
    assert said.err == f"figure: {out / f'sides.{form}'}\n"
