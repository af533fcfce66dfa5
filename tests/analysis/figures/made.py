"""Small studies made by hand, a large one made by a formula, and what every picture must be."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text

from hypersearch.analysis.figures.style import applied
from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.search.storage.study import Study

SEARCH = {
    "family": "cnn",
    "metric": "accuracy",
    "mode": "max",
    "resource": "epochs",
    "max_resource": 9,
    "rungs": [1, 3],
    "scheduler": "asha",
    "trials": 5,
    "baselines": [],
    "space": {},
}


def study(rows, history=(), folder=Path("nowhere"), facts=(), **search) -> Study:
    """A study of one search. `rows`: dicts of trials.csv's columns; missing ones are filled in."""
    search = {**SEARCH, **search}
    filled = [
        {
            "study": "made",
            "family": search["family"],
            "trial": number,
            "name": "",
            "state": "COMPLETE",
            "objective": np.nan,
            "resource": 9,
            "seconds": 1.0,
            **row,
        }
        for number, row in enumerate(rows)
    ]
    steps = [
        {"study": "made", "family": search["family"], "seconds": 1.0, **row} for row in history
    ]
    known = {
        "name": "made",
        "dataset": {"name": "digits"},
        "started": "2026-01-31",
        "searches": [search],
        **dict(facts),
    }
    trials = pd.DataFrame(filled, columns=None if filled else list(TRIAL_COLUMNS))
    return Study("made", folder, known, trials, pd.DataFrame(steps))


def journal(folder: Path, events) -> Path:
    """Write journal.jsonl of (event, at, trial, more) into `folder`; the family is cnn."""
    defaults = {
        "start": {"name": "", "max_resource": 9, "replicate_of": None},
        "step": {"complete": False, "stopped": False},
        "end": {"cut": False, "failure": ""},
        "rewind": {},
    }
    lines = [
        json.dumps(
            {"event": event, "at": at, "family": "cnn", "trial": trial, **defaults[event], **more}
        )
        for event, at, trial, more in events
    ]
    (folder / "journal.jsonl").write_text("\n".join(lines) + "\n")
    return folder


SPACE = {
    "learning_rate": {"kind": "Float", "low": 1e-5, "high": 0.1, "log": True, "when": {}},
    "batch_size": {"kind": "Int", "low": 16, "high": 512, "log": True, "when": {}},
    "optimizer": {
        "kind": "Choice",
        "values": ["adam", "sgd"],
        "searched": ["adam", "sgd"],
        "when": {},
    },
    "momentum": {
        "kind": "Float",
        "low": 0.0,
        "high": 0.99,
        "log": False,
        "when": {"optimizer": "sgd"},
    },
    "depth": {"kind": "Int", "low": 1, "high": 4, "log": False, "when": {}},
    "fixed": {"kind": "Choice", "values": [1, 2], "searched": [1], "when": {}},
}


def large(count=1000, limit=27, folder=Path("nowhere"), **search) -> Study:
    """A search of so many trials with ASHA's rungs; accuracy follows the learning rate.

    A `folder` gets its journal.
    """
    rng = np.random.default_rng(0)
    rows, history, events = [], [], []
    for number in range(count):
        rate, sgd = 10 ** rng.uniform(-5, -1), bool(rng.integers(2))
        final = 0.93 - 0.04 * (np.log10(rate) + 3) ** 2 - 0.02 * sgd + rng.normal(0, 0.005)
        spent = int(rng.choice([1, 3, 9, limit], p=[0.6, 0.2, 0.1, 0.1]))
        state = "COMPLETE" if spent == limit else "PRUNED" if rng.random() > 0.02 else "FAIL"
        curve = [final - 0.3 / (step + 1) for step in range(spent)]
        params = {
            "learning_rate": rate,
            "batch_size": int(2 ** rng.uniform(4, 9)),
            "depth": int(rng.integers(1, 5)),
        }
        params |= (
            {"optimizer": "sgd", "momentum": rng.uniform(0, 0.99)} if sgd else {"optimizer": "adam"}
        )
        value = np.nan if state == "FAIL" else curve[-1]
        row = {"state": state, "objective": value, "resource": spent, "seconds": 0.5 * spent}
        rows.append({**row, **{f"param.{name}": each for name, each in params.items()}})
        history += [
            {"trial": number, "step": at + 1, "val.accuracy": each} for at, each in enumerate(curve)
        ]
        began = number // 8 * 10.0 + number % 8
        events.append(("start", began, number, {"max_resource": limit}))
        events += [
            ("step", began + 0.3 * at, number, {"resource": at, "seconds": 0.5 * at})
            for at in range(1, spent + 1)
        ]
        events.append(("end", began + 0.3 * spent + 0.1, number, {"state": state}))
    if folder != Path("nowhere"):
        journal(folder, events)
    return study(
        rows,
        history,
        folder,
        max_resource=limit,
        rungs=[1, 3, 9],
        space=SPACE,
        trials=count,
        **search,
    )


def check(figure: Figure, labels=True) -> None:
    """Its words lie within the picture and not on each other, are at least 8 points high, and its
    axes have names.
    """
    with applied():
        figure.canvas.draw()
        shown = [text for text in _texts(figure) if text.get_visible() and text.get_text().strip()]
        boxes = [(text, text.get_window_extent()) for text in shown]
    page = figure.bbox.padded(1.0)
    for text, box in boxes:
        assert page.contains(box.x0, box.y0), f"{text.get_text()!r} leaves the figure"
        assert page.contains(box.x1, box.y1), f"{text.get_text()!r} leaves the figure"
        assert text.get_fontsize() >= 8
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        upright = one.get_rotation() % 90 == 0 and other.get_rotation() % 90 == 0
        overlap = max(0.0, min(a.x1, b.x1) - max(a.x0, b.x0)) * max(
            0.0, min(a.y1, b.y1) - max(a.y0, b.y0)
        )
        assert not upright or overlap < 8.0, f"{one.get_text()!r} lies on {other.get_text()!r}"
    assert figure.get_figwidth() <= 7.0
    if labels:
        for axes in figure.axes:
            assert not axes.axison or axes.get_xlabel() or axes.get_ylabel()


def _texts(figure: Figure) -> Iterator[Text]:
    """All that is drawn; an axis also keeps words for ticks beyond its limits."""
    yield from figure.texts
    for legend in figure.legends:
        yield from legend.get_texts()
    for axes in figure.axes:
        yield from axes.texts
        yield from (axes.title, axes._left_title, axes._right_title)
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            yield from (axis.label, axis.get_offset_text())
            for tick in axis._update_ticks():
                yield from (tick.label1, tick.label2)
