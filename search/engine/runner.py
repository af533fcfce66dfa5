"""How a study runs, from its configuration to its record. Read this file first.

A study holds one search for each family. A search is Ray Tune's loop (search/engine/tune_loop.py)
these parts in it:

- `OptunaSearcher` proposes configurations (search/suggest/);
- `TrialActor` fits them on the workers (search/engine/worker.py), to data or features that are
  prepared once (search/engine/data_preparation.py);
- ASHA or another scheduler stops trials (search/schedulers/);
- `RecordCallback` writes down what happens and shows it (search/engine/callbacks.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import ray

from hypersearch.models.api import Shared
from hypersearch.models.errors import UserError, WorkFailedError, last_line
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.display.progress import Progress, SearchView
from hypersearch.search.display.terminal import interruptible, own_terminal
from hypersearch.search.engine.callbacks import RecordCallback
from hypersearch.search.engine.cluster import check_nodes, check_reach, ray_running, trials_at_once
from hypersearch.search.engine.data_preparation import note_source, prepare_data, resolve_features
from hypersearch.search.engine.scheduler import make_scheduler
from hypersearch.search.engine.session import Session
from hypersearch.search.engine.stopper import Halted, Stop
from hypersearch.search.engine.tune_loop import TuneLoop
from hypersearch.search.engine.worker import TrialActor, Work
from hypersearch.search.optuna_storage.connection import refuse_existing, storage_at
from hypersearch.search.optuna_storage.writer import OptunaStorageWriter
from hypersearch.search.planned_search import Search
from hypersearch.search.planning import environment
from hypersearch.search.planning.dataset import check_same_images
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.planning.resume import reopen_config, warm_start_trials
from hypersearch.search.planning.study_json import describe_study, without_password
from hypersearch.search.searchers import SEARCHERS
from hypersearch.search.space.proposals import grid, is_searched
from hypersearch.search.storage import checkpoints
from hypersearch.search.storage.record import Record, refuse_existing_folder
from hypersearch.search.storage.trial import Trial
from hypersearch.search.suggest.optuna_searcher import OptunaSearcher, exhausted
from hypersearch.search.trackers.callback import trackers


def run_study(config: StudyConfig) -> tuple[Record, bool]:
    """Run every search of a new study. Returns its record, and True if it was interrupted."""
    refuse_existing_folder(config.out, config.name)
    check_reach(config)
    searches, dataset = plan_study(config)
    elsewhere = warm_start_trials(config, searches)
    stop = Stop(config.time_budget)
    with closing(Record.create(config.out, config.name)) as record:
        try:
            with storage_at(config.storage_url) as storage:
                refuse_existing(storage, study_names(config, searches))
                study = describe_study(config, searches, dataset)
                record.write_study(study)
                run_searches(
                    Session(config, dataset, record, storage, stop, study, elsewhere), searches
                )
                if record.unsearched and not record.trials and not stop.interrupted:
                    raise record.unsearched
        except (UserError, KeyboardInterrupt):
            record.discard()  # if nothing has run
            raise
    return record, stop.interrupted


def resume_study(
    out: Path, name: str, more: int = 0, changes: Mapping[str, Any] | None = None
) -> tuple[Record, bool]:
    """Continue a study, however it ended, with `more` trials a search and changed settings.

    Returns its record, and True if it was interrupted.
    """
    changes = changes or {}
    config, study = reopen_config(out, name, more, changes)
    check_reach(config)
    searches, dataset = plan_study(config, study)
    check_same_images(dataset, study)
    elsewhere = warm_start_trials(config, searches)
    stop = Stop(config.time_budget)
    with closing(Record.reopen(out / name)) as record, storage_at(config.storage_url) as storage:
        recorded_url = study["config"]["storage"]
        if changes.get("storage") and without_password(config.storage_url) != recorded_url:
            # the other storage may hold another study of this name
            refuse_existing(storage, study_names(config, searches))
        facts = {**describe_study(config, searches, dataset), **facts_of_earlier_runs(study)}
        run_searches(Session(config, dataset, record, storage, stop, facts, elsewhere), searches)
    return record, stop.interrupted


def study_names(config: StudyConfig, searches: Sequence[Search]) -> list[str]:
    """The names of the searches in the Optuna storage."""
    return [f"{config.name}/{search.family.name}" for search in searches]


def facts_of_earlier_runs(study: Mapping[str, Any]) -> dict[str, Any]:
    """What a study.json keeps when the study goes on: its runs, and its confirmation."""
    last_run = {key: study[key] for key in ("started", "ended", "interrupted")}
    confirmation = ("test_reads", "confirmed", "confirming")
    return {
        **{key: study[key] for key in confirmation if key in study},
        "runs": [*study.get("runs", []), last_run],
    }


def run_searches(session: Session, searches: Sequence[Search]) -> None:
    """Run one search after another, until the last has ended or something ends the study."""
    record, stop = session.record, session.stop
    with ExitStack() as stack:
        console = stack.enter_context(own_terminal(record.logs / "ray.log"))
        stack.enter_context(interruptible(stop))
        stack.enter_context(ray_running(session.config))
        at_once = trials_at_once(session.config)
        check_nodes(session.config, record.folder.resolve())
        record.write_study(session.study)
        progress = stack.enter_context(Progress(console))
        stack.callback(note_end, session)
        for number, search in enumerate(searches):
            stop.share(len(searches) - number)
            run_search(session, search, progress, at_once)


def note_end(session: Session) -> None:
    """Write when and how the study ended. A full disk has been reported already."""
    with suppress(OSError):
        session.record.write_study(
            {**session.study, "ended": environment.now(), "interrupted": session.stop.interrupted}
        )


def run_search(session: Session, search: Search, progress: Progress, at_once: int) -> None:
    """Run one search to its end, or until `session.stop` ends it.

    Every trial that began is in the record afterwards.
    """
    config, record, stop = session.config, session.record, session.stop
    ready = prepare_search(session, search, progress)
    if ready is None:
        return
    search, shared = ready
    name = search.family.name
    known = reopen_trials(record, name)
    searcher = OptunaSearcher(search, config.seed, known, session.elsewhere.get(name, ()))
    writer = open_storage_writer(session, search, known, progress)
    show_search(search, known, stop, progress)
    scheduler = make_scheduler(search, known)
    recorder = RecordCallback(
        search, searcher, scheduler, record, writer, progress, stop, config.keep_models
    )
    loop = TuneLoop(
        searcher,
        actor=TrialActor,
        start={"work": worker_settings(session, search), "shared": ray.put(shared)},
        resources={"cpu": config.cpus_per_trial, "gpu": config.gpus_per_trial},
        at_once=at_once,
        plan=recorder.plan,
        is_unrecoverable=lambda trial: bool(recorder.overtime(trial)),
        scheduler=scheduler,
        stopper=stop,
        callbacks=[recorder, *trackers(config.track, config.name, record.logs)],
        folder=(record.logs / "tune" / name.replace(":", "-")).resolve(),
    )
    try:
        loop.run()
    finally:
        recorder.close()


def prepare_search(
    session: Session, search: Search, progress: Progress
) -> tuple[Search, Shared] | None:
    """Return the search with the network of its features, and what its trials share.

    Returns None if there is nothing to run or it cannot run; the reason is shown and recorded.
    """
    name, record, stop = search.family.name, session.record, session.stop
    try:
        if stop.stop_all():
            raise Halted
        known = record.search(name)
        if search.source and exhausted(search, known):
            report_finished(session, search, known, progress)
            return None
        search, feature_source = resolve_features(session, search, progress.say)
        for baseline, reason in search.left_out.items():
            progress.say(f"{name}: baseline {baseline} is left out: {reason}")
        if exhausted(search, known):
            note_source(session, search)
            report_finished(session, search, known, progress)
            return None
        shared = prepare_data(
            session.config,
            search.target,
            session.dataset,
            search.max_resource,
            feature_source,
            progress.say,
            stop,
        )
        note_source(session, search)
    except Halted:
        progress.say(f"{name}: not searched, {stop.reason}")
        return None
    except Exception as error:
        record.note_failure(name, error)
        progress.say(f"{name}: not searched, {last_line(error)}")
        return None
    return search, shared


def report_finished(
    session: Session, search: Search, known: Sequence[Trial], progress: Progress
) -> None:
    """Say that a search has nothing to run, and bring its storage and its network up to date."""
    # A network that is lost is missed by `confirm` alone.
    with suppress(UserError, WorkFailedError):
        resolve_features(session, search, progress.say)
    if known:
        open_storage_writer(session, search, known, progress).close()
    reason = "all its trials have ended" if known else "no trials"
    progress.say(f"{search.family.name}: not searched, {reason}")


def open_storage_writer(
    session: Session, search: Search, known: Sequence[Trial], progress: Progress
) -> OptunaStorageWriter:
    """Return the writer of the storage's copy of a search, with its `known` trials."""
    study_name = f"{session.record.name}/{search.family.name}"
    writer = OptunaStorageWriter(session.storage, study_name, search, progress.say)
    writer.add_existing(known)
    return writer


def reopen_trials(record: Record, family: str) -> list[Trial]:
    """The recorded trials of a search; unfinished ones are set back to their last checkpoint."""
    known = record.search(family)
    root = record.folder / "checkpoints"
    for trial in known:
        if not trial.finished:
            saved = checkpoints.latest(checkpoints.home(root, family, trial.number))
            record.rewind(trial, saved.resource if saved else 0)
    return known


def show_search(search: Search, known: Sequence[Trial], stop: Stop, progress: Progress) -> None:
    """Begin to show a search, with its warnings."""
    family = search.family
    view = SearchView(
        family.name, search.metric, search.mode, family.resource, search.ladder, search.total
    )
    view.deadline, view.others = stop.deadline, search.others
    progress.show(view, known)
    for line in warnings_for(search, known):
        progress.say(line)


def warnings_for(search: Search, known: Sequence[Trial]) -> Iterator[str]:
    """Warn of earlier trials outside of the space, and of a grid of another size than asked."""
    name, trials = search.family.name, search.asked.trials
    proposed = [trial for trial in known if not trial.name]
    outside = [str(t.number) for t in proposed if not is_searched(search.space, t.params)]
    if outside:
        words = "outside of the space now, and not shown to the sampler"
        yield f"{name}: {words}: trials {', '.join(outside)}"
    if not SEARCHERS[search.asked.searcher].enumerates:
        return
    points = len(list(islice(grid(search.space), trials + 1)))
    if points > trials:
        words = f"the grid has more than {trials} points; only its first ones, in order, are tried"
        yield f"{name}: {words}"
    elif points < trials:
        yield f"{name}: the grid has {points} points; there are no more trials than these"


def worker_settings(session: Session, search: Search) -> Work:
    """What the actors of a search need to know of it."""
    folder = session.record.folder.resolve()
    return Work(
        target=search.target,
        home=session.config.home,
        metrics=search.metrics,
        mode=search.mode,
        root=folder / "checkpoints",
        rungs=(1, *search.ladder),
        every=session.config.checkpoint_every,
        time_limit=session.config.trial_time_limit,
        logs=folder / "logs",
    )
