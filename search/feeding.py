"""What the trials of a search share, prepared once: data, or the features that it is fitted on.

Whatever needs a Keras backend for that is done on a worker: TensorFlow is never loaded beside Ray Tune's loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayTaskError

from clustering.steps import network
from models.api import Shared
from models.datasets import Dataset
from models.encoders import encoded
from models.errors import UserError
from search.config import StudyConfig
from search.families import find
from search.halting import Stop
from search.plan import Search
from search.sources import Feed, hand_over
from search.trainable import there

if TYPE_CHECKING:
    from search.engine import Session


def prepared(
    config: StudyConfig, target: str, dataset: Dataset, limit: int, feed: Feed, say: Callable[[str], None]
) -> Shared:
    """What the trials of a family share on these images; a full one takes `limit` steps."""
    return find(target).prepare(dataset, feed.options(config, limit, partial(on_a_worker(config), encoded), say))


def on_a_worker(config: StudyConfig) -> Callable[..., Any]:
    """Calls a function with arguments on a worker and waits for what it gives."""
    remote = there.options(num_cpus=config.cpus_per_trial, num_gpus=config.gpus_per_trial)

    def call(*work: Any) -> Any:
        try:
            return ray.get(remote.remote(*work))
        except RayTaskError as error:
            if isinstance(error.cause, UserError):
                raise error.cause from None
            raise

    return call


def fed(session: Session, search: Search, say: Callable[[str], None]) -> Feed:
    """What the search is fitted on; a network that makes it is handed over and recorded, once."""
    step = network(search.features) if search.features else None
    if step is None:
        return Feed(search.features)
    folder, call = session.record.folder, on_a_worker(session.config)
    origin = hand_over(session.config, step, search.source, session.dataset, folder, call)
    record = next(each for each in session.study["searches"] if each["family"] == search.family.name)
    record["source"] = asdict(origin)
    session.record.write_study(session.study)
    seen = "" if origin.fitted_on == "train" else f"; it has seen the validation images ({origin.fitted_on})"
    say(f"{search.family.name}: features of {origin.family}, trial {origin.trial} of {origin.study}{seen}")
    return Feed.of(folder, record)


def heeding(stop: Stop, say: Callable[[str], None]) -> Callable[[str], None]:
    """Says a line, unless the user wants to stop: what takes minutes, and tells of it, ends there."""

    def tell(line: str) -> None:
        if stop.interrupted:
            raise KeyboardInterrupt
        say(line)

    return tell
