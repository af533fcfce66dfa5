"""What the trials of a search share, prepared once: data, or the features that it is fitted on.

Whatever needs a Keras backend for that is done on a worker: TensorFlow is never loaded beside Ray
Tune's loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayTaskError

from hypersearch.clustering.features.feature_spec import network
from hypersearch.models.api import Shared
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError, WorkFailedError
from hypersearch.models.evaluation.encoding import encoded
from hypersearch.search import planned_search
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.engine.retrain_task import call_on_worker
from hypersearch.search.engine.stopper import Halted, Stop
from hypersearch.search.families import find
from hypersearch.search.features.feature_source import FeatureSource
from hypersearch.search.features.network_export import export_network
from hypersearch.search.planned_search import Search
from hypersearch.search.planning import feature_dependencies
from hypersearch.search.planning.study_json import describe_search

if TYPE_CHECKING:
    from hypersearch.search.engine.session import Session

LOOK = 1.0  # seconds between two looks at whether the search is to end


def prepare_data(
    config: StudyConfig,
    target: str,
    dataset: Dataset,
    limit: int,
    feature_source: FeatureSource,
    say: Callable[[str], None],
    stop: Stop | None = None,
) -> Shared:
    """Return what the trials of a family share on these images.

    A full trial takes `limit` steps. Raises `Halted` if `stop` ends the search meanwhile.
    """
    encode = partial(on_a_worker(config, stop), encoded)
    say_or_halt = interruptible_say(stop, say) if stop else say
    options = feature_source.options(config, limit, encode, say_or_halt)
    return find(target, config.home).prepare(dataset, options)


def on_a_worker(config: StudyConfig, stop: Stop | None = None) -> Callable[..., Any]:
    """Return a function that calls another on a worker and waits for its result, or for `stop`."""
    remote = call_on_worker.options(num_cpus=config.cpus_per_trial, num_gpus=config.gpus_per_trial)

    def call(*work: Any) -> Any:
        waited = remote.remote(*work)
        while not ray.wait([waited], timeout=LOOK)[0]:
            if stop and stop.stop_all():
                ray.cancel(waited, force=True)
                raise Halted
        try:
            return ray.get(waited)
        except RayTaskError as error:
            if isinstance(error.cause, UserError | WorkFailedError):
                raise error.cause from None
            raise

    return call


def resolve_features(
    session: Session, search: Search, say: Callable[[str], None]
) -> tuple[Search, FeatureSource]:
    """Return the search with its features' network, which is exported, and what it is fitted on."""
    step = network(search.features) if search.features else None
    if step is None:
        return search, FeatureSource(search.features)
    folder, call = session.record.folder, on_a_worker(session.config, session.stop)
    known = feature_dependencies.recorded_sources(session.study)
    origin = export_network(session.config, step, search, known, session.dataset, folder, call)
    seen = ""
    if origin.fitted_on != planned_search.TRAIN:
        seen = f"; it has seen the validation images ({origin.fitted_on})"
    say(
        f"{search.family.name}: features of {origin.family}, {origin.label} of {origin.study}{seen}"
    )
    linked = feature_dependencies.admit_baselines(replace(search, source=origin))
    return linked, FeatureSource.from_origin(folder, search.features, origin)


def note_source(session: Session, search: Search) -> None:
    """Write in study.json whose network makes the features, now that they are made."""
    if search.source:
        searches = session.study["searches"]
        place = [each["family"] for each in searches].index(search.family.name)
        session.study["searches"] = [
            *searches[:place],
            describe_search(search),
            *searches[place + 1 :],
        ]
        session.record.write_study(session.study)


def interruptible_say(stop: Stop, say: Callable[[str], None]) -> Callable[[str], None]:
    """Says a line, unless the search is to end: what takes minutes, and tells of it, ends there."""

    def tell(line: str) -> None:
        if stop.stop_all():
            raise Halted
        say(line)

    return tell
