"""What asking a CNN about several views of an image brings, on the validation images, of a network
that a search kept.

HYPERSEARCH_DATA=… python benchmarks/views.py runs/NAME TRIAL
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

import hypersearch
from hypersearch.models.api import Options
from hypersearch.models.families import cnn
from hypersearch.models.networks import layers
from hypersearch.models.networks.backend import predicted
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.planning.dataset import load_data
from hypersearch.search.storage import checkpoints
from hypersearch.search.storage.journal import replay_journal


def main(folder: Path, number: int) -> None:
    trial = replay_journal(folder / "journal.jsonl")["cnn", number]
    config = StudyConfig.model_validate(hypersearch.load(folder).facts["config"])
    dataset = load_data(config, [cnn.FAMILY])
    run = cnn.CnnRun(
        trial.params,
        cnn.FAMILY.prepare(dataset, Options(config.seed, 1, trial.max_resource)),
        trial.seed,
    )
    saved = checkpoints.latest(checkpoints.home(folder / "checkpoints", "cnn", number))
    assert saved, "the search has not kept this trial's model"
    run.load(saved.folder)
    with run.trainer.averaged():
        for flip, shift in ((False, False), (True, False), (False, True), (True, True)):
            network = layers.of_views(run.trainer.model, flip, shift)
            answers = predicted(network, dataset.x_val[..., None]).argmax(axis=1)
            print(
                f"flip {flip}, shift {shift}: {np.mean(answers == dataset.y_val):.4f}", flush=True
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
