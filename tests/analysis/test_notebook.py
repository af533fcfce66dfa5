"""The notebook of the documentation, on a small study."""

from __future__ import annotations

import runpy
from pathlib import Path

from tests.analysis.played import play
from tests.analysis.test_incumbents import SEARCH

NOTEBOOK = Path(__file__).parent.parent.parent / "docs" / "notebook.py"


def test_the_notebook_runs(tmp_path, monkeypatch, capsys):
    folder = play(tmp_path, "study", SEARCH).folder
    monkeypatch.setattr("sys.argv", ["notebook.py", str(folder)])
    names = runpy.run_path(str(NOTEBOOK))
    assert names["study"].trials["trial"].tolist() == [0, 1, 2, 3, 4]
    assert len(names["study"].history) == 8
    assert names["best"]["trial"].tolist() == [0, 4, 1, 2, 3]
    assert [line.get_ydata()[0] for line in names["curves"].axes[0].lines] == [
        0.98,
        0.5,
        0.9,
        0.95,
        0.6,
    ]
    assert names["incumbent"].axes[0].lines[0].get_ydata().tolist()[1:] == [
        0.99,
        0.99,
        0.99,
        0.99,
        0.99,
        0.99,
    ]
    assert "R5" in capsys.readouterr().out
    assert all((folder / name).stat().st_size > 5000 for name in ("curves.png", "incumbent.png"))
