"""Models out of a study and at work again."""

from __future__ import annotations

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import hypersearch
from hypersearch.analysis.study.ranking import rank
from hypersearch.models.data.datasets import load_dataset
from hypersearch.models.errors import UserError
from hypersearch.models.serialization import ExportedModel
from hypersearch.search.cli.main import main
from hypersearch.search.config.study_files import build
from hypersearch.search.confirm.confirm import confirm_study
from hypersearch.search.confirm.selection import Confirmation
from hypersearch.search.engine.runner import resume_study, run_study
from hypersearch.search.export.export import export_study
from hypersearch.search.export.predict import _rows, predict
from hypersearch.search.storage.files import read_csv, write_csv

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]
FOREST = {
    "dataset": "digits",
    "trials": "2",
    "max_resource": "6",
    "baselines": False,
    "concurrency": "1",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    out = tmp_path_factory.mktemp("export")
    space = {"n_estimators": "5..6"}
    record, _ = run_study(
        build(["random_forest"], {**FOREST, "out": out, "name": "study", "space": space})
    )
    return hypersearch.load(record.folder)


def rows_of(model):
    out = io.StringIO()
    count, speed = predict(model, "digits", None, out)
    assert speed > 0
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(rows) == count
    return rows


def test_the_kept_model_is_exported_then_the_confirmed_one(study, tmp_path, capsys):
    out, digits = study.folder.parent, load_dataset("digits")
    (folder,) = export_study(out, "study", tmp_path / "kept")
    facts = json.loads((folder / "best.json").read_text())
    best = study.trials.sort_values(["objective", "trial"], ascending=[False, True]).iloc[0]
    assert (facts["trial"], facts["val"]["accuracy"]) == (best["trial"], best["objective"])
    words = (
        f"trial {best['trial']}, not confirmed, of seed {facts['seed']}, fitted on training images:"
        " accuracy "
    )
    assert (
        f"random_forest: {words}{best['objective']:.4f} on validation\n" in capsys.readouterr().err
    )
    before = rows_of(folder)
    assert np.mean([int(row["class"]) for row in before] == digits.y_test) > 0.7
    assert all(0 < float(row["confidence"]) <= 1 for row in before)
    confirm_study(out, "study", Confirmation(top=1, seeds=1, baselines=False))
    (folder,) = export_study(out, "study", tmp_path / "confirmed")
    facts = json.loads((folder / "best.json").read_text())
    assert (
        np.mean([int(row["class"]) for row in rows_of(folder)] == digits.y_test)
        == facts["test"]["accuracy"]
    )
    words = (
        f"as confirmed, of seed {facts['seed']}, fitted on training and validation images:"
        " accuracy "
    )
    assert f"{words}{facts['test']['accuracy']:.4f} on test\n" in capsys.readouterr().err
    record, _ = resume_study(out, "study", more=4)
    best = rank(hypersearch.load(record.folder), "random_forest").iloc[0]
    (folder,) = export_study(out, "study", tmp_path / "extended")
    assert json.loads((folder / "best.json").read_text())["trial"] == best["trial"]
    assert (
        f"study study, as `hypersearch export` wrote it: trial {best['trial']}"
        in (folder / "README.md").read_text()
    )


def test_image_files_are_read_as_the_data_set_is(study, tmp_path, capsys):
    (model,) = export_study(study.folder.parent, "study", tmp_path / "model")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    digits = load_dataset("digits")
    for number in range(3):
        Image.fromarray(digits.x_test[number]).convert("RGB").save(pictures / f"{number}.png")
    (pictures / "notes.txt").touch()
    expected = rows_of(model)[:3]
    assert main(["predict", str(model), str(pictures)]) == 0
    shown = capsys.readouterr()
    assert "3 images, " in shown.err
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert [row["image"] for row in rows] == ["0.png", "1.png", "2.png"]
    assert [(r["class"], r["confidence"]) for r in rows] == [
        (r["class"], r["confidence"]) for r in expected
    ]
    assert main(["predict", str(model), str(pictures / "1.png")]) == 0
    assert "1.png," + expected[1]["class"] in capsys.readouterr().out


def test_image_files_that_will_not_do(study, tmp_path, capsys):
    (model,) = export_study(study.folder.parent, "study", tmp_path / "model")
    (tmp_path / "broken.png").write_bytes(b"no image")
    Image.fromarray(np.zeros((9, 8), np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(tmp_path / "deep.png")
    Image.new("RGBA", (8, 8), (0, 0, 0, 100)).save(tmp_path / "glass.png")
    for name, words in (
        ("broken.png", "cannot read {}: cannot identify image file"),
        ("deep.png", "{} has more than 8 bits a pixel (I;16); save it with 8"),
        ("glass.png", "{} is partly transparent; save it on a background"),
        ("a.png", "the model takes images of 8×8, got 9×8"),
        ("none.png", "there is no file {}"),
    ):
        assert main(["predict", str(model), str(tmp_path / name)]) == 2
        assert words.format(tmp_path / name) in capsys.readouterr().err
    (tmp_path / "notes.txt").write_text("no image")
    assert main(["predict", str(model), str(tmp_path / "notes.txt")]) == 2
    assert "notes.txt is neither an image (.png, .jpg, " in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["predict", str(model), str(tmp_path / "empty")]) == 2
    assert "empty holds neither images (.png, .jpg, " in capsys.readouterr().err
    (tmp_path / "broken.png").unlink()
    (tmp_path / "deep.png").unlink()
    (tmp_path / "glass.png").unlink()
    for name in ("b.png", "c.png"):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / name)
    assert main(["predict", str(model), str(tmp_path)]) == 2
    assert (
        "a.png is 9×8, not 8×8 as the others: all images must be of one size"
        in capsys.readouterr().err
    )


def test_a_study_of_families_with_and_without_data(here, capsys):
    run_study(build(["toy", "kmeans"], {**FOREST, "name": "mixed", "space": {"k": "10..20"}}))
    toy, kmeans = export_study(here / "runs", "mixed", here / "to")
    assert "`hypersearch predict` cannot use it" in (toy / "README.md").read_text()
    clusters = {int(row["class"]) for row in rows_of(kmeans)}
    assert len(clusters) > 1
    assert clusters <= set(range(20))
    assert main(["predict", str(toy), "digits"]) == 2
    assert "holds a model that cannot be used by itself" in capsys.readouterr().err


def test_where_only_the_confirmed_model_is_left_it_is_exported(study, tmp_path, capsys):
    out = tmp_path / "runs"
    shutil.copytree(study.folder, out / "study")
    shutil.rmtree(out / "study" / "checkpoints")
    confirm_study(out, "study", Confirmation(baselines=False), force=True)
    columns, rows = read_csv(out / "study" / "trials.csv")
    best = json.loads((out / "study" / "best" / "random_forest" / "best.json").read_text())["trial"]
    other = next(row for row in rows if int(row["trial"]) != best)
    other |= {"state": "COMPLETE", "objective": "0.9999"}
    write_csv(out / "study" / "trials.csv", columns, rows)
    capsys.readouterr()
    export_study(out, "study", tmp_path / "there")
    assert capsys.readouterr().err.endswith(
        f"; trial {other['trial']} is better, but its model was not kept\n"
    )


def test_a_file_is_no_folder_to_export_to(study, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file, expected a folder$"):
        export_study(study.folder.parent, "study", tmp_path / "file")


def test_what_is_there_is_not_overwritten(study, tmp_path):
    export_study(study.folder.parent, "study", tmp_path)
    with pytest.raises(UserError, match="random_forest is there already; name another folder$"):
        export_study(study.folder.parent, "study", tmp_path)


def test_a_study_without_models(here):
    run_study(build(["toy"], {**FOREST, "name": "empty", "keep_models": "0"}))
    with pytest.raises(
        UserError,
        match="^study 'empty' has no model to export: no trial is complete, or it ran with",
    ):
        export_study(here / "runs", "empty", here / "to")


def test_the_command_line(study, tmp_path, capsys):
    assert main(["export", "study", str(tmp_path), "--out", str(study.folder.parent)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "random_forest")
    assert main(["predict", str(tmp_path / "random_forest"), "digits"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("image,class,name,confidence\n")
    assert "360 images, " in shown.err
    assert main(["predict", str(tmp_path), "digits"]) == 2
    inside = f"there are models in it: {tmp_path / 'random_forest'}"
    assert (
        f"holds no exported model, expected a folder that hypersearch export has written; {inside}"
        in (capsys.readouterr().err)
    )
    (tmp_path / "random_forest" / "model.skops").write_bytes(b"torn")
    assert main(["predict", str(tmp_path / "random_forest"), "digits"]) == 2
    assert "holds no whole exported model: File is not a zip file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("output", "columns"),
    [
        ("codes", ["image", "code.0", "code.1", "code.2", "code.3"]),
        (
            "means and log-variances of codes",
            ["image", "mean.0", "mean.1", "log_variance.0", "log_variance.1"],
        ),
    ],
)
def test_codes_have_their_names(output, columns):
    shelved = ExportedModel(np.asarray, (8, 8), output, ())
    head, row = _rows(shelved, ["a.png"], np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert head == columns
    assert row == ["a.png", "1", "2", "3", "4"]
