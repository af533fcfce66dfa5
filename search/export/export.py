"""`hypersearch export` and `hypersearch predict`: models out of a study, and at work on images."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypersearch.analysis.formatting import figures
from hypersearch.analysis.study.ranking import rank
from hypersearch.models.errors import UserError
from hypersearch.models.serialization import FACTS
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.display.terminal import muted
from hypersearch.search.export.predict import HEAD, NOT_USABLE, USE
from hypersearch.search.families import find
from hypersearch.search.features import network_export
from hypersearch.search.features.feature_source import FeatureSource
from hypersearch.search.planning.dataset import check_same_images, load_data
from hypersearch.search.storage.checkpoints import Checkpoint
from hypersearch.search.storage.files import write_json, write_text
from hypersearch.search.storage.study import Study, load_all
from hypersearch.search.storage.trial import Trial


def export_study(out: Path, name: str, to: Path) -> list[Path]:
    """Write the best model of each search to `to/<family>`. Returns these folders.

    A confirmed winner is taken as it was confirmed, another from the checkpoint that the search
    kept. Standard error and each folder's README.md say which.
    """
    study = load_all(out, [name])[0]
    if to.exists() and not to.is_dir():
        raise UserError(f"{to} is a file, expected a folder")
    searches = study.facts["searches"]
    written = [_export_best(study, search, to / search["family"]) for search in searches]
    if not any(written):
        why = "no trial is complete, or it ran with --keep-models 0 or was cleaned"
        raise UserError(f"study {name!r} has no model to export: {why}")
    left_out = [
        search["family"] for search, folder in zip(searches, written, strict=True) if not folder
    ]
    if left_out:
        sys.stderr.write(f"left out: no model of {' and '.join(left_out)} is kept\n")
    return [folder for folder in written if folder]


def _export_best(study: Study, search: Mapping[str, Any], to: Path) -> Path | None:
    """Export the best model of one search, or return None if none is kept."""
    family = search["family"]
    if to.exists():
        raise UserError(f"{to} is there already; name another folder")
    confirmed = study.folder / "best" / family
    kept_model = next(network_export.kept_models(study, family), None)
    facts = _read_facts(confirmed)
    # A confirmed model is out of date if a better trial has ended since.
    if facts and (not kept_model or facts["trial"] == _best_number(study, family)):
        shutil.copytree(confirmed, to)
    elif kept_model:
        with muted():
            facts = _rebuild(study, search, *kept_model, to)
    else:
        return None
    words = _describe_export(study, search, facts)
    sys.stderr.write(f"{family}: {words}\n")
    write_text(to / "README.md", _readme(study, to, facts, words))
    return to


def _read_facts(folder: Path) -> dict[str, Any] | None:
    path = folder / "best.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def _readme(study: Study, to: Path, facts: Mapping[str, Any], words: str) -> str:
    height, width = study.facts["dataset"]["size"]
    use = NOT_USABLE
    if (to / FACTS).exists():
        use = USE
    return (HEAD + use).format(**facts, words=words, height=height, width=width)


def _describe_export(study: Study, search: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Describe an exported model in a line.

    As in: trial 3 R5, as confirmed, of seed 7, fitted on training images: accuracy 0.9020 on test.
    """
    ranked = rank(study, search["family"]).set_index("trial")
    name = f"trial {facts['trial']} {ranked.loc[facts['trial'], 'name']}".strip()
    fitted = ""
    if study.facts["dataset"]["name"] != "none":
        fitted = f", fitted on {_describe_images(facts)}"
    best, better = _best_number(study, search["family"]), ""
    if best != facts["trial"]:
        better = f"; trial {best} is better, but its model was not kept"
    how = "as confirmed" if "test" in facts else "not confirmed"
    score = _describe_score(search["metric"], facts)
    return f"{name}, {how}, of seed {facts['seed']}{fitted}{score}{better}"


def _describe_images(facts: Mapping[str, Any]) -> str:
    """The images that a model was fitted on."""
    if facts.get("whole"):
        return "training and validation images"
    fit_on = facts["config"].get("fit_on", "train")
    return "training images" if fit_on == "train" else f"the images that fit_on={fit_on} names"


def _describe_score(metric: str, facts: Mapping[str, Any]) -> str:
    """The score on test images if the model was confirmed, else on validation images."""
    part, images = ("test", "test") if "test" in facts else ("val", "validation")
    if metric not in facts[part]:
        return ""
    return f": {metric} {figures([facts[part][metric]])[0]} on {images}"


def _best_number(study: Study, family: str) -> int:
    """The number of the best complete trial."""
    ranked = rank(study, family)
    return int(ranked.loc[ranked["state"] == "COMPLETE", "trial"].iloc[0])


def _rebuild(
    study: Study, search: Mapping[str, Any], trial: Trial, saved: Checkpoint, to: Path
) -> dict[str, Any]:
    """Export the model of a trial from its checkpoint. Returns the content of its best.json."""
    config = StudyConfig.model_validate(study.facts["config"])
    dataset = load_data(
        config, [find(each["target"], config.home) for each in study.facts["searches"]]
    )
    check_same_images(dataset, study.facts)
    source = FeatureSource.of(study.folder, search)
    options = source.options(config, search["max_resource"])
    network_export.export_model(
        search["target"], config.home, trial.params, trial.seed, dataset, options, saved.folder, to
    )
    facts = {
        "study": study.name,
        "family": trial.family,
        "trial": trial.number,
        "config": trial.params,
        "resource": saved.resource,
        "seed": trial.seed,
        "dataset": dataset.name,
        "digest": dataset.digest,
        "val": saved.metrics,
    }
    write_json(to / "best.json", facts)
    return facts
