"""A search with two objectives, through real Ray."""

from __future__ import annotations

import optuna
import pytest

import hypersearch
from hypersearch.analysis.study.ranking import rank
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.runner import resume_study, run_study

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]


@pytest.mark.parametrize("searcher", ["nsga2", pytest.param("tpe", marks=pytest.mark.slow)])
def test_a_search_with_two_objectives(here, searcher):
    options = {
        "name": "study",
        "trials": "5",
        "metric": "loss,accuracy",
        "searcher": searcher,
        "max_resource": "3",
    }
    record, _ = run_study(build(["toy"], options))
    study = hypersearch.load(record.folder)
    assert study.search("toy")["objectives"] == {"loss": "min", "accuracy": "max"}
    assert set(study.trials["state"]) == {"COMPLETE"}  # none is stopped early
    ranked = rank(study, "toy")
    assert ranked.iloc[0]["front"] == 1
    assert ranked["front"].is_monotonic_increasing
    theirs = optuna.load_study(study_name="study/toy", storage=study.facts["config"]["storage"])
    assert [side.name for side in theirs.directions] == ["MINIMIZE", "MAXIMIZE"]
    values = {
        row["trial"]: [row["val.loss"], row["val.accuracy"]] for _, row in study.trials.iterrows()
    }
    assert {trial.number: trial.values for trial in theirs.trials} == values
    resume_study(here / "runs", "study", more=2)
    assert len(hypersearch.load(record.folder).trials) == 8
