"""Searches that tell a tracker, through real Ray; what TensorBoard, MLflow and wandb then hold."""

from __future__ import annotations

import struct
from importlib.util import find_spec

import pytest

import hypersearch
from hypersearch.models.errors import UserError
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.runner import run_study
from hypersearch.search.trackers import registry

through_ray = pytest.mark.usefixtures("ray_session")
their_warnings = pytest.mark.filterwarnings("default")


def run(*targets, **options):
    record, _ = run_study(
        build(targets, {"name": "study", "dataset": "digits", "concurrency": "1", **options})
    )
    return hypersearch.load(record.folder)


def scalars(folder):
    """By tag, the values by step in TensorBoard's event files: records of a length, its checksum,
    data, a checksum.
    """
    from tensorboardX.proto.event_pb2 import Event

    found = {}
    for path in sorted(folder.glob("events.out.tfevents.*")):
        data = path.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            event = Event.FromString(data[12 : 12 + length])
            for value in event.summary.value:
                if value.WhichOneof("value") == "simple_value":
                    found.setdefault(value.tag, {})[event.step] = value.simple_value
            data = data[16 + length :]
    return found


@through_ray
class TestTensorBoard:
    def test_it_holds_every_step(self, here):
        study = run("toy", trials="3", max_resource="3", track="tensorboard")
        assert study.facts["config"]["track"] == ["tensorboard"]
        for _, trial in study.trials.iterrows():
            found = scalars(study.folder / "logs" / "tensorboard" / f"toy-{trial['trial']}")
            steps = study.history[study.history["trial"] == trial["trial"]].set_index("step")
            for tag, column in (("objective", "val.loss"), ("accuracy", "val.accuracy")):
                assert found[f"ray/tune/{tag}"] == pytest.approx(steps[column].to_dict())

    @pytest.mark.slow
    def test_a_failed_trial_and_one_whose_worker_died_do_not_disturb_it(self, here):
        for way in ("raise", "die"):
            study = run(
                "tests.broken:FAMILY", trials="2", set={"way": way}, track="tensorboard", out=way
            )
            assert set(study.trials["state"]) == {"FAIL"}
            found = scalars(study.folder / "logs" / "tensorboard" / "broken-0")
            assert found["ray/tune/objective"] == {1: 1.0}


@through_ray
@their_warnings
@pytest.mark.skipif(
    find_spec("mlflow") is None, reason="mlflow is not installed: pip install -e .[mlflow]"
)
class TestMLflow:
    def test_it_holds_configurations_and_figures(self, here):
        import mlflow

        study = run("toy", trials="2", max_resource="3", track="mlflow")
        address = f"sqlite:///{study.folder.resolve()}/logs/mlflow/mlflow.db"
        client = mlflow.MlflowClient(address)
        experiment = client.get_experiment_by_name("study")
        runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
        assert sorted(runs) == ["study-toy-0", "study-toy-1", "study-toy-2"]
        for _, trial in study.trials.iterrows():
            theirs = runs[f"study-toy-{trial['trial']}"]
            assert theirs.info.status == "FINISHED"
            assert float(theirs.data.params["x"]) == trial["param.x"]
            assert theirs.data.metrics["objective"] == trial["objective"]
            assert theirs.data.metrics["accuracy"] == trial["val.accuracy"]


@through_ray
@their_warnings
@pytest.mark.skipif(
    find_spec("wandb") is None, reason="wandb is not installed: pip install -e .[wandb]"
)
class TestWandb:
    def test_it_writes_a_run_for_each_trial(self, here, monkeypatch):
        monkeypatch.setenv("WANDB_MODE", "offline")
        study = run("toy", trials="1", max_resource="2", track="wandb")
        assert len(list((study.folder / "logs" / "wandb").rglob("*.wandb"))) == 2

    def test_without_a_key_it_is_refused_in_a_line(self, here, monkeypatch):
        for name in ("WANDB_MODE", "WANDB_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(UserError, match="^--track wandb: No WandB API key found"):
            run("toy", trials="1", track="wandb")
        assert not (here / "runs" / "study").exists()


@pytest.mark.parametrize(
    ("name", "package"), [("tensorboard", "tensorboardX"), ("mlflow", "mlflow"), ("wandb", "wandb")]
)
def test_a_missing_package_is_named_before_anything_is_written(here, monkeypatch, name, package):
    monkeypatch.setattr(registry, "find_spec", lambda asked: None)
    with pytest.raises(UserError) as error:
        run_study(build(["toy"], {"track": name}))
    assert str(error.value) == f"--track {name} needs {package}: pip install 'hypersearch[{name}]'"
    assert not list(here.iterdir())


def test_track_takes_several_and_names_the_nearest(here):
    assert build(["toy"], {"track": "tensorboard,mlflow"}).track == ("tensorboard", "mlflow")
    assert build(["toy"], {}).track == ()
    with pytest.raises(
        UserError, match="^unknown track 'tensorbord', allowed: .*; did you mean 'tensorboard'"
    ):
        build(["toy"], {"track": "tensorbord"})
