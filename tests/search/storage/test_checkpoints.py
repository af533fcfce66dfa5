"""States on disk, whole or torn."""

from __future__ import annotations

import json

import pytest

from hypersearch.models.families import toy
from hypersearch.search.storage import checkpoints


def saved(tmp_path, steps):
    run = toy.FAMILY.start({"x": 0.5, "shape": "bowl", "y": 0.5}, None, 0)
    for _ in range(steps):
        run.step()
    checkpoints.save(run, tmp_path / "7", steps, steps / 2, {"loss": 0.5})
    return tmp_path / "7"


def test_the_latest_is_the_only_one(tmp_path):
    saved(tmp_path, 1)
    trial = saved(tmp_path, 3)
    found = checkpoints.latest(trial)
    assert (found.resource, found.seconds, found.folder) == (3, 1.5, trial / "3")
    assert found.metrics == {"loss": 0.5}
    assert [path.name for path in trial.iterdir()] == ["3"]


def test_none_where_there_is_none(tmp_path):
    assert checkpoints.latest(tmp_path / "0") is None


@pytest.mark.parametrize("file", ["toy.json", "state.json"])
@pytest.mark.parametrize("tear", ["truncate", "change", "remove"])
def test_a_torn_checkpoint_is_none(tmp_path, file, tear):
    path = saved(tmp_path, 3) / "3" / file
    if tear == "remove":
        path.unlink()
    else:
        data = path.read_bytes()
        path.write_bytes(data[:-3] if tear == "truncate" else bytes([data[0] ^ 1]) + data[1:])
    assert checkpoints.latest(tmp_path / "7") is None


def test_an_older_one_serves_while_the_newer_is_torn(tmp_path):
    trial = saved(tmp_path, 3)
    (trial / "9").mkdir()
    (trial / "9" / "state.json").write_text("{")
    assert checkpoints.latest(trial).resource == 3


@pytest.mark.parametrize("form", [None, 1])
def test_one_of_another_format_is_none(tmp_path, form):
    path = saved(tmp_path, 3) / "3" / "state.json"
    state = json.loads(path.read_text())
    del state["format"]
    path.write_text(json.dumps(state if form is None else {**state, "format": form}))
    assert checkpoints.latest(tmp_path / "7") is None


def test_a_failing_save_leaves_the_one_before(tmp_path):
    trial = saved(tmp_path, 3)

    class Broken:
        finished = False

        def save(self, folder):
            (folder / "half").write_text("…")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(Broken(), trial, 9, 1.0, {})
    assert checkpoints.latest(trial).resource == 3
    assert [path.name for path in trial.iterdir()] == ["3"]
