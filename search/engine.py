"""How a study runs, from its configuration to its record. Read this file first.

A study holds one search for each family. A search is Ray Tune's loop (search/controller.py) with our parts in it: the
`Bridge` to Optuna proposes (search/searcher.py), `TrialActor` fits on the workers (search/trainable.py), to data or
features that are prepared once (search/feeding.py), ASHA or another rule stops (search/halting.py), and the `Ledger`
writes down what happens and shows it (search/ledger.py).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import ray
from optuna.storages import RDBStorage
from ray.exceptions import RayError

from models.api import Shared
from models.datasets import Dataset
from models.errors import UserError, WorkFailedError, last_line
from search import checkpoints, facts
from search.cluster import check_reach, check_shared, ray_running, room
from search.config import StudyConfig
from search.confirm import Retraining
from search.controller import Controller
from search.feeding import fed, note_source, prepared
from search.halting import Halted, Stop, scheduler
from search.ledger import Ledger
from search.mirror import Mirror, refuse_existing, storage_at
from search.plan import Search, check_same_images, describe, plan_study, without_password
from search.progress import Progress, SearchView
from search.record import Record, refuse_existing_folder
from search.resume import learned, reopened
from search.searcher import Bridge, exhausted
from search.spaces import grid, is_searched
from search.terminal import interruptible, own_terminal
from search.trackers import trackers
from search.trainable import TrialActor, Work, retrain
from search.trials import Trial


@dataclass
class Session:
    """One run of a study: what all of its searches share."""

    config: StudyConfig
    dataset: Dataset
    record: Record
    storage: RDBStorage
    stop: Stop
    study: dict[str, Any]  # study.json
    elsewhere: dict[str, list[Trial]]  # by family: trials of another study, to learn from


def run_study(config: StudyConfig) -> tuple[Record, bool]:
    """Run every search of a new study. Returns its record, and True if it was interrupted."""
    refuse_existing_folder(config.out, config.name)
    check_reach(config)
    searches, dataset = plan_study(config)
    elsewhere = learned(config, searches)
    with closing(Record.create(config.out, config.name)) as record:
        try:
            with storage_at(config.storage_url) as storage:
                refuse_existing(storage, [f"{config.name}/{search.family.name}" for search in searches])
                record.write_study(study := describe(config, searches, dataset))
                session = Session(config, dataset, record, storage, Stop(config.time_budget), study, elsewhere)
                run_searches(session, searches)
                if record.unsearched and not record.trials and not session.stop.interrupted:
                    raise record.unsearched
        except (UserError, KeyboardInterrupt):
            record.discard()  # if nothing has run
            raise
    return record, session.stop.interrupted


def resume_study(out: Path, name: str, more: int = 0, changes: Mapping[str, Any] | None = None) -> tuple[Record, bool]:
    """Go on with a study that ended, however it ended; with `more` trials a search and with changed settings."""
    config, study = reopened(out, name, more, changes or {})
    check_reach(config)
    searches, dataset = plan_study(config, study)
    check_same_images(dataset, study)
    elsewhere = learned(config, searches)
    runs = [*study.get("runs", []), {key: study[key] for key in ("started", "ended", "interrupted")}]
    kept: dict[str, Any] = {key: study[key] for key in ("test_reads", "confirmed", "confirming") if key in study}
    with closing(Record.reopen(out / name)) as record, storage_at(config.storage_url) as storage:
        elsewhere_now = bool(changes and changes.get("storage"))  # it may hold another study of this name
        if elsewhere_now and without_password(config.storage_url) != study["config"]["storage"]:
            refuse_existing(storage, [f"{name}/{search.family.name}" for search in searches])
        facts_now = {**describe(config, searches, dataset), **kept, "runs": runs}
        session = Session(config, dataset, record, storage, Stop(config.time_budget), facts_now, elsewhere)
        run_searches(session, searches)
    return record, session.stop.interrupted


def run_searches(session: Session, searches: Sequence[Search]) -> None:
    """One search after another, until the last is through or something ends the study."""
    record, stop = session.record, session.stop
    with ExitStack() as stack:
        console = stack.enter_context(own_terminal(record.logs / "ray.log"))
        stack.enter_context(interruptible(stop))
        stack.enter_context(ray_running(session.config))
        at_once = room(session.config)
        check_shared(record.folder.resolve())
        record.write_study(session.study)
        progress = stack.enter_context(Progress(console))
        stack.callback(note_end, session)
        for number, search in enumerate(searches):
            stop.share(len(searches) - number)
            run_search(session, search, progress, at_once)


def note_end(session: Session) -> None:
    """Write when and how the study ended; a full disk has been complained of already."""
    with suppress(OSError):
        session.record.write_study({**session.study, "ended": facts.now(), "interrupted": session.stop.interrupted})


def run_search(session: Session, search: Search, progress: Progress, at_once: int) -> None:
    """One search, to its end or until `stop` says so; every trial that began is in the record afterwards."""
    family, record, stop, config = search.family, session.record, session.stop, session.config
    ready = readied(session, search, progress)
    if ready is None:
        return
    search, shared = ready
    known = taken_up(record, family.name)
    bridge = Bridge(search, config.seed, known, session.elsewhere.get(family.name, ()))
    mirror = mirrored(session, search, known, progress)
    view = SearchView(family.name, search.metric, search.mode, family.resource, search.ladder, search.total)
    view.deadline, view.others = stop.deadline, search.others
    progress.show(view, known)
    rule = scheduler(search, known)
    ledger = Ledger(search, bridge, rule, record, mirror, progress, stop, config.keep_models)
    for line in remarks(search, known):
        progress.say(line)
    controller = Controller(
        bridge,
        actor=TrialActor,
        start={"work": work(session, search), "shared": ray.put(shared)},
        resources={"cpu": config.cpus_per_trial, "gpu": config.gpus_per_trial},
        at_once=at_once,
        plan=ledger.plan,
        hopeless=lambda trial: bool(ledger.overtime(trial)),
        scheduler=rule,
        stopper=stop,
        callbacks=[ledger, *trackers(config, record.logs)],
        folder=(record.logs / "tune" / family.name.replace(":", "-")).resolve(),
    )
    try:
        controller.run()
    finally:
        ledger.close()


def readied(session: Session, search: Search, progress: Progress) -> tuple[Search, Shared] | None:
    """The search, its features' network known, and what its trials share; None, said and recorded, if it cannot run."""
    name, record, stop = search.family.name, session.record, session.stop
    try:
        if stop.stop_all():
            raise Halted
        known = record.search(name)
        if search.source and exhausted(search, known):
            finished(session, search, known, progress)
            return None
        search, feed = fed(session, search, progress.say)
        for baseline, reason in search.left_out.items():
            progress.say(f"{name}: baseline {baseline} is left out: {reason}")
        if exhausted(search, known):
            note_source(session, search)
            finished(session, search, known, progress)
            return None
        shared = prepared(session.config, search.target, session.dataset, search.limit, feed, progress.say, stop)
        note_source(session, search)
    except Halted:
        progress.say(f"{name}: not searched, {stop.reason}")
        return None
    except Exception as error:
        record.note_failure(name, error)
        progress.say(f"{name}: not searched, {last_line(error)}")
        return None
    return search, shared


def finished(session: Session, search: Search, known: Sequence[Trial], progress: Progress) -> None:
    """Say of a search that there is nothing to run; the storage has what is known of it, the study its network."""
    with suppress(UserError, WorkFailedError):  # a network that is lost is missed by `confirm` alone
        fed(session, search, progress.say)
    if known:
        mirrored(session, search, known, progress)
    progress.say(f"{search.family.name}: not searched, {'all its trials have ended' if known else 'no trials'}")


def mirrored(session: Session, search: Search, known: Sequence[Trial], progress: Progress) -> Mirror:
    """The storage's copy of a search, with what is known of it."""
    mirror = Mirror(session.storage, f"{session.record.name}/{search.family.name}", search, progress.say)
    mirror.take_in(known)
    return mirror


def taken_up(record: Record, family: str) -> list[Trial]:
    """The trials of a search that are there already; those that had not finished, back at their last checkpoint."""
    known = record.search(family)
    for trial in known:
        if not trial.finished:
            saved = checkpoints.latest(checkpoints.home(record.folder / "checkpoints", family, trial.number))
            record.rewind(trial, saved.resource if saved else 0)
    return known


def remarks(search: Search, known: Sequence[Trial]) -> Iterator[str]:
    """Says which earlier trials lie outside of the space as it is now, and whether a grid is larger than the search."""
    numbers = [str(t.number) for t in known if not t.name and not is_searched(search.space, t.params)]
    if numbers:
        listed = ", ".join(numbers)
        yield f"{search.family.name}: outside of the space now, and not shown to the sampler: trials {listed}"
    trials, name = search.asked.trials, search.family.name
    if search.asked.searcher == "grid":
        points = len(list(islice(grid(search.space), trials + 1)))
        if points > trials:
            yield f"{name}: the grid has more than {trials} points; only its first ones, in order, are tried"
        elif points < trials:
            yield f"{name}: the grid has {points} points; there are no more trials than these"


def work(session: Session, search: Search) -> Work:
    """What the actors of a search need to know of it."""
    folder = session.record.folder.resolve()
    return Work(
        target=search.target,
        home=Path.cwd(),
        metrics=search.metrics,
        mode=search.mode,
        root=folder / "checkpoints",
        rungs=(1, *search.ladder),
        every=session.config.checkpoint_every,
        time_limit=session.config.trial_time_limit,
        logs=folder / "logs",
    )


def retrain_all(
    config: StudyConfig, work: Sequence[Retraining], dataset: Dataset, folder: Path
) -> Iterator[tuple[Retraining, dict[str, Any]]]:
    """Do each piece of `work` on the workers; yield those that succeed with their test figures."""
    check_reach(config)
    logs = folder / "logs"
    with own_terminal(logs / "ray.log") as console, ray_running(config):
        room(config)  # refuses what can never be scheduled
        data = ray.put(dataset)
        shared = shared_by(config, work, dataset, logs, partial(console.print, soft_wrap=True))
        remote = retrain.options(num_cpus=config.cpus_per_trial, num_gpus=config.gpus_per_trial)
        waiting = {
            remote.remote(
                t.target, Path.cwd(), t.params, t.limit, t.seed, shared[t.target, t.whole], data, t.kept, t.export
            ): t
            for t in work
            if (t.target, t.whole) in shared
        }
        while waiting:
            (done,), _ = ray.wait(list(waiting))
            task = waiting.pop(done)
            what = f"{task.family}: trial {task.trial}, seed {task.seed}"
            try:
                result = ray.get(done)
            except RayError as error:
                (logs / f"confirm-{task.family}-{task.trial}-{task.seed}.traceback.txt").write_text(str(error))
                console.print(f"{what} failed: {last_line(error)}", soft_wrap=True)
                continue
            yield task, result  # which is kept before it is shown
            figures = ", ".join(f"{name} {value:.4g}" for name, value in result["metrics"].items())
            console.print(f"{what}, on test: {figures}", soft_wrap=True)


def shared_by(
    config: StudyConfig, work: Sequence[Retraining], dataset: Dataset, logs: Path, say: Callable[[str], None]
) -> dict[tuple[str, bool], ray.ObjectRef]:
    """What the pieces of `work` share, by family and images; where it cannot be made, that is said and logged."""
    shared = {}
    for (target, whole), task in {(task.target, task.whole): task for task in work}.items():
        images = dataset.whole() if whole else dataset
        try:
            shared[target, whole] = ray.put(prepared(config, target, images, task.full, task.feed, say))
        except Exception as error:
            words = "".join(traceback.format_exception(error))
            (logs / f"confirm-{task.family}.traceback.txt").write_text(words, encoding="utf-8")
            say(f"{task.family} failed: {last_line(error)}")
    return shared
