"""What `import hypersearch` gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hypersearch
from hypersearch import UserError
from hypersearch.search.config.study_files import build

FEW: dict[str, Any] = {"trials": 2, "max_resource": 3, "concurrency": 1, "name": "study"}


def refusal(*targets: Any, **options: Any) -> str:
    """What `hypersearch.run` says of a mistake; nothing is written then."""
    with pytest.raises(UserError) as caught:
        hypersearch.run(*targets, **options)
    assert not Path("runs").exists()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_search_of_the_toy_family(here: Path, ray_session: None) -> None:
    study = hypersearch.run("toy", data="digits", max_samples=200, **FEW)
    assert study.folder == Path("runs/study")
    assert len(study.trials) == 3  # with its baseline
    assert study.facts["config"]["max_samples"] == 200
    complete = study.trials[study.trials["state"] == "COMPLETE"]
    (best,) = study.best.to_dict("records")
    assert best["objective"] == complete["objective"].min()
    assert list(study.best.columns) == list(study.trials.columns)
    assert hypersearch.load("runs/study").trials.equals(study.trials)


def test_several_targets_and_lists_of_names(here: Path, ray_session: None) -> None:
    own = "tests.few:FAMILY"
    options = {**FEW, "trials": 1, "baselines": False, "metric": ("loss",), "track": []}
    study = hypersearch.run(["toy", own], dataset="digits", **options)
    assert study.best["family"].tolist() == ["toy", "few"]
    assert study.search("toy")["objectives"] == {"loss": "min"}


def test_names_may_be_tuples_or_lists_or_text() -> None:
    for metric in (("loss", "accuracy"), ["loss", "accuracy"], "loss,accuracy"):
        for track in (("tensorboard",), ["tensorboard"], "tensorboard"):
            config = build(["toy"], {"metric": metric, "track": track})
            assert config.searches[0].metric == ("loss", "accuracy")
            assert config.track == ("tensorboard",)


def test_the_best_of_each_search(tmp_path: Path) -> None:
    rows = [
        "s,toy,0,,COMPLETE,0.5,3,1",
        "s,toy,1,,PRUNED,0.1,1,1",
        "s,toy,2,,COMPLETE,0.4,3,1",
        "s,toy,3,,COMPLETE,0.4,3,1",
        "s,toy,4,,FAIL,,0,1",
        "s,knn,0,,COMPLETE,0.8,1,1",
        "s,knn,1,,COMPLETE,0.9,1,1",
        "s,none,0,,FAIL,,0,1",
    ]
    columns = "study,family,trial,name,state,objective,resource,seconds"
    (tmp_path / "trials.csv").write_text("\n".join([columns, *rows]) + "\n")
    searches = (
        '[{"family": "knn", "mode": "max"}, {"family": "toy", "mode": "min"},'
        ' {"family": "none", "mode": "max"}]'
    )
    facts = f'{{"name": "s", "dataset": {{}}, "started": "", "searches": {searches}}}'
    (tmp_path / "study.json").write_text(facts)
    best = hypersearch.load(tmp_path).best
    assert best[["family", "trial"]].values.tolist() == [["knn", 1], ["toy", 2]]
    (tmp_path / "trials.csv").unlink()
    assert hypersearch.load(tmp_path).best.empty


def test_an_unknown_option(here: Path) -> None:
    said = refusal("toy", trails=3)
    assert said.startswith("unknown option 'trails', allowed: name, dataset, ")
    assert said.endswith("; did you mean 'trials'?")
    assert "code_dir" in refusal("toy", code_dir="elsewhere").partition(",")[0]


def test_data_and_dataset(here: Path) -> None:
    assert (
        refusal("toy", data="digits", dataset="digits")
        == "data and dataset name the same setting; give one of them"
    )


def test_a_wrong_value(here: Path) -> None:
    assert "trials" in refusal("toy", data="digits", trials=-1)
    assert "did you mean 'digits'" in refusal("toy", data="digit")
    assert "did you mean 'toy'" in refusal("tou")


def test_the_earlier_spelling_of_max_samples(here: Path) -> None:
    assert build(["toy"], {"limit": "100"}).max_samples == 100
    assert "max" in refusal("toy", data="digits", limit=0)
    Path("mine.toml").write_text('dataset = "digits"\nlimit = 120\n[[search]]\nfamily = "toy"\n')
    assert build(["mine.toml"], {}).max_samples == 120
    assert build(["mine.toml"], {"max_samples": 130}).max_samples == 130
    assert build(["mine.toml"], {"limit": 140}).max_samples == 140


def test_hypersearch_run_takes_the_earlier_spelling(here: Path, ray_session: None) -> None:
    study = hypersearch.run("toy", data="digits", limit=150, **{**FEW, "trials": 1})
    assert study.facts["config"]["max_samples"] == 150


def test_the_command_line_takes_the_earlier_spelling(capsys: pytest.CaptureFixture[str]) -> None:
    from hypersearch.search.cli.main import main

    for option in ("--limit", "--max-samples"):
        assert main(["run", "toy", "--dataset", "digits", option, "0"]) == 2
        assert "0" in capsys.readouterr().err


def test_names() -> None:
    assert set(hypersearch.__all__) <= set(dir(hypersearch))
    assert hypersearch.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="^module 'hypersearch' has no attribute 'lode'$"):
        _ = hypersearch.lode
    for name in hypersearch.__all__:
        assert getattr(hypersearch, name) is not None


def test_functions_on_arrays() -> None:
    rng = np.random.default_rng(0)
    y_n = np.repeat([0, 1], 30)
    x_nd = (rng.normal(size=(60, 2)) * 0.1 + y_n[:, None] * 5).astype(np.float32)
    labels = hypersearch.dbscan_grid(x_nd, [0.5, 20.0], [3, 4])
    assert labels.shape == (2, 2, 60)
    assert len(np.unique(labels[0, 0])) == 2
    fits = hypersearch.kmeans_curve(x_nd, [1, 2], seed=0)
    assert [fit.k for fit in fits] == [1, 2]
    assert fits[1].inertia < fits[0].inertia
    assert fits[1].centers_kd.shape == (2, 2)
    assert fits[1].labels_n.shape == (60,)
    points = hypersearch.forest_curve(x_nd, y_n, [10, 20], {}, seed=0)
    assert [point.n_estimators for point in points] == [10, 20]
    assert points[1].oob_accuracy > 0.9


def test_data() -> None:
    data = hypersearch.load_dataset("digits", limit=100, seed=1)
    assert isinstance(data, hypersearch.Dataset)
    assert (len(data.x_train), len(data.x_val)) == (80, 20)
