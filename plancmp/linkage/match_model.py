"""The match model: comparisons to the confidence of every pair of commitments, and of tasks, and to links.

A pair of commitments is judged by a weighted sum of its comparisons, and by how far that sum lies above those of its
rivals: the best pair that either commitment has in another task. Two tasks are linked where it is probable that at least
one of their pairs of commitments is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from ..lexicon import loader
from ..settings import DEFAULT_MODEL, SETTINGS
from .candidate_pairs import CandidatePairs, argmax_of_groups
from .comparisons import Scores
from .records import Records, wordings

RIVALS = {
    "nearer": "lead over the best pair that one of the two has with another task, on the side where it is smaller",
    "farther": "the same on the side where it is larger",
}
OTHERS = "other pairs of commitments of the same two tasks, any of which may be a link"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is learned (tools/learn.py), in log odds.

    weights: of each comparison. rivals: of each lead over rivals (`RIVALS`). limit: the greatest lead that counts.
    """

    intercept: float
    weights: dict[str, float]
    rivals: dict[str, float]
    limit: float


@cache
def parameters() -> Parameters:
    """The shipped parameters (lexicon/alignment.toml)."""
    table = loader.table("alignment")
    rivals = {name: float(table["rivals"][name]) for name in RIVALS}
    return Parameters(float(table["intercept"]), dict(table["weights"]), rivals, float(table["rivals"]["limit"]))


@dataclass(frozen=True, slots=True)
class Overlooked:
    """How probable it is that a commitment left without a counterpart has one after all, in log odds (tools/learn.py).

    odds: weight of the log odds of its pair with another commitment; object: of the likeness of what both act upon, which
    counts for less where these are different laws.
    """

    intercept: float
    odds: float
    object: float


@cache
def overlooked() -> Overlooked:
    """The shipped parameters (lexicon/alignment.toml)."""
    table = loader.table("alignment")["overlooked"]
    return Overlooked(table["intercept"], table["odds"], table["object"])


# Less probable pairs of commitments add nothing to their tasks: two long tasks have hundreds of them.
_COUNTS = 0.02
# The weights are learned from plans of up to so many tasks. In larger ones what is shared can be rarer than any word of a
# small plan, and a pair that is one of many alike is probably none of them. The figures of `CROWD` were fitted to made-up
# plans of 1,000 tasks and more. More tasks look like counterparts by chance, too (Fellegi and Sunter's prior odds): that is
# covered by the leads over rivals, of which there are more.
_LEARNED_FROM = 200
CROWD = {
    "rarity": (0.75, "how much rarer the rarest shared word is than it could be in a small plan (large plans only)"),
    "rivals": (-2.0, "other pairs of either task that are as good or better (large plans only; counts against)"),
}
# A task may well have more than one counterpart.
_RIVALS_ALLOWED = 1.5


def _crowd(old_tasks: int, new_tasks: int) -> float:
    """By how much plans of these sizes are larger than those learned from, as a logarithm; 0 where they are not."""
    return max(math.log(max(old_tasks * new_tasks, 1)) / 2 - math.log(_LEARNED_FROM), 0.0)


@dataclass(slots=True)
class Alignment:
    """The confidences of the pairs of tasks that have a candidate pair of commitments: all, where plans are not very large.

    tasks: these pairs. confidence: of each, 0 to 1: that at least one of its pairs of commitments is linked. best: of
    each, the index of its best pair of commitments in `scores.pairs`. commitment_confidence: of the pairs of commitments.
    leads: of each pair of commitments, by the names of `RIVALS`, in log odds. others: of each pair of tasks, what its
    other pairs of commitments add to the log odds of the best. crowd: of each pair of tasks, the comparisons of `CROWD`;
    empty where the plans are not large.
    """

    scores: Scores
    tasks: CandidatePairs
    confidence: np.ndarray
    best: np.ndarray
    commitment_confidence: np.ndarray
    leads: dict[str, np.ndarray]
    others: np.ndarray
    crowd: dict[str, np.ndarray] = field(default_factory=dict)
    encoder: str = DEFAULT_MODEL
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


def predict(scores: Scores, encoder: str = DEFAULT_MODEL, model: Parameters | None = None) -> Alignment:
    """Link the tasks of which at least one pair of commitments is probably linked. model: the shipped one by default."""
    model = model or parameters()
    shape = (len(scores.old.tasks), len(scores.new.tasks))
    z = weighted_sum(scores, model.weights)
    z[_said_again(scores)] = -np.inf
    leads = leads_over_rivals(z, scores, model.limit)
    z += model.intercept
    for name, weight in model.rivals.items():
        z += weight * leads[name]
    crowd = _crowd(*shape)
    if crowd:
        rarity = (scores.features["rarest"] * math.log(shape[0] * shape[1]) - 2 * math.log(_LEARNED_FROM)).clip(0)
        z += CROWD["rarity"][0] * rarity
    probable = _probability(z)
    tasks, best = best_commitments(probable, scores.pairs, scores.old.owner, scores.new.owner, shape)
    group = np.searchsorted(tasks.rows * shape[1] + tasks.columns, _task_keys(scores))
    counted = np.where(probable < _COUNTS, 1e-12, probable.clip(None, 1 - 1e-6))
    none = np.bincount(group, weights=np.log1p(-counted), minlength=len(tasks))
    found = np.maximum(np.log(-np.expm1(none)) - none, z[best])
    others = found - z[best]
    beside = {}
    if crowd:
        many = np.maximum(_rivals(found, tasks.rows), _rivals(found, tasks.columns)) - math.log(_RIVALS_ALLOWED)
        beside = {"rarity": rarity[best], "rivals": min(crowd, 1) * many.clip(0)}
        found = found + CROWD["rivals"][0] * beside["rivals"]
    confidence = _probability(found)
    links = _links(confidence, scores, tasks)
    return Alignment(scores, tasks, confidence, best, probable, leads, others, beside, encoder, links)


# Beyond these log odds a pair is out of the question, or certain.
_FARTHEST = 8.0


def chance_overlooked(alignment: Alignment, model: Overlooked | None = None) -> np.ndarray:
    """For each pair of commitments how probable it is that they are one, if neither has a counterpart, 0 to 1.

    What the match model passes over is not surely different: on plans that it has never seen it is too sure of that. This is
    its verdict as it turned out on labelled pairs of plans that it had not learned from. model: the shipped one by default.
    """
    model = model or overlooked()
    odds, likeness = signs_of_oversight(alignment)
    chances = _probability(model.intercept + model.odds * odds + model.object * likeness)
    # What is out of the question, or was rejected by a reviewer, was not overlooked.
    return np.where(alignment.commitment_confidence > 0, chances, 0.0)


def signs_of_oversight(alignment: Alignment) -> tuple[np.ndarray, np.ndarray]:
    """What `Overlooked` weighs, for each pair of commitments: its log odds, and the likeness of objects, 0 to 1."""
    features = alignment.scores.features
    odds = log_odds(alignment.commitment_confidence).clip(-_FARTHEST, _FARTHEST)
    return odds, features["object"] * (1 - features["other_thing"] / 2)


@dataclass(frozen=True, slots=True)
class Block:
    """The alignment of a part of the old plan with a part of the new one; and of their tasks the indexes in the whole."""

    alignment: Alignment
    old_tasks: Sequence[int]
    new_tasks: Sequence[int]


def assembled(blocks: Sequence[Block], old: Records, new: Records) -> Alignment:
    """One alignment of whole plans from those of their parts, each pair with the scores and confidence that it has there.

    Plans that are read in two editions are compared part by part: what is read in one language is not to be judged
    otherwise because something beside it is read in another.
    """
    shape, task_shape = (len(old.commitments), len(new.commitments)), (len(old.tasks), len(new.tasks))
    keys, task_keys, best, offset = [], [], [], 0
    for block in blocks:
        scores, tasks = block.alignment.scores, block.alignment.tasks
        rows = _places(scores.old, old, block.old_tasks)[scores.pairs.rows]
        columns = _places(scores.new, new, block.new_tasks)[scores.pairs.columns]
        keys.append(rows * shape[1] + columns)
        task_rows, task_columns = np.asarray(block.old_tasks)[tasks.rows], np.asarray(block.new_tasks)[tasks.columns]
        task_keys.append(task_rows * task_shape[1] + task_columns)
        best.append(block.alignment.best + offset)
        offset += len(scores.pairs)
    order, task_order = np.argsort(np.concatenate(keys)), np.argsort(np.concatenate(task_keys))
    place = np.argsort(order)

    def joined(values: Iterable[np.ndarray], by: np.ndarray) -> np.ndarray:
        return np.asarray(np.concatenate(list(values))[by])

    parts = [block.alignment for block in blocks]
    named = {name: [part.scores.features[name] for part in parts] for name in parts[0].scores.features}
    scores = Scores(
        old,
        new,
        CandidatePairs.from_keys(shape, joined(keys, order)),
        {name: joined(values, order) for name, values in named.items()},
    )
    return Alignment(
        scores,
        CandidatePairs.from_keys(task_shape, joined(task_keys, task_order)),
        joined((part.confidence for part in parts), task_order),
        place[joined(best, task_order)],
        joined((part.commitment_confidence for part in parts), order),
        {name: joined((part.leads[name] for part in parts), order) for name in RIVALS},
        joined((part.others for part in parts), task_order),
        {
            name: joined((part.crowd.get(name, np.zeros(len(part.tasks))) for part in parts), task_order)
            for name in dict.fromkeys(name for part in parts for name in part.crowd)
        },
        ", ".join(dict.fromkeys(part.encoder for part in parts)),
        sorted((block.old_tasks[i], block.new_tasks[j]) for block in blocks for i, j in block.alignment.links),
    )


def _places(part: Records, whole: Records, tasks: Sequence[int]) -> np.ndarray:
    """For each commitment of a part of a plan its index in the whole. tasks: those of the part, by their index in the whole."""
    first = whole.starts[np.asarray(tasks, dtype=np.int64)] - part.starts[:-1]
    return np.asarray(np.arange(len(part.commitments)) + first[part.owner])


def shifted(alignment: Alignment, by: np.ndarray) -> Alignment:
    """The alignment with these log odds added to each pair of tasks and to its pairs of commitments, and linked anew."""
    scores, tasks = alignment.scores, alignment.tasks
    confidence = _probability(log_odds(alignment.confidence) + by)
    group = np.searchsorted(tasks.rows * tasks.shape[1] + tasks.columns, _task_keys(scores))
    before = alignment.commitment_confidence
    of_commitments = np.where(before > 0, _probability(log_odds(before) + by[group]), 0.0)
    links = _links(confidence, scores, tasks)
    return replace(alignment, confidence=confidence, commitment_confidence=of_commitments, links=links)


def _links(confidence: np.ndarray, scores: Scores, tasks: CandidatePairs) -> list[tuple[int, int]]:
    """The pairs of tasks that are probable enough, or word for word the same, as indexes."""
    linked = np.flatnonzero((confidence >= SETTINGS.threshold) | _same_text(scores, tasks))
    return list(zip(tasks.rows[linked].tolist(), tasks.columns[linked].tolist(), strict=True))


def _task_keys(scores: Scores) -> np.ndarray:
    """For each pair of commitments the index of its pair of tasks in the flattened table of tasks."""
    keys: np.ndarray = (
        scores.old.owner[scores.pairs.rows] * len(scores.new.tasks) + scores.new.owner[scores.pairs.columns]
    )
    return keys


def weighted_sum(scores: Scores, weights: dict[str, float]) -> np.ndarray:
    """The weighted sum of the comparisons of each pair of commitments."""
    z = np.zeros(len(scores.pairs), dtype=np.float64)
    for name, weight in weights.items():
        if weight:
            z += weight * scores.features[name]
    return z


def leads_over_rivals(values: np.ndarray, scores: Scores, limit: float) -> dict[str, np.ndarray]:
    """How far each pair's value lies above the best that either commitment has with another task (`RIVALS`).

    limit: the greatest lead that counts, either way.
    """
    pairs, old, new = scores.pairs, scores.old, scores.new
    sides = [
        values - _greatest_elsewhere(values, one, owner[other])
        for one, other, owner in (
            (pairs.rows, pairs.columns, new.owner),
            (pairs.columns, pairs.rows, old.owner),
        )
    ]
    return {
        "nearer": np.minimum(*sides).clip(-limit, limit),
        "farther": np.maximum(*sides).clip(-limit, limit),
    }


def _greatest_elsewhere(values: np.ndarray, groups: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """For each member the greatest value of its group in another part of the group; a low one where there is none.

    groups, parts: of each member, as numbers from 0.
    """
    lowest = -1e3
    if not len(values):
        return np.zeros(0)
    keys = groups * (int(parts.max()) + 1) + parts
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    best_of_part = np.maximum.reduceat(values[order], starts).clip(lowest)
    part_of = np.empty(len(values), dtype=np.int64)
    part_of[order] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
    group_of_part = groups[order][starts]
    first = argmax_of_groups(best_of_part, group_of_part, int(group_of_part.max()) + 1)
    greatest = best_of_part[first[group_of_part]]
    others = best_of_part.copy()
    others[first[first >= 0]] = lowest
    second = np.full(len(first), lowest)
    np.maximum.at(second, group_of_part, others)
    is_first = first[group_of_part] == np.arange(len(best_of_part))
    elsewhere: np.ndarray = np.where(is_first, second[group_of_part], greatest)[part_of]
    return elsewhere


def log_odds(confidence: np.ndarray) -> np.ndarray:
    """The logarithms of the odds of probabilities, finite for 0 and 1, too."""
    p = confidence.clip(1e-6, 1 - 1e-6)
    odds: np.ndarray = np.log(p) - np.log1p(-p)
    return odds


def _probability(odds: np.ndarray) -> np.ndarray:
    """Logarithms of odds as probabilities, rounded, so that the order of sums elsewhere cannot tip a threshold."""
    rounded: np.ndarray = np.round(1 / (1 + np.exp(-odds.clip(-500))), 6)
    return rounded


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
    against: np.ndarray = np.log(claims[groups].clip(1)) + best[groups] - odds.clip(-500)
    return against


def _said_again(scores: Scores) -> np.ndarray:
    """Pairs of commitments that both stand word for word in the other plan, but not as each other: no links."""
    old, new = wordings(scores.old.commitments, scores.new.commitments)
    rows, columns = scores.pairs.rows, scores.pairs.columns
    elsewhere: np.ndarray = np.isin(old, new)[rows] & np.isin(new, old)[columns] & (old[rows] != new[columns])
    return elsewhere


def _same_text(scores: Scores, tasks: CandidatePairs) -> np.ndarray:
    """Pairs of tasks that are word for word the same: links, though each may have rivals that are the same, too."""
    old, new = wordings(scores.old.tasks, scores.new.tasks)
    return np.asarray(old[tasks.rows] == new[tasks.columns])


def best_commitments(
    values: np.ndarray, pairs: CandidatePairs, old_owner: np.ndarray, new_owner: np.ndarray, shape: tuple[int, int]
) -> tuple[CandidatePairs, np.ndarray]:
    """The pairs of tasks whose commitments are paired, and for each the index of its greatest value, the first of equals.

    shape: number of old and of new tasks.
    """
    keys, group = np.unique(old_owner[pairs.rows] * shape[1] + new_owner[pairs.columns], return_inverse=True)
    return CandidatePairs.from_keys(shape, keys), argmax_of_groups(values, group, len(keys))
