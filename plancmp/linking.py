"""Scores to links, many to many.

Two tasks are linked when their best pair of commitments is probably one commitment. The probability is that of a
logistic regression over the comparisons of similarity.py: its weights are learned from labelled pairs by
benchmarks/learn.py and stored in lexicon/alignment.toml. Confidence is this probability, which is calibrated.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np

from . import corpus, keep, lexicon, sides, similarity, vectors
from .candidates import Pairs, first_of_greatest
from .config import CONFIG
from .model import Plan, Task
from .similarity import Scores
from .text import fold


@cache
def weights() -> tuple[dict[str, float], float]:
    """The weight of each comparison, and the intercept."""
    table = lexicon.table("alignment")
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
    """What was found for the pairs of tasks that were looked at: all of them, where the plans are not very large.

    tasks: these pairs. confidence: of each, 0 to 1. best: of each, the place of its best pair of commitments in
    `scores.pairs`. commitment_confidence: of the pairs of commitments. crowd: of each pair of tasks, the comparisons of
    `CROWD`; empty where the plans are not large.
    """

    scores: Scores
    tasks: Pairs
    confidence: np.ndarray
    best: np.ndarray
    commitment_confidence: np.ndarray
    crowd: dict[str, np.ndarray] = field(default_factory=dict)
    encoder: str = vectors.DEFAULT_MODEL
    links: list[tuple[int, int]] = field(default_factory=list)

    def of(self, old: int, new: int) -> float:
        """The confidence that two tasks belong together; 0 for a pair that was not looked at."""
        place = self.tasks.place(old, new)
        return 0.0 if place is None else float(self.confidence[place])

    def best_pair(self, old: int, new: int) -> int:
        """The place of the best pair of commitments of two tasks. Raises KeyError for a pair that was not looked at."""
        place = self.tasks.place(old, new)
        if place is None:
            raise KeyError((old, new))
        return int(self.best[place])


def aligned(
    old: Plan,
    new: Plan,
    model: str | None = None,
    progress: vectors.Progress | None = None,
    also: Iterable[tuple[int, int]] = (),
) -> Alignment:
    """The alignment under a comparison, with all its scores.

    also: pairs of tasks, as indexes, that are compared in any case.
    """
    encoder = vectors.encoder(model, (old.language, new.language))
    return align(score(old, new, encoder, progress, also), encoder.name)


def score(
    old: Plan,
    new: Plan,
    encoder: vectors.Encoder | None = None,
    progress: vectors.Progress | None = None,
    also: Iterable[tuple[int, int]] = (),
) -> Scores:
    """All comparisons of two plans' commitments; the vectors come from the plans' stores where they can.

    also: pairs of tasks that are compared in any case.
    """
    prepared = [side_of(plan) for plan in (old, new)]
    found = [side_vectors(plan, side, encoder, progress) for plan, side in zip((old, new), prepared, strict=True)]
    return similarity.compare(prepared[0], prepared[1], found[0], found[1], also)


@lru_cache(maxsize=64)
def side_of(plan: Plan) -> sides.Side:
    """The plan's tasks made ready for comparison; kept for the next time."""
    # Equal texts and titles make equal sides, whatever else is known of the plan.
    key = hashlib.sha256("\0".join(f"{task.title}\0{task.text}" for task in plan.tasks).encode()).hexdigest()
    return keep.kept(
        "sides",
        key,
        lambda: sides.prepare(plan.tasks),
        sides.to_data,
        lambda data: sides.from_data(data, plan.tasks),
    )


def side_vectors(
    plan: Plan, side: sides.Side, encoder: vectors.Encoder | None = None, progress: vectors.Progress | None = None
) -> np.ndarray:
    """Vectors of `side.texts`, from the plan's store, the cache, or the model."""
    name = encoder.name if encoder else vectors.DEFAULT_MODEL
    # A file may be another printing of a plan at hand: most of its texts then have vectors already.
    directory = corpus.vector_store(plan)
    places = (
        [directory]
        if directory
        else [path for path in corpus.directories().values() if path.parent == corpus.bundled_directory()]
    )
    stores = [place / vectors.file_name(name) for place in places]
    return vectors.embed(side.texts, stores, encoder=encoder, progress=progress)


def align(scores: Scores, encoder: str = vectors.DEFAULT_MODEL) -> Alignment:
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
    probable = _probable(z)
    tasks, best = best_commitments(probable, scores.pairs, scores.old.owner, scores.new.owner, shape)
    found = z[best]
    beside = {}
    if crowd:
        many = np.maximum(_rivals(found, tasks.rows), _rivals(found, tasks.columns)) - math.log(_RIVALS_ALLOWED)
        beside = {"rarity": rarity[best], "rivals": min(crowd, 1) * many.clip(0)}
        found = found + CROWD["rivals"][0] * beside["rivals"]
    confidence = _probable(found)
    linked = np.flatnonzero(confidence >= CONFIG.threshold)
    links = list(zip(tasks.rows[linked].tolist(), tasks.columns[linked].tolist(), strict=True))
    return Alignment(scores, tasks, confidence, best, probable, beside, encoder, links)


def _probable(odds: np.ndarray) -> np.ndarray:
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
    values: np.ndarray, pairs: Pairs, old_owner: np.ndarray, new_owner: np.ndarray, shape: tuple[int, int]
) -> tuple[Pairs, np.ndarray]:
    """The pairs of tasks whose commitments are paired, and for each the place of its greatest value, the first of equals.

    shape: number of old and of new tasks.
    """
    keys, group = np.unique(old_owner[pairs.rows] * shape[1] + new_owner[pairs.columns], return_inverse=True)
    return Pairs.of_keys(shape, keys), first_of_greatest(values, group, len(keys))


def texts(
    old: list[str],
    new: list[str],
    encoder: vectors.Encoder | None = None,
    progress: vectors.Progress | None = None,
) -> list[tuple[int, int, float]]:
    """Align two plain lists of texts: (index in old, index in new, confidence 0 to 1), most confident first.

    Texts need not come from a plan; bodies and headings then say nothing.
    """
    if not old or not new:
        return []
    prepared = [sides.prepare([_bare_task(i, text) for i, text in enumerate(side)]) for side in (old, new)]
    found = [vectors.embed(side.texts, encoder=encoder, progress=progress) for side in prepared]
    alignment = align(similarity.compare(prepared[0], prepared[1], found[0], found[1]))
    return sorted(
        ((i, j, alignment.of(i, j)) for i, j in alignment.links),
        key=lambda link: (-link[2], link[0], link[1]),
    )


def _bare_task(index: int, text: str) -> Task:
    return Task(str(index), str(index), (), None, text, None, (), (0, 0))
