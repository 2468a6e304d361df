"""Scores to links: the logistic regression over the comparisons, and what larger plans change in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from ..embeddings import encoders
from ..lexicon import loader
from ..settings import SETTINGS
from ..text import fold
from .candidate_pairs import CandidatePairs, argmax_of_groups
from .comparisons import Scores


@cache
def weights() -> tuple[dict[str, float], float]:
    """The weight of each comparison, and the intercept."""
    table = loader.table("alignment")
    return dict(table["weights"]), float(table["intercept"])


# The weights are learned from plans of up to so many tasks. In larger ones more tasks look like counterparts by chance
# (Fellegi and Sunter's prior odds), but what is shared can be rarer than any word of a small plan, and a pair that is one
# of many alike is probably none of them. The three figures were fitted to made-up plans of 1,000 and 10,000 tasks.
_LEARNED_FROM = 200
_CROWDING = -0.8
CROWD = {
    "rarity": (0.75, "how much rarer the rarest shared word is than it could be in a small plan (large plans only)"),
    "rivals": (-2.0, "other pairs of either task that are as good or better (large plans only; counts against)"),
}
# A task may well have more than one counterpart.
_RIVALS_ALLOWED = 1.5


def _crowd(old_tasks: int, new_tasks: int) -> float:
    """By how much plans of these sizes are larger than those learned from, as a logarithm; 0 where they are not."""
    return max(math.log(max(old_tasks * new_tasks, 1)) / 2 - math.log(_LEARNED_FROM), 0.0)


def base(old_tasks: int, new_tasks: int) -> float:
    """Log odds of a link before anything is compared, for plans of these sizes."""
    return weights()[1] + _CROWDING * _crowd(old_tasks, new_tasks)


@dataclass(slots=True)
class Alignment:
    """The confidences of the pairs of tasks that have a candidate pair of commitments: all, where plans are not very large.

    tasks: these pairs. confidence: of each, 0 to 1. best: of each, the index of its best pair of commitments in
    `scores.pairs`. commitment_confidence: of the pairs of commitments. crowd: of each pair of tasks, the comparisons of
    `CROWD`; empty where the plans are not large.
    """

    scores: Scores
    tasks: CandidatePairs
    confidence: np.ndarray
    best: np.ndarray
    commitment_confidence: np.ndarray
    crowd: dict[str, np.ndarray] = field(default_factory=dict)
    encoder: str = encoders.DEFAULT_MODEL
    links: list[tuple[int, int]] = field(default_factory=list)

    def confidence_of(self, old: int, new: int) -> float:
        """The confidence that two tasks belong together; 0 for a pair that was not compared."""
        index = self.tasks.position(old, new)
        return 0.0 if index is None else float(self.confidence[index])

    def best_pair(self, old: int, new: int) -> int:
        """The index of the best pair of commitments of two tasks. Raises KeyError for a pair that was not compared."""
        index = self.tasks.position(old, new)
        if index is None:
            raise KeyError((old, new))
        return int(self.best[index])


def predict(scores: Scores, encoder: str = encoders.DEFAULT_MODEL) -> Alignment:
    """Link the tasks whose best commitment pair reaches the threshold."""
    shape = (len(scores.old.tasks), len(scores.new.tasks))
    z = np.full(len(scores.pairs), base(*shape), dtype=np.float64)
    for name, weight in weights()[0].items():
        if weight:
            z += weight * scores.features[name]
    z[_said_again(scores)] = -np.inf
    crowd = _crowd(*shape)
    if crowd:
        rarity = (scores.features["rarest"] * math.log(shape[0] * shape[1]) - 2 * math.log(_LEARNED_FROM)).clip(0)
        z += CROWD["rarity"][0] * rarity
    probable = _probability(z)
    tasks, best = best_commitments(probable, scores.pairs, scores.old.owner, scores.new.owner, shape)
    found = z[best]
    beside = {}
    if crowd:
        many = np.maximum(_rivals(found, tasks.rows), _rivals(found, tasks.columns)) - math.log(_RIVALS_ALLOWED)
        beside = {"rarity": rarity[best], "rivals": min(crowd, 1) * many.clip(0)}
        found = found + CROWD["rivals"][0] * beside["rivals"]
    confidence = _probability(found)
    linked = np.flatnonzero(confidence >= SETTINGS.threshold)
    links = list(zip(tasks.rows[linked].tolist(), tasks.columns[linked].tolist(), strict=True))
    return Alignment(scores, tasks, confidence, best, probable, beside, encoder, links)


def _probability(odds: np.ndarray) -> np.ndarray:
    """Logarithms of odds as probabilities, rounded, so that the order of sums elsewhere cannot tip a threshold."""
    return np.round(1 / (1 + np.exp(-odds.clip(-500))), 6)


def _rivals(odds: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The logarithm of how many members of its group each one is up against, those as good or better counting most.

    odds: logarithms. A member without a rival has 0, one of n equals log n.
    """
    count = int(groups.max(initial=-1)) + 1
    best = np.full(count, -np.inf)
    np.maximum.at(best, groups, odds)
    best[np.isneginf(best)] = 0
    # Counted from the best of the group, so that no power overflows.
    claims = np.bincount(groups, weights=np.exp(odds - best[groups]), minlength=count)
    return np.log(claims[groups].clip(1)) + best[groups] - odds.clip(-500)


def _said_again(scores: Scores) -> np.ndarray:
    """Pairs of commitments that both stand word for word in the other plan, but not as each other: no links."""
    folded = [[fold(commitment.text) for commitment in side.commitments] for side in (scores.old, scores.new)]
    shared = set(folded[0]) & set(folded[1])
    codes = {text: i + 1 for i, text in enumerate(sorted(shared))}
    coded = [np.array([codes.get(text, 0) for text in side], dtype=np.int64) for side in folded]
    old, new = coded[0][scores.pairs.rows], coded[1][scores.pairs.columns]
    return (old > 0) & (new > 0) & (old != new)


def best_commitments(
    values: np.ndarray, pairs: CandidatePairs, old_owner: np.ndarray, new_owner: np.ndarray, shape: tuple[int, int]
) -> tuple[CandidatePairs, np.ndarray]:
    """The pairs of tasks whose commitments are paired, and for each the index of its greatest value, the first of equals.

    shape: number of old and of new tasks.
    """
    keys, group = np.unique(old_owner[pairs.rows] * shape[1] + new_owner[pairs.columns], return_inverse=True)
    return CandidatePairs.from_keys(shape, keys), argmax_of_groups(values, group, len(keys))
