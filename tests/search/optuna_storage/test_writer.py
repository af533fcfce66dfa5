"""The copy in an Optuna storage: numbers, states and times, on the first run and when a search
goes on.
"""

from __future__ import annotations

import time
from datetime import datetime

import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.storages import RDBStorage
from optuna.study import StudyDirection

from hypersearch.search.config.study_files import build
from hypersearch.search.optuna_storage.connection import storage_at
from hypersearch.search.optuna_storage.study_copy import OutOfStepError, StudyCopy
from hypersearch.search.optuna_storage.writer import OptunaStorageWriter
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.storage.trial import Step, Trial

CONFIG = {"x": 0.5, "shape": "valley"}
URL = "sqlite:///study.db"


def planned(**options):
    return plan_study(build(["toy"], {"name": "study", **options}))[0][0]


def trial(number, state="RUNNING", steps=1, **changes):
    """A trial that made a step a second, and has the value `number`/10 after the first."""
    made = Trial("toy", number, "", dict(CONFIG), 0, 9, state=state, started=1e6 + number)
    values = [number / 10 + step / 100 for step in range(steps)]
    made.steps = [
        Step(step, float(step), value, {"loss": value})
        for step, value in enumerate(values, start=1)
    ]
    made.ended = made.started + steps if state != "RUNNING" else 0.0
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def follow(trials, *later, search=None, said=None):
    """Take up trials, then hear of others, as a search does from its begin to its end."""
    with storage_at(URL) as storage:
        writer = OptunaStorageWriter(storage, "study/toy", search or planned(), (said or []).append)
        writer.add_existing(trials)
        for heard in later:
            writer.write()
            for each in heard:
                writer.mark_dirty(each)
        writer.close()


def stored():
    return optuna.load_study(study_name="study/toy", storage=URL).trials


def states():
    return {each.number: each.state.name for each in stored()}


def seconds(found):
    return (found.datetime_complete - found.datetime_start).total_seconds()


class Forgetful(RDBStorage):
    """A storage whose answer is lost the first time, after it has done its work."""

    lost = False

    def create_new_trial(self, study_id, template_trial=None):
        made = super().create_new_trial(study_id, template_trial)
        if not self.lost:
            self.lost = True
            raise OSError("server closed the connection unexpectedly")
        return made


def test_a_call_whose_answer_is_lost_is_not_done_twice(here):
    said = []
    running = trial(0, steps=1)
    storage = Forgetful(URL)
    writer = OptunaStorageWriter(storage, "study/toy", planned(), said.append)
    writer.add_existing([])
    writer.write()
    writer.mark_dirty(running)
    writer.write()
    running.state, running.ended = "COMPLETE", 1_000_002.0
    writer.mark_dirty(running)
    writer.close()
    storage.engine.dispose()
    (found,) = stored()
    assert (found.number, found.state.name, found.value, found.params) == (
        0,
        "COMPLETE",
        0.0,
        CONFIG,
    )
    assert found.datetime_start == datetime.fromtimestamp(1_000_000.0)
    assert said == [
        "the storage does not take the trials, server closed the connection unexpectedly; "
        "they are safe in the study folder"
    ]


def test_a_trial_that_ends_between_two_writes_has_its_own_times(here):
    follow(
        [], [trial(0, "COMPLETE", steps=3), trial(1, "PRUNED", steps=2), trial(2, "FAIL", steps=1)]
    )
    assert [seconds(each) for each in stored()] == [3, 2, 1]
    assert [(each.state.name, each.value) for each in stored()] == [
        ("COMPLETE", 0.02),
        ("PRUNED", 0.11),
        ("FAIL", None),
    ]


def test_a_trial_that_was_seen_running_ends_when_that_is_written(here):
    follow([], [trial(0)], [trial(0, steps=2)], [trial(0, "COMPLETE", steps=3)])
    (found,) = stored()
    assert found.intermediate_values == {1: 0.0, 2: 0.01, 3: 0.02}
    assert found.datetime_start == datetime.fromtimestamp(1e6)
    assert 0 <= time.time() - found.datetime_complete.timestamp() < 60


def test_a_running_trial_is_seen(here):
    follow([], [trial(0, "COMPLETE"), trial(1, steps=2)])
    assert states() == {0: "COMPLETE", 1: "RUNNING"}
    assert stored()[1].intermediate_values == {1: 0.1, 2: 0.11}


def test_trials_keep_their_numbers_whatever_the_order_in_which_they_come(here):
    follow([], [trial(2, "COMPLETE")], [trial(1)], [trial(0, "COMPLETE"), trial(1, "PRUNED")])
    assert states() == {0: "COMPLETE", 1: "PRUNED", 2: "COMPLETE"}
    assert [each.intermediate_values[1] for each in stored()] == [0.0, 0.1, 0.2]


def test_a_number_that_never_began_is_kept_free_and_taken_later(here):
    follow([], [trial(0, "COMPLETE"), trial(2, "COMPLETE")])
    assert states() == {0: "COMPLETE", 1: "WAITING", 2: "COMPLETE"}
    follow([trial(0, "COMPLETE"), trial(2, "COMPLETE")], [trial(1, "PRUNED")])
    assert states() == {0: "COMPLETE", 1: "PRUNED", 2: "COMPLETE"}


def test_a_trial_that_was_cut_off_goes_on(here):
    follow(
        [],
        [
            trial(0, "COMPLETE", steps=9),
            trial(1, "PRUNED", steps=2, cut=True),
            trial(2, "COMPLETE"),
        ],
    )
    study = optuna.load_study(study_name="study/toy", storage=URL)
    study.set_user_attr("note", "ours")
    study._storage.set_study_system_attr(study._study_id, "their", 1)
    follow(
        [trial(0, "COMPLETE", steps=9), trial(1, steps=2), trial(2, "COMPLETE")],
        [trial(1, "COMPLETE", steps=4)],
    )
    assert states() == {0: "COMPLETE", 1: "COMPLETE", 2: "COMPLETE"}
    assert [len(each.intermediate_values) for each in stored()] == [9, 4, 1]
    assert optuna.load_study(study_name="study/toy", storage=URL).user_attrs == {"note": "ours"}


def test_trials_that_the_record_lacks_go(here):
    follow([], [trial(0, "COMPLETE"), trial(1), trial(2)])
    follow([trial(0, "COMPLETE"), trial(1)], [trial(1, "COMPLETE", steps=2)])
    assert states() == {0: "COMPLETE", 1: "COMPLETE"}


def test_finished_trials_are_left_as_they_are(here):
    follow([], [trial(0)], [trial(0, "COMPLETE", steps=2)])
    study, before = optuna.load_study(study_name="study/toy", storage=URL), stored()
    follow([trial(0, "COMPLETE", steps=2)], [trial(1, "COMPLETE")])
    assert optuna.load_study(study_name="study/toy", storage=URL)._study_id == study._study_id
    assert stored()[0] == before[0]
    assert states() == {0: "COMPLETE", 1: "COMPLETE"}


@pytest.mark.parametrize("resource", [0, 1])
def test_a_trial_that_lost_its_worker_and_ends_sooner_has_only_its_own_steps(here, resource):
    again = trial(0, "FAIL", steps=resource)
    follow([], [trial(0, steps=3), trial(1, "COMPLETE")], [again])
    assert states() == {0: "FAIL", 1: "COMPLETE"}
    assert list(stored()[0].intermediate_values) == list(range(1, resource + 1))


def chosen(value, choices):
    shape = {"shape": CategoricalDistribution(choices)}
    return optuna.trial.create_trial(value=1.0, params={"shape": value}, distributions=shape)


def test_the_choices_of_a_search_may_become_fewer_and_more(here):
    with storage_at(URL) as storage:
        copy = StudyCopy(storage, "study/toy", [StudyDirection.MINIMIZE])
        copy.write({0: chosen("a", "abc")})
        copy.write({1: chosen("b", "ab")})  # the earlier choices hold it
        with pytest.raises(OutOfStepError):
            copy.write({2: chosen("d", "abd")})
        copy.write_all(
            {0: chosen("a", "abd"), 1: chosen("b", "abd"), 2: chosen("d", "abd")}, anew=True
        )
    assert [each.params["shape"] for each in stored()] == ["a", "b", "d"]
    assert {each.distributions["shape"].choices for each in stored()} == {("a", "b", "d")}


def test_a_study_that_somebody_removed_is_made_anew(here):
    said = []
    with storage_at(URL) as storage:
        writer = OptunaStorageWriter(storage, "study/toy", planned(), said.append)
        writer.add_existing([trial(0, "COMPLETE")])
        writer.write()
        optuna.delete_study(study_name="study/toy", storage=URL)
        writer.mark_dirty(trial(1, "COMPLETE"))
        writer.write()
        writer.close()
    assert states() == {0: "COMPLETE", 1: "COMPLETE"}
    assert len(said) == 1


def test_a_storage_that_is_busy_does_not_hold_up_the_search(here):
    with storage_at(URL) as storage:
        writer = OptunaStorageWriter(storage, "study/toy", planned(), print)
        writer.add_existing([])
        writer.write()
        with storage.engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")  # the database is locked
            writer.mark_dirty(trial(0, "COMPLETE"))
            began = time.monotonic()
            time.sleep(1.1)
            for _ in range(3):
                writer.write_if_due()
            assert time.monotonic() - began < 1.6
            other.exec_driver_sql("ROLLBACK")
        writer.close()
    assert states() == {0: "COMPLETE"}
