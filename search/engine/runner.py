"""How a study runs, from its configuration to its record. Read this file first.

A study holds one search for each family. A search is Ray Tune's loop (search/engine/tune_loop.py)
with our parts in it: the `OptunaSearcher` proposes (search/suggest/), `TrialActor` fits on the
workers (search/engine/worker.py), to data or features that are prepared once
(search/engine/data_preparation.py), ASHA or another scheduler stops trials (search/schedulers/),
and the `Ledger` writes down what happens and shows it (search/engine/callbacks.py).
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
    with closing(Record.create(config.out, config.name)) as record:
        try:
            with storage_at(config.storage_url) as storage:
                refuse_existing(
                    storage, [f"{config.name}/{search.family.name}" for search in searches]
                )
                record.write_study(study := describe_study(config, searches, dataset))
                session = Session(
                    config, dataset, record, storage, Stop(config.time_budget), study, elsewhere
                )
                run_searches(session, searches)
                if record.unsearched and not record.trials and not session.stop.interrupted:
                    raise record.unsearched
        except (UserError, KeyboardInterrupt):
            record.discard()  # if nothing has run
            raise
    return record, session.stop.interrupted


def resume_study(
    out: Path, name: str, more: int = 0, changes: Mapping[str, Any] | None = None
) -> tuple[Record, bool]:
    """Go on with a study that ended, however it ended; with `more` trials a search and with changed
    settings.
    """
    config, study = reopen_config(out, name, more, changes or {})
    check_reach(config)
    searches, dataset = plan_study(config, study)
    check_same_images(dataset, study)
    elsewhere = warm_start_trials(config, searches)
    runs = [
        *study.get("runs", []),
        {key: study[key] for key in ("started", "ended", "interrupted")},
    ]
    kept: dict[str, Any] = {
        key: study[key] for key in ("test_reads", "confirmed", "confirming") if key in study
    }
    with closing(Record.reopen(out / name)) as record, storage_at(config.storage_url) as storage:
        elsewhere_now = bool(
            changes and changes.get("storage")
        )  # it may hold another study of this name
        if elsewhere_now and without_password(config.storage_url) != study["config"]["storage"]:
            refuse_existing(storage, [f"{name}/{search.family.name}" for search in searches])
        facts_now = {**describe_study(config, searches, dataset), **kept, "runs": runs}
        session = Session(
            config, dataset, record, storage, Stop(config.time_budget), facts_now, elsewhere
        )
        run_searches(session, searches)
    return record, session.stop.interrupted


def run_searches(session: Session, searches: Sequence[Search]) -> None:
    """One search after another, until the last is through or something ends the study."""
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
    """Write when and how the study ended; a full disk has been complained of already."""
    with suppress(OSError):
        session.record.write_study(
            {**session.study, "ended": environment.now(), "interrupted": session.stop.interrupted}
        )


def run_search(session: Session, search: Search, progress: Progress, at_once: int) -> None:
    """One search, to its end or until `stop` says so; every trial that began is in the record
    afterwards.
    """
    family, record, stop, config = search.family, session.record, session.stop, session.config
    ready = prepare_search(session, search, progress)
    if ready is None:
        return
    search, shared = ready
    known = reopen_trials(record, family.name)
    bridge = OptunaSearcher(search, config.seed, known, session.elsewhere.get(family.name, ()))
    mirror = open_storage_writer(session, search, known, progress)
    view = SearchView(
        family.name, search.metric, search.mode, family.resource, search.ladder, search.total
    )
    view.deadline, view.others = stop.deadline, search.others
    progress.show(view, known)
    rule = make_scheduler(search, known)
    ledger = RecordCallback(
        search, bridge, rule, record, mirror, progress, stop, config.keep_models
    )
    for line in warnings_for(search, known):
        progress.say(line)
    controller = TuneLoop(
        bridge,
        actor=TrialActor,
        start={"work": worker_settings(session, search), "shared": ray.put(shared)},
        resources={"cpu": config.cpus_per_trial, "gpu": config.gpus_per_trial},
        at_once=at_once,
        plan=ledger.plan,
        is_unrecoverable=lambda trial: bool(ledger.overtime(trial)),
        scheduler=rule,
        stopper=stop,
        callbacks=[ledger, *trackers(config.track, config.name, record.logs)],
        folder=(record.logs / "tune" / family.name.replace(":", "-")).resolve(),
    )
    try:
        controller.run()
    finally:
        ledger.close()


def prepare_search(
    session: Session, search: Search, progress: Progress
) -> tuple[Search, Shared] | None:
    """The search, its features' network known, and what its trials share; None, said and recorded,
    if it cannot run.
    """
    name, record, stop = search.family.name, session.record, session.stop
    try:
        if stop.stop_all():
            raise Halted
        known = record.search(name)
        if search.source and exhausted(search, known):
            report_finished(session, search, known, progress)
            return None
        search, feed = resolve_features(session, search, progress.say)
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
            feed,
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
    """Say of a search that there is nothing to run; the storage has what is known of it, the study
    its network.
    """
    with suppress(
        UserError, WorkFailedError
    ):  # a network that is lost is missed by `confirm` alone
        resolve_features(session, search, progress.say)
    if known:
        open_storage_writer(session, search, known, progress)
    progress.say(
        f"{search.family.name}: not searched,"
        f" {'all its trials have ended' if known else 'no trials'}"
    )


def open_storage_writer(
    session: Session, search: Search, known: Sequence[Trial], progress: Progress
) -> OptunaStorageWriter:
    """The storage's copy of a search, with what is known of it."""
    mirror = OptunaStorageWriter(
        session.storage, f"{session.record.name}/{search.family.name}", search, progress.say
    )
    mirror.add_existing(known)
    return mirror


def reopen_trials(record: Record, family: str) -> list[Trial]:
    """The trials of a search that are there already; those that had not finished, back at their
    last checkpoint.
    """
    known = record.search(family)
    for trial in known:
        if not trial.finished:
            saved = checkpoints.latest(
                checkpoints.home(record.folder / "checkpoints", family, trial.number)
            )
            record.rewind(trial, saved.resource if saved else 0)
    return known


def warnings_for(search: Search, known: Sequence[Trial]) -> Iterator[str]:
    """Says which earlier trials lie outside of the space as it is now, and whether a grid is larger
    than the search.
    """
    numbers = [
        str(t.number) for t in known if not t.name and not is_searched(search.space, t.params)
    ]
    if numbers:
        listed = ", ".join(numbers)
        yield (
            f"{search.family.name}: outside of the space now, and not shown to the sampler: trials"
            f" {listed}"
        )
    trials, name = search.asked.trials, search.family.name
    if SEARCHERS[search.asked.searcher].enumerates:
        points = len(list(islice(grid(search.space), trials + 1)))
        if points > trials:
            yield (
                f"{name}: the grid has more than {trials} points; only its first ones, in order,"
                " are tried"
            )
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
