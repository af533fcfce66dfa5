"""Small studies, written by hand, whose leaderboards are kept in tests/analysis/golden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.models.metrics import mode_of
from hypersearch.search.storage.files import write_csv, write_json

Rows = Sequence[Mapping[str, Any]]
HOSTILE = {
    "script": "<script>alert('x')</script>",
    "pipe": "a|b\\|c",
    "dollar": "$x$ & 50 % #1 _y_ ^z ~ {q}",
    "slash": "\\\\ \\input{/etc/passwd} [*]",
    "line": "one\ntwo\r\nthree",
    "terminal": "\x1b[31mred\x07 [bold]markup[/bold]",
    "unicode": "größe 混合 \N{RIGHT-TO-LEFT OVERRIDE}abc ✓",
    "quote": "\"double\" 'single', comma; =1+1",
    "long": "very_long_" * 30,
    "expression": "{1, 2}",
    "power": "1e999",
}
R5 = {
    "name": "R5",
    "dataset": "fashion-mnist",
    "source": "R5, CNN",
    "resource": 30,
    "figures": {"val.accuracy": 0.9067, "test.accuracy": 0.8997},
}


def search(family: str, metric: str, space: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    """What study.json says of a search."""
    facts = {
        "family": family,
        "metric": metric,
        "mode": mode_of(metric),
        "resource": "epochs",
        "trials": 4,
    }
    return {**facts, "baselines": [], "space": dict(space), **other}


def row(
    family: str, trial: int, state: str, objective: float | None, **other: Any
) -> dict[str, Any]:
    """A trial; `__` stands for a dot in names of columns."""
    facts = {
        "family": family,
        "trial": trial,
        "name": "",
        "state": state,
        "objective": objective,
        "resource": 9,
    }
    return {
        **facts,
        "seconds": 1.5,
        **{name.replace("__", "."): value for name, value in other.items()},
    }


def write(
    out: Path, name: str, searches: Rows, rows: Rows, dataset: str = "fashion-mnist", **facts: Any
) -> None:
    """A study folder."""
    folder = out / name
    folder.mkdir(parents=True)
    told = {
        "name": name,
        "started": "2026-01-31T10:00:00+00:00",
        "dataset": {"name": dataset},
        "searches": searches,
    }
    write_json(folder / "study.json", {**told, "test_reads": 0, **facts})
    columns = dict.fromkeys([*TRIAL_COLUMNS, *(column for row in rows for column in row)])
    if rows:
        write_csv(folder / "trials.csv", list(columns), [{"study": name, **row} for row in rows])


def whole(out: Path) -> None:
    """A confirmed CNN beside its report, a clustering with its choices, autoencoders of two
    objectives.
    """
    cnn = search(
        "cnn", "accuracy", {"depth": {"low": 1}, "rate": {"low": 0.1}, "kind": {"searched": ["a"]}}
    )
    kmeans = search("kmeans", "v_measure", {"k": {"low": 10}}, resource="passes", trials=3)
    both = {"mse": "min", "parameters": "min"}
    coder = search("autoencoder", "mse", {"code": {"low": 2}}, objectives=both, trials=3)
    rows = [
        row(
            "cnn",
            0,
            "COMPLETE",
            0.9,
            name="R5",
            param__depth=3,
            param__rate=0.001,
            param__kind="old",
        )
        | {"val.accuracy": 0.9, "test.accuracy": 0.902, "resource": 30, "seconds": 66.25}
        | {"test.accuracy_std": 0.002, "test.accuracy_low": 0.9, "test.accuracy_high": 0.904},
        row("cnn", 1, "COMPLETE", 0.93, param__depth=2, param__rate=0.25, param__kind="a")
        | {"val.accuracy": 0.93, "test.accuracy": 0.9412, "seconds": 40.0}
        | {"test.accuracy_std": 0.0008, "test.accuracy_low": 0.9405, "test.accuracy_high": 0.9421},
        row(
            "cnn",
            2,
            "PRUNED",
            0.95,
            param__depth=1,
            param__rate=0.5,
            param__kind="a",
            val__accuracy=0.95,
        )
        | {"resource": 1, "seconds": 4.4},
        row(
            "cnn",
            3,
            "FAIL",
            None,
            param__depth=5,
            param__rate=0.125,
            param__kind="a",
            resource=0,
            seconds=0.0,
        ),
        *(
            row(
                "kmeans",
                number,
                "COMPLETE",
                v,
                param__k=k,
                val__v_measure=v,
                val__accuracy=accuracy,
            )
            | {
                "val.hungarian_accuracy": accuracy / 2,
                "val.clusters": k,
                "val.silhouette": silhouette,
            }
            for number, (k, v, accuracy, silhouette) in enumerate(
                [(10, 0.5, 0.56, 0.15), (36, 0.53, 0.69, 0.09), (64, 0.52, 0.7226, 0.08)]
            )
        ),
        *(
            row(
                "autoencoder",
                number,
                "COMPLETE",
                mse,
                param__code=code,
                val__mse=mse,
                val__parameters=weights,
            )
            for number, (code, mse, weights) in enumerate(
                [(10, 0.0101, 50_000), (32, 0.02, 90_000), (2, 0.04, 800)]
            )
        ),
    ]
    confirmed = {"top": 1, "seeds": 3, "baselines": True, "fit_on": "train+validation"}
    cnn["baselines"] = [R5]
    write(out, "whole", [cnn, kmeans, coder], rows, test_reads=2, confirmed=confirmed)


def again(out: Path) -> None:
    """The same and another study: of their families the best."""
    whole(out)
    cnn = search("cnn", "accuracy", {"depth": {"low": 1}}, trials=2)
    forest = search("random_forest", "accuracy", {"trees": {"low": 1}}, resource="trees", trials=2)
    rows = [
        row("cnn", 0, "COMPLETE", 0.94, param__depth=4, val__accuracy=0.94),
        row("cnn", 1, "PRUNED", 0.97, param__depth=3, val__accuracy=0.97, resource=1),
        row("random_forest", 0, "FAIL", None, param__trees=9, resource=0),
    ]
    write(out, "again", [cnn, forest, search("vae", "elbo", {})], rows)


def hostile(out: Path) -> None:
    """Names and parameters from somebody who means no good, and figures that are none."""
    space = {"text": {"searched": list(HOSTILE.values())}, "rate": {"low": 0.1}}
    baselines = [
        {"name": name, "dataset": "x", "source": "x", "figures": {}} for name in HOSTILE.values()
    ]
    toy = search("toy", "loss", space, trials=0, baselines=baselines, resource="steps")
    rows = [
        row(
            "toy",
            number,
            "COMPLETE",
            number / 8,
            name=text,
            param__text=text,
            param__rate="inf",
            val__loss=number / 8,
        )
        for number, text in enumerate(HOSTILE.values())
    ]
    write(out, "hostile", [toy], rows, dataset=HOSTILE["script"] + HOSTILE["dollar"])


def empty(out: Path) -> None:
    """No trial has ended."""
    write(out, "empty", [search("cnn", "accuracy", {"depth": {"low": 1}})], [])


def failed(out: Path) -> None:
    """Every trial has failed."""
    rows = [
        row("cnn", number, "FAIL", None, param__depth=number, resource=0, seconds=0.0)
        for number in (0, 1)
    ]
    write(out, "failed", [search("cnn", "accuracy", {"depth": {"low": 1}}, trials=2)], rows)


def one(out: Path) -> None:
    """A single trial, on other data than any that was published."""
    forest = search("random_forest", "accuracy", {"trees": {"low": 1}}, resource="trees", trials=1)
    rows = [
        row(
            "random_forest",
            0,
            "COMPLETE",
            0.9722,
            param__trees=32,
            val__accuracy=0.9722,
            seconds=0.0312,
        )
    ]
    write(out, "one", [forest], rows, dataset="digits")


STUDIES = {
    "whole": whole,
    "again": again,
    "hostile": hostile,
    "empty": empty,
    "failed": failed,
    "one": one,
}
