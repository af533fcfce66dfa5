"""Which studies stand on the sides of a comparison, whether they compare, and what a reader should
know of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import filter as matching
from pathlib import Path

from hypersearch.analysis.study.ranking import families, objectives
from hypersearch.models.errors import UserError, nearest, unknown
from hypersearch.models.metrics import METRICS, mode_of, row_of
from hypersearch.search.storage.journal import JOURNAL
from hypersearch.search.storage.study import Study, load_all

WILD = frozenset("*?[")


def matching_groups(out: Path, names: Sequence[str]) -> list[list[Study]]:
    """The studies of each side: of a name that study, of a pattern (`tpe-*`) all that match.

    A `UserError` if there are not two sides, one study is on both, or a name matches none.
    """
    if len(names) < 2:
        raise UserError(f"compare takes two sides or more, got {', '.join(names) or 'none'}")
    there = sorted(path.parent.name for path in out.glob("*/study.json"))
    sides = [_matching(out, name, there) for name in names]
    for (a, first), (b, second) in itertools.combinations(zip(names, sides, strict=True), 2):
        for name in first:
            if name in second:
                raise UserError(f"study {name!r} is on two sides, {a!r} and {b!r}")
    return [load_all(out, side) for side in sides]


def _matching(out: Path, name: str, there: Sequence[str]) -> list[str]:
    if name in there or not WILD & set(name):
        return [name]
    found = matching(there, name)
    if not found:
        known = ", ".join(there) or "none yet"
        raise UserError(
            f"no study in {out} matches {name!r}, there are: {known}{nearest(name, there)}"
        )
    return found


def check_images(studies: Sequence[Study]) -> None:
    """A `UserError` if the studies are not of the same images.

    Seeds split the images in different ways, so digests are the same only of equal seeds.
    """
    first = studies[0]
    for other in studies[1:]:
        a, b = (_images(study) for study in (first, other))
        if a != b:
            raise UserError(
                f"studies of different images do not compare: {_named(first)} of {a},"
                f" {_named(other)} of {b}"
            )
    by_seed: dict[int, Study] = {}
    for study in studies:
        same = by_seed.setdefault(study.facts["seed"], study)
        a, b = (each.facts["dataset"]["digest"] for each in (same, study))
        if a != b:
            raise UserError(
                "studies of different images do not compare: with the same seed,"
                f" {study.facts['seed']}, {_named(same)} has the digest {a[:8]} and {_named(study)}"
                f" {b[:8]}"
            )


def _named(study: Study) -> str:
    return study.folder.name


def _images(study: Study) -> str:
    facts = study.facts["dataset"]
    size = "×".join(str(each) for each in facts["size"])
    counts = f"{facts['train']:,} + {facts['validation']:,} + {facts['test']:,} images of {size}"
    return f"{facts['name']} ({counts}, {len(facts['classes'])} classes)"


def shared_families(studies: Sequence[Study], asked: str | None) -> list[str]:
    """The families that all of the studies searched, or the `asked` one alone; a `UserError` if
    there is none.
    """
    shared = [
        name for name in families(studies[0]) if all(name in families(study) for study in studies)
    ]
    if asked is not None and asked not in shared:
        raise unknown("family that all of the studies searched", asked, shared or ["none"])
    if not shared:
        searched = "; ".join(f"{_named(study)} {', '.join(families(study))}" for study in studies)
        raise UserError(f"no family was searched by all of the studies: {searched}")
    return [asked] if asked else shared


def metric_of(studies: Sequence[Study], family: str, asked: str | None) -> tuple[str, str]:
    """What the sides are compared by (default: their objective), and "min" or "max"; a `UserError`
    if they differ.
    """
    if asked is None:
        own = {_named(study): next(iter(objectives(study, family).items())) for study in studies}
        if len(set(own.values())) > 1:
            told = ", ".join(f"{name} by {metric}" for name, (metric, _) in own.items())
            raise UserError(
                f"{family} was judged by different metrics, {told}; name one: --metric M"
            )
        return next(iter(own.values()))
    by_study = [names for study in studies if (names := reported(study, family))]
    allowed = [name for name in METRICS if all(name in names for names in by_study)]
    name = asked.removeprefix("val.")
    if name not in allowed:
        raise unknown(f"metric of {family}", asked, allowed)
    return name, mode_of(name)


def reported(study: Study, family: str) -> set[str]:
    """The metrics on validation that the trials of a search told of; none if there are no
    trials.
    """
    rows = study.trials[study.trials["family"] == family].dropna(axis="columns", how="all")
    return {str(column).removeprefix("val.") for column in rows if str(column).startswith("val.")}


def check_same(studies: Sequence[Study], family: str, metric: str, baselines: bool) -> None:
    """A `UserError` for a metric, as inertia, that compares only at equal values of parameters
    which differ here.
    """
    for name in row_of(metric).comparable_within:
        values = sorted(
            {str(value) for study in studies for value in _values(study, family, name, baselines)}
        )
        if len(values) > 1:
            raise UserError(
                f"{metric} cannot be compared between values of {name}: {', '.join(values)}; name"
                " another --metric"
            )
    features = {study.search(family).get("features", "") for study in studies}
    if row_of(metric).comparable_within and len(features) > 1:
        raise UserError(
            f"{metric} cannot be compared between features: {', '.join(sorted(features))}; name"
            " another --metric"
        )


def _values(study: Study, family: str, parameter: str, baselines: bool) -> Iterable[object]:
    rows = study.trials[(study.trials["family"] == family) & (study.trials["state"] == "COMPLETE")]
    rows = rows if baselines else rows[rows["name"] == ""]
    return rows[f"param.{parameter}"].dropna() if f"param.{parameter}" in rows else ()


def notes(sides: Mapping[str, Sequence[Study]], family: str) -> Iterator[str]:
    """What limits a comparison, a line each."""
    seeds = {name: sorted(study.facts["seed"] for study in side) for name, side in sides.items()}
    for name, values in seeds.items():
        if len(set(values)) < len(values):
            yield f"{name}: studies with equal seeds, {_listed(values)}, are no independent ones"
    if len(set(map(tuple, seeds.values()))) > 1:
        told = "; ".join(f"{name} {_listed(values)}" for name, values in seeds.items())
        yield f"the sides have different seeds, so different validation images: {told}"
    for fact in ("max_resource", "features"):
        told_by = {
            name: sorted({str(s.search(family).get(fact, "")) for s in side})
            for name, side in sides.items()
        }
        if len({value for values in told_by.values() for value in values}) > 1:
            yield f"different {fact}: " + "; ".join(
                f"{name} {', '.join(values)}" for name, values in told_by.items()
            )
    for study in itertools.chain(*sides.values()):
        if not (study.folder / JOURNAL).is_file():
            yield (
                f"{_named(study)} has no {JOURNAL}: its seconds are those of one trial after"
                " another"
            )


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
