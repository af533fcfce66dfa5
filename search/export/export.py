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
from hypersearch.search.export.predict import HEAD, USE
from hypersearch.search.families import find
from hypersearch.search.features import network_export
from hypersearch.search.features.feature_source import FeatureSource
from hypersearch.search.planning.dataset import check_same_images, load_data
from hypersearch.search.storage.checkpoints import Checkpoint
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.study import Study, load_all
from hypersearch.search.storage.trial import Trial


def export_study(out: Path, name: str, to: Path) -> list[Path]:
    """Write the best model of each search into a folder of its family's name in `to`; returns these
    folders.

    A confirmed winner is taken as it was confirmed, another from the checkpoint that the search
    kept; which, is told on standard error, and in each folder's README.md.
    """
    study = load_all(out, [name])[0]
    if to.exists() and not to.is_dir():
        raise UserError(f"{to} is a file, expected a folder")
    searches = study.facts["searches"]
    written = [_export(study, search, to / search["family"]) for search in searches]
    if not any(written):
        why = "no trial is complete, or it ran with --keep-models 0 or was cleaned"
        raise UserError(f"study {name!r} has no model to export: {why}")
    left_out = [
        search["family"] for search, folder in zip(searches, written, strict=True) if not folder
    ]
    if left_out:
        sys.stderr.write(f"left out: no model of {' and '.join(left_out)} is kept\n")
    return [folder for folder in written if folder]


def _export(study: Study, search: Mapping[str, Any], to: Path) -> Path | None:
    if to.exists():
        raise UserError(f"{to} is there already; name another folder")
    confirmed = study.folder / "best" / search["family"]
    kept = next(network_export.kept(study, search["family"]), None)
    path = confirmed / "best.json"
    facts = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    if facts and (
        not kept or facts["trial"] == _winner(study, search["family"])
    ):  # else a better one has come since
        shutil.copytree(confirmed, to)
    elif kept:
        with muted():
            facts = _rebuild(study, search, *kept, to)
    else:
        return None
    height, width = study.facts["dataset"]["size"]
    use = (
        USE
        if (to / FACTS).exists()
        else "It is as the family saves it between steps; `hypersearch predict` cannot use it.\n"
    )
    words = _describe_export(study, search, facts)
    sys.stderr.write(f"{search['family']}: {words}\n")
    (to / "README.md").write_text(
        (HEAD + use).format(**facts, words=words, height=height, width=width)
    )
    return to


def _describe_export(study: Study, search: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Trial 3 R5, as confirmed, of seed 7, fitted on training and validation images: accuracy
    0.9020 on test.
    """
    ranked = rank(study, search["family"]).set_index("trial")
    name = f"trial {facts['trial']} {ranked.loc[facts['trial'], 'name']}".strip()
    own = facts["config"].get("fit_on", "train")
    images = "training images" if own == "train" else f"the images that fit_on={own} names"
    images = "training and validation images" if facts.get("whole") else images
    fitted = "" if study.facts["dataset"]["name"] == "none" else f", fitted on {images}"
    how, part, on = (
        ("as confirmed", "test", "test")
        if "test" in facts
        else ("not confirmed", "val", "validation")
    )
    metric = search["metric"]
    figure = (
        f": {metric} {figures([facts[part][metric]])[0]} on {on}" if metric in facts[part] else ""
    )
    best = _winner(study, search["family"])
    better = (
        "" if best == facts["trial"] else f"; trial {best} is better, but its model was not kept"
    )
    return f"{name}, {how}, of seed {facts['seed']}{fitted}{figure}{better}"


def _winner(study: Study, family: str) -> int:
    """The number of the best complete trial."""
    ranked = rank(study, family)
    return int(ranked.loc[ranked["state"] == "COMPLETE", "trial"].iloc[0])


def _rebuild(
    study: Study, search: Mapping[str, Any], trial: Trial, saved: Checkpoint, to: Path
) -> dict[str, Any]:
    """Export the model of a trial from its checkpoint; what it is."""
    config = StudyConfig.model_validate(study.facts["config"])
    dataset = load_data(
        config, [find(each["target"], config.home) for each in study.facts["searches"]]
    )
    check_same_images(dataset, study.facts)
    feed = FeatureSource.of(study.folder, search)
    options = feed.options(config, search["max_resource"])
    network_export.export_model(
        search["target"], config.home, trial.params, trial.seed, dataset, options, saved.folder, to
    )
    facts = {
        "study": study.name,
        "family": trial.family,
        "trial": trial.number,
        "config": trial.params,
    }
    fitted = {
        "resource": saved.resource,
        "seed": trial.seed,
        "dataset": dataset.name,
        "digest": dataset.digest,
    }
    whole = {**facts, **fitted, "val": saved.metrics}
    write_json(to / "best.json", whole)
    return whole
