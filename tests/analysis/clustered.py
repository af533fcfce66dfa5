"""A search of clusterings, written by hand."""

from __future__ import annotations

from pathlib import Path

from hypersearch.search.storage.files import write_json

FACTS = {
    "name": "demo",
    "started": "2026-01-31T10:00:00+00:00",
    "dataset": {"name": "digits"},
    "searches": [
        {
            "family": "kmeans",
            "metric": "v_measure",
            "mode": "max",
            "resource": "passes",
            "trials": 5,
            "baselines": [{"name": "R4-64"}],
            "space": {"k": {"low": 10}},
        },
    ],
}
HEAD = "study,family,trial,name,state,objective,resource,seconds,param.k"
TRIALS = f"""\
{HEAD},val.v_measure,val.accuracy,val.hungarian_accuracy,val.clusters,val.silhouette,val.inertia
demo,kmeans,0,R4-64,COMPLETE,0.52,9,1.0,64,0.52,0.7226,0.2,64,0.08,900.5
demo,kmeans,1,,COMPLETE,0.50,9,1.0,10,0.50,0.56,0.48,10,0.15,1500.5
demo,kmeans,2,,COMPLETE,0.53,9,1.0,36,0.53,0.69,0.3,36,0.09,1200.5
demo,kmeans,3,,COMPLETE,0.40,9,1.0,50,0.40,0.60,0.22,50,0.15,1100.5
demo,kmeans,4,,COMPLETE,0.48,9,1.0,10,0.48,0.55,0.47,10,0.10,1600.5
demo,kmeans,5,,PRUNED,0.99,1,1.0,11,0.99,0.99,0.99,11,0.99,1400.5
demo,kmeans,6,,COMPLETE,0.0,9,1.0,12,0.0,0.0,0.0,1,-1,1300.5
"""


def write(out: Path) -> Path:
    """The study `demo` in a folder."""
    (out / "demo").mkdir()
    write_json(out / "demo" / "study.json", FACTS)
    (out / "demo" / "trials.csv").write_text(TRIALS)
    return out
