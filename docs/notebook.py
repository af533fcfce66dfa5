# %% [markdown]
# A study in a notebook. Run it cell by cell (VS Code, Spyder, jupytext), or as
# `python docs/notebook.py runs/NAME`; without a name it takes the latest study.

# %%
import sys
from pathlib import Path

import hypersearch
from hypersearch.search.storage.study import load_all

study = hypersearch.load(sys.argv[1]) if len(sys.argv) == 2 else load_all(Path("runs"))[-1]
# One row a trial: objective, resource, seconds, param.*, val.* and, once confirmed, test.*
study.trials

# %%
study.history  # one row a trial and step

# %% [markdown]
# The leaderboard of one search, best first, with what others have published beside it.

# %%
from hypersearch.analysis.leaderboard.published import beside
from hypersearch.analysis.study.ranking import families, rank

family = families(study)[0]
best = rank(study, family)
best["published"] = [
    (there := beside(study, family, row)) and there.value for row in best.to_dict("records")
]
print(
    best[["trial", "name", "state", "objective", "published", "resource", "seconds"]]
    .head(10)
    .to_string(index=False)
)

# %% [markdown]
# Each trial's curve, and the best so far. In a notebook a figure shows itself; elsewhere it is
# saved.

# %%
from hypersearch.analysis.figures.style import applied, figure

metric = study.search(family)["metric"]
steps = study.history[study.history["family"] == family].pivot(
    index="step", columns="trial", values=f"val.{metric}"
)
with applied():
    curves = figure(7, 3.5)
    axes = curves.subplots()
    axes.plot(steps.index, steps.to_numpy(), marker=".", color="#0072B2", alpha=0.4)
    axes.set_xlabel(study.search(family)["resource"])
    axes.set_ylabel(f"{metric} on validation")
    axes.set_title(f"{study.name}, {family}: {steps.shape[1]} trials")
curves

# %%
from hypersearch.analysis.comparison.incumbents import trajectory
from hypersearch.analysis.figures.style import class_colour

mode = study.search(family)["mode"]
found = trajectory(study, family, metric, mode, baselines=True)
with applied():
    incumbent = figure(7, 3.5)
    axes = incumbent.subplots()
    axes.step(
        found.axes["seconds"],
        found.cost_r * (-1 if mode == "max" else 1),
        where="post",
        color=class_colour(0),
    )
    axes.set_xlabel("seconds")
    axes.set_ylabel(f"best {metric} on validation")
incumbent

# %%
if "ipykernel" not in sys.modules:
    curves.savefig(study.folder / "curves.png")
    incumbent.savefig(study.folder / "incumbent.png")
