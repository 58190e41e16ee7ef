"""Features and labels -> logistic weights, some of which may have one sign only."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Bound = tuple[float | None, float | None]


def fit_logistic(
    rows: NDArray[np.float32], labels: NDArray[np.bool_], penalty: float, bounds: Sequence[Bound]
) -> tuple[NDArray[np.float32], float]:
    """Weights and bias over standardised features, both labels weighing alike; given back for the features as they are.

    `bounds` has one for each column of `rows`; `penalty` is that of the squared weights.
    """
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    standard, sign = (rows - mean) / scale, np.where(labels, 1.0, -1.0)
    balance = np.where(labels, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = parameters[:-1], parameters[-1]
        margin = sign * (standard @ weights + bias)
        slope = -sign * balance / (1 + np.exp(margin))
        gradient = np.append(standard.T @ slope + 2 * penalty * weights, slope.sum())
        return float((balance * np.logaddexp(0, -margin)).sum() + penalty * weights @ weights), gradient

    start = np.zeros(rows.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    weights = found[:-1] / scale
    return weights.astype(np.float32), float(found[-1] - mean @ weights)


def sign_bounds(names: Sequence[str], evidence_for: Collection[str], evidence_against: Collection[str]) -> list[Bound]:
    """At least 0 for what speaks for the label, at most 0 for what speaks against it, none for the rest."""
    return [(0 if name in evidence_for else None, 0 if name in evidence_against else None) for name in names]
