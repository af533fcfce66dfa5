"""How to read each kind of figure, in a sentence or two, and what is said where there is nothing to
draw.
"""

from __future__ import annotations

from collections.abc import Mapping

ABOUT: Mapping[str, str] = {
    "history": "Every trial in the order of its number, and the best that was known after each.",
    "rungs": (
        "How many trials reached each rung and went on from there, and how good they were when they"
        " were judged."
    ),
    "intermediate": (
        "The objective after each step of each trial; lines that end early were stopped, or failed."
    ),
    "importances": (
        "How much each parameter decides whether a trial is among the best; small studies say"
        " little."
    ),
    "slices": (
        "Each parameter's values against the objective; where points rise or fall together, it"
        " matters."
    ),
    "parallel": (
        "One line a trial through the values of its parameters; better trials are darker and lie on"
        " top."
    ),
    "timeline": (
        "When trials ran, and below, what the workers' time went into; in gaps nothing ran."
    ),
    "curves_over_k": (
        "Scores rise with the number of clusters whatever a clustering is worth; compare equal"
        " numbers."
    ),
    "density_grid": (
        "What DBSCAN's two settings give together: the objective, and the share of images that are"
        " noise."
    ),
    "curves": (
        "The best trial before the baselines; where training improves while validation turns, a"
        " model overfits."
    ),
    "confusion": (
        "Rows are the true classes, columns what the model answered; what lies off the diagonal is"
        " wrong."
    ),
    "per_class": (
        "Precision: how many of those named so are. Recall: how many of those that are were"
        " named so."
    ),
    "misclassified": (
        "Test images named wrongly of which the model was surest, with what it said and what they"
        " are."
    ),
    "reconstructions": "Test images above, what comes back from their codes below.",
    "decoded_grid": (
        "What evenly spaced places of the latent space decode to; smooth changes mean a continuous"
        " space."
    ),
    "latent": (
        "Codes of test images in the plane, coloured by class; classes that stand apart can be told"
        " apart there."
    ),
    "film": "The same images' codes after several epochs, row by row.",
    "beside": (
        "Both latent spaces and what they decode to, the variational one usually more continuous."
    ),
    "elbow": (
        "Sorted distances of images to their k-th neighbour; above the elbow lies what DBSCAN"
        " should call noise."
    ),
    "clusters": (
        "Some images of each cluster, with its size, its likely class and how much of it is that"
        " class."
    ),
    "cluster_confusion": "How the images of each class spread over the clusters.",
    "embeddings": (
        "The same test images in planes made in several ways, with scores of how well classes stand"
        " apart."
    ),
}

NOTHING: Mapping[str, str] = {
    "history": "no trial has run to its end.",
    "rungs": "no trial that was proposed was judged at a rung.",
    "intermediate": "no trial was judged more than once.",
    "importances": (
        "it takes eight complete trials that were proposed, of different worth, and two parameters."
    ),
    "slices": "no trial that was proposed has run to its end, or nothing was varied.",
    "parallel": "it takes two complete trials that were proposed, and two parameters.",
    "timeline": "nothing has run, or no journal was kept.",
    "curves": "the best trial was judged only once, or there is none.",
}
"""Kinds that any search may have; of the others, those that do not apply are left out without a
word.
"""
