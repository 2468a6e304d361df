"""What a reviewer's answers on some pairs of tasks say of all others of the same comparison.

The log odds of every pair are corrected by a small weighted sum: of one, of the log odds themselves, and of the comparisons
of its best pair of commitments. The weights are fitted to the answers by penalised likelihood; without answers they are 0.
Pairs are asked because of what the model thinks of them, never because of the answer, so that they may be learned from.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from . import match_model
from .match_model import Alignment

MEANING = "what a reviewer's answers on other pairs of these plans say of this one"
# From fewer answers, and from answers of one kind only, nothing is learned: a decision or two would move every confidence,
# and whoever only takes wrong links back would teach that all are wrong.
LEAST = 10
# How far the intercept, the weight of the log odds and that of a comparison (in its own spread) may stray: standard deviations.
_INTERCEPT, _SCALE, _COMPARISON = 1.0, 0.3, 0.2
# The spread of a comparison is that among the pairs that may be links; none counts for more than so many of it.
_LIKELY, _OUTLIER = 0.1, 3.0


def teach(alignment: Alignment, answers: Mapping[tuple[int, int], bool]) -> tuple[Alignment, int]:
    """The alignment as the answers leave it, and how many of them were learned from; itself and 0 where too few are given.

    answers: for pairs of tasks, as indexes, whether they are links. Their order does not matter.
    """
    known = {
        position: linked
        for pair, linked in answers.items()
        if (position := alignment.tasks.position(*pair)) is not None
    }
    linked = sum(known.values())
    if len(known) < LEAST or linked in (0, len(known)):
        return alignment, 0
    asked = np.array(sorted(known))
    y = np.array([known[position] for position in asked.tolist()], dtype=float)
    z = match_model.log_odds(alignment.confidence)
    x, spread = _columns(alignment, z)
    weights = _fit(z[asked], x[asked], y, spread**-2)
    return match_model.shifted(alignment, x @ weights), len(known)


def _columns(alignment: Alignment, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the correction is a weighted sum of, a row for each pair of tasks, and how far each weight may stray."""
    best = alignment.best
    compared = [values[best] for values in alignment.scores.features.values()]
    compared += [values[best] for values in alignment.leads.values()]
    x = np.stack([*compared, alignment.others], axis=1).astype(np.float64)
    likely = x[alignment.confidence >= _LIKELY]
    if len(likely):
        x = ((x - likely.mean(0)) / (likely.std(0) + 1e-3)).clip(-_OUTLIER, _OUTLIER)
    columns = np.column_stack([np.ones(len(z)), z, x])
    return columns, np.array([_INTERCEPT, _SCALE, *[_COMPARISON] * x.shape[1]])


def _fit(z: np.ndarray, x: np.ndarray, y: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """The weights that make the answers likely, by Newton's method; z: the log odds that they correct."""
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(z + x @ weights).clip(-30, 30)))
        gradient = x.T @ (y - p) - penalty * weights
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + np.diag(penalty), gradient)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    return weights
