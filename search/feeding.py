"""What the trials of a search share, prepared once: data, or the features that it is fitted on.

Whatever needs a Keras backend for that is done on a worker: TensorFlow is never loaded beside Ray Tune's loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayTaskError

from clustering.steps import network
from models.api import Shared
from models.datasets import Dataset
from models.encoders import encoded
from models.errors import UserError, WorkFailedError
from search import chain
from search.config import StudyConfig
from search.families import find
from search.halting import Halted, Stop
from search.plan import Search, describe_search
from search.sources import Feed, hand_over
from search.trainable import there

if TYPE_CHECKING:
    from search.engine import Session

LOOK = 1.0  # seconds between two looks at whether the search is to end


def prepared(
    config: StudyConfig,
    target: str,
    dataset: Dataset,
    limit: int,
    feed: Feed,
    say: Callable[[str], None],
    stop: Stop | None = None,
) -> Shared:
    """What the trials of a family share on these images; a full one takes `limit` steps.

    Raises `Halted` if `stop` says so while the features are made.
    """
    encode, told = partial(on_a_worker(config, stop), encoded), heeding(stop, say) if stop else say
    return find(target).prepare(dataset, feed.options(config, limit, encode, told))


def on_a_worker(config: StudyConfig, stop: Stop | None = None) -> Callable[..., Any]:
    """Calls a function with arguments on a worker and waits for what it gives, or until `stop` says so."""
    remote = there.options(num_cpus=config.cpus_per_trial, num_gpus=config.gpus_per_trial)

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


def fed(session: Session, search: Search, say: Callable[[str], None]) -> tuple[Search, Feed]:
    """The search with the network that makes its features, which is handed over; and what it is fitted on."""
    step = network(search.features) if search.features else None
    if step is None:
        return search, Feed(search.features)
    folder, call = session.record.folder, on_a_worker(session.config, session.stop)
    known = chain.recorded_sources(session.study)
    origin = hand_over(session.config, step, search, known, session.dataset, folder, call)
    seen = "" if origin.fitted_on == chain.TRAIN else f"; it has seen the validation images ({origin.fitted_on})"
    say(f"{search.family.name}: features of {origin.family}, {origin.told} of {origin.study}{seen}")
    return chain.admitted(replace(search, source=origin)), Feed.from_origin(folder, search.features, origin)


def note_source(session: Session, search: Search) -> None:
    """Write in study.json whose network makes the features, now that they are made."""
    if search.source:
        searches = session.study["searches"]
        place = [each["family"] for each in searches].index(search.family.name)
        session.study["searches"] = [*searches[:place], describe_search(search), *searches[place + 1 :]]
        session.record.write_study(session.study)


def heeding(stop: Stop, say: Callable[[str], None]) -> Callable[[str], None]:
    """Says a line, unless the search is to end: what takes minutes, and tells of it, ends there."""

    def tell(line: str) -> None:
        if stop.stop_all():
            raise Halted
        say(line)

    return tell
