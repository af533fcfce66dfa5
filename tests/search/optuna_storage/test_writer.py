"""The copy in an Optuna storage, when the storage does not do as it is told."""

from __future__ import annotations

from contextlib import contextmanager

import optuna

from hypersearch.search.config.study_files import build
from hypersearch.search.optuna_storage.connection import storage_at
from hypersearch.search.optuna_storage.writer import OptunaStorageWriter
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.storage.trial import Step, Trial

CONFIG = {"x": 0.5, "shape": "valley"}


class Forgetful:
    """An engine whose answer is lost the first time, after it has done its work."""

    def __init__(self, engine):
        self._engine, self._lost = engine, False

    @contextmanager
    def begin(self):
        with self._engine.begin() as connection:
            yield connection
        if not self._lost:
            self._lost = True
            raise OSError("server closed the connection unexpectedly")


def test_a_transaction_whose_answer_is_lost_is_not_done_twice(here):
    (search,), _ = plan_study(build(["toy"], {"name": "study"}))
    said = []
    trial = Trial("toy", 0, "", CONFIG, 0, 1, started=1_000_000.0)
    trial.steps.append(Step(1, 2.0, 0.25, {"loss": 0.25}))
    with storage_at("sqlite:///study.db") as storage:
        mirror = OptunaStorageWriter(storage, "study/toy", search, said.append)
        mirror.add_existing([])
        mirror._engine = Forgetful(mirror._engine)
        mirror.mark_dirty(trial)
        mirror.write()
        trial.state, trial.ended = "COMPLETE", 1_000_002.0
        mirror.mark_dirty(trial)
        mirror.write()
    (found,) = optuna.load_study(study_name="study/toy", storage="sqlite:///study.db").trials
    assert (found.number, found.state.name, found.value, found.params) == (
        0,
        "COMPLETE",
        0.25,
        CONFIG,
    )
    assert (found.datetime_complete - found.datetime_start).total_seconds() == 2
    assert said == [
        "the storage does not take the trials, server closed the connection unexpectedly; "
        "they are safe in the study folder"
    ]
