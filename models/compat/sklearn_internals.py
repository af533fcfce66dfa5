"""What is used of scikit-learn that is not public.

`_generate_unsampled_indices`: the rows that a tree of a forest has not seen; public is only the
score of them all. `_e_step`: of a mixture, which `fit` takes twice on the same parameters.
`_estimate_log_prob_resp`: likelihoods and responsibilities at the cost of one; `score` and
`predict` take twice that. `_n_parameters`: the free parameters of a mixture; public is only what is
calculated of them. Shape suffixes: n rows, d features, k components.
"""

from __future__ import annotations

from typing import Any

from sklearn.ensemble._forest import _generate_unsampled_indices
from sklearn.mixture import GaussianMixture


def unsampled_rows(seed: Any, n: int, drawn: int) -> Any:
    """Which of n rows are not among the `drawn` that a bootstrap with this seed draws, rising;
    int (m,).
    """
    return _generate_unsampled_indices(seed, n, drawn, None)


def log_prob_and_responsibilities(mixture: Any, x_nd: Any) -> tuple[Any, Any]:
    """The log-likelihood of each row, float64 (n,), and the log of its responsibilities, float64
    (n, k).
    """
    log_prob_n, log_responsibility_nk = mixture._estimate_log_prob_resp(x_nd)
    return log_prob_n, log_responsibility_nk


def free_parameters(mixture: Any) -> int:
    """How many parameters of a fitted mixture are free."""
    return int(mixture._n_parameters())


class OneStepMixture(GaussianMixture):  # type: ignore[misc]  # scikit-learn ships no types
    """A mixture that is fitted again and again to the same rows, and takes each of its E-steps
    once.

    `fit` takes one before its iteration, whose result was known when the fit before ended, and one
    after it.
    """

    _taken: tuple[Any, Any] = (
        None,
        None,
    )  # the means, which every M-step makes anew, and what the E-step gave

    def e_step(self, x_nd: Any) -> Any:
        """The mean log-likelihood of the rows, and the log of their responsibilities, float64
        (n, k).
        """
        return self._e_step(x_nd)

    def _e_step(self, X: Any, **kwargs: Any) -> Any:  # noqa: N803  # as there
        if self._taken[0] is not self.means_:
            self._taken = self.means_, super()._e_step(X, **kwargs)
        return self._taken[1]
