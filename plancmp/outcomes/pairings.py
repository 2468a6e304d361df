"""Which commitments are taken for one, each pair on its own account, with what their tasks say around them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..linkage.match_model import Alignment
from ..linkage.records import Records, wordings
from ..model import Commitment, Decision
from ..settings import SETTINGS
from . import signals
from .decisions import Applicable

_ACTION = re.compile(
    r"\b(?:special|season)\s+(?:actions?|campaigns?|rectifications?)\b|专项(?:行动|整治)", re.IGNORECASE
)
_GOES_ON = re.compile(r"(?:we will\s+)?continue\b|继续|持续", re.IGNORECASE)


def goes_on(commitment: Commitment) -> bool:
    """True where a commitment says of itself that it continues something."""
    return bool(_GOES_ON.match(commitment.text))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A pairing by the indexes of its commitments and of their tasks. decision: a reviewer's, where there is one;
    by_commitment: it is on the two commitments, not on their tasks.
    """

    row: int
    column: int
    old_task: int
    new_task: int
    confidence: float
    decision: Decision | None = None
    by_commitment: bool = False


def accept(alignment: Alignment, decided: Applicable) -> list[Accepted]:
    """The pairs of commitments that are taken for one, in the order of the old and the new plan.

    Many to many: each pair of commitments of two linked tasks is accepted where its own confidence reaches the threshold
    and it is among the best that either of the two has: regulations on one subject each have a sure counterpart, and
    are not all counterparts of each other. So is what two linked tasks say word for word, and what stands opposite each
    other when as much as possible of the two tasks is paired one to one. Two linked tasks without such a pair are bound by
    their best one, unless a reviewer has rejected one of their pairs.
    """
    scores, found = alignment.scores, []
    best_old, best_new = best_of(alignment, old=True), best_of(alignment, old=False)
    old_words, new_words = wordings(scores.old.commitments, scores.new.commitments)
    for i, j in alignment.links:
        rows, columns = scores.old.of_task(i), scores.new.of_task(j)
        confidence = scores.pairs.block(alignment.commitment_confidence, rows, columns)
        rivals = np.minimum.outer(best_old[rows.start : rows.stop], best_new[columns.start : columns.stop])
        good = (confidence >= SETTINGS.paired) & (confidence >= rivals - SETTINGS.rival_margin)
        good &= confidence >= np.maximum.outer(confidence.max(1), confidence.max(0)) - SETTINGS.task_margin
        good |= old_words[rows.start : rows.stop, None] == new_words[None, columns.start : columns.stop]
        good |= _one_to_one(confidence, good)
        verdicts, on_tasks = decided.commitments.get((i, j), {}), decided.tasks.get((i, j))
        if on_tasks is not None and on_tasks.status is None:
            # Linked in spite of that by decisions on single commitments, and by nothing else.
            good[:], on_tasks = False, None
        for pair, decision in verdicts.items():
            good[pair] = decision.status is not None
        if not good.any() and all(decision.status is not None for decision in verdicts.values()):
            # Tasks of broad plans share a subject more surely than any two of their commitments.
            good[np.unravel_index(confidence.argmax(), confidence.shape)] = True
        for row, column in np.argwhere(good).tolist():
            by_pair = verdicts.get((row, column))
            place = rows[row], columns[column], i, j
            found.append(Accepted(*place, float(confidence[row, column]), by_pair or on_tasks, by_pair is not None))
    return sorted(found, key=lambda pair: (pair.row, pair.column))


def _one_to_one(confidence: np.ndarray, good: np.ndarray) -> np.ndarray:
    """The pairs that are near enough in the one-to-one assignment of two tasks' commitments of greatest confidence.

    The commitment on a subject as a whole is near to every commitment on it: without this, "crack down on infringement in
    the seed industry" is taken up by "protect intellectual property in the seed industry" only, and the crackdown of the
    new plan passes for a new one.
    """
    chosen = np.zeros_like(good)
    likely = confidence >= SETTINGS.taken_up
    if min(confidence.shape) > 1 and (likely & ~good).any():
        chosen[_assignment(np.where(likely, confidence, 0))] = True
    return chosen & likely


def _assignment(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns of the one-to-one assignment with the greatest sum of values.

    Shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987); scipy's takes longer to load than these small tables.
    """
    if len(values) > values.shape[1]:
        columns, rows = _assignment(values.T)
        return rows, columns
    cost = -np.vstack([np.zeros(values.shape[1]), values])
    row_of = np.zeros(values.shape[1], dtype=np.int64)
    price_of_row, price_of_column = np.zeros(len(cost)), np.zeros(values.shape[1])
    for row in range(1, len(cost)):
        before = np.full(values.shape[1], -1)
        distance, seen = np.full(values.shape[1], np.inf), np.zeros(values.shape[1], dtype=bool)
        current, column = row, -1
        while current:
            slack = cost[current] - price_of_row[current] - price_of_column
            nearer = ~seen & (slack < distance)
            distance[nearer], before[nearer] = slack[nearer], column
            column = int(np.where(seen, np.inf, distance).argmin())
            step = distance[column]
            price_of_row[[row, *row_of[seen]]] += step
            price_of_column[seen] -= step
            distance[~seen] -= step
            seen[column] = True
            current = row_of[column]
        while column >= 0:
            previous = before[column]
            row_of[column] = row_of[previous] if previous >= 0 else row
            column = previous
    columns = np.flatnonzero(row_of)
    return row_of[columns] - 1, columns


def in_context(alignment: Alignment, accepted: Sequence[Accepted], chances: np.ndarray) -> list[signals.Pairing]:
    """The accepted pairs as pairings to be judged, in the same order.

    A commitment that only one plan has is said of the one pairing of its task whose object it concerns. chances: of each
    candidate pair, that it was overlooked (match_model.chance_overlooked).
    """
    scores = alignment.scores
    added, gone = _added(alignment, accepted, chances), _gone(alignment, accepted)
    with_counterpart = {pair.row for pair in accepted}
    old_campaigns, new_campaigns = _campaigns(scores.old), _campaigns(scores.new)
    found = []
    for index, pair in enumerate(accepted):
        rows, columns = scores.old.of_task(pair.old_task), scores.new.of_task(pair.new_task)
        found.append(
            signals.Pairing(
                old=scores.old.commitments[pair.row],
                new=scores.new.commitments[pair.column],
                confidence=pair.confidence,
                kinds=(scores.old.kinds[pair.row], scores.new.kinds[pair.column]),
                added=[scores.new.commitments[column] for column in added[index]],
                gone=[scores.old.commitments[row] for row in gone[index]],
                kept=sum(row in with_counterpart for row in rows),
                old_words=_intensity_words(scores.old, rows),
                new_words=_intensity_words(scores.new, columns),
                old_campaigns=old_campaigns,
                new_campaigns=new_campaigns,
            )
        )
    return found


def _intensity_words(records: Records, commitments: range) -> frozenset[str]:
    return frozenset(records.commitments[index].intensity_words.casefold() for index in commitments)


def _campaigns(records: Records) -> frozenset[str]:
    return frozenset().union(*(commitment.campaigns for commitment in records.commitments))


def _added(alignment: Alignment, accepted: Sequence[Accepted], chances: np.ndarray) -> dict[int, list[int]]:
    """For each accepted pair, by index, the new commitments that it gained.

    They stand in its new task and have no counterpart, not even a doubtful one, anywhere in the old plan; one that says of
    itself that it goes on is none. They concern what the old commitment acts upon, or they follow a campaign that both
    plans name: what a campaign is for stands in sentences of its own. Another campaign is no task of it.
    """
    scores = alignment.scores
    elsewhere, anywhere = _best_elsewhere(alignment, accepted, chances), best_of(alignment, old=False)
    by_task: dict[int, list[int]] = defaultdict(list)
    for index, pair in enumerate(accepted):
        by_task[pair.new_task].append(index)
    gained: dict[int, list[int]] = defaultdict(list)
    paired = {pair.column for pair in accepted}
    for task, indexes in by_task.items():
        for column in scores.new.of_task(task):
            commitment = scores.new.commitments[column]
            if column in paired or anywhere[column] >= SETTINGS.taken_up or elsewhere[column] >= SETTINGS.taken_up:
                continue
            if goes_on(commitment):
                continue
            likeness = {index: _same_object(alignment, accepted[index].row, column) for index in indexes}
            nearest = max(indexes, key=lambda index: (likeness[index], accepted[index].confidence))
            if likeness[nearest] >= SETTINGS.same_object:
                gained[nearest].append(column)
            elif not _ACTION.search(commitment.text) and (
                of_campaign := [index for index in indexes if _shares_campaign(alignment, accepted[index], column)]
            ):
                gained[of_campaign[0]].append(column)
    return gained


def _best_elsewhere(alignment: Alignment, accepted: Sequence[Accepted], chances: np.ndarray) -> np.ndarray:
    """The greatest chance of each new commitment to be one of an old task that its own task is not linked with."""
    scores, count = alignment.scores, len(alignment.scores.new.tasks)
    linked = np.array(sorted({pair.old_task * count + pair.new_task for pair in accepted}), dtype=np.int64)
    keys = scores.old.owner[scores.pairs.rows] * count + scores.new.owner[scores.pairs.columns]
    apart = ~np.isin(keys, linked)
    best = np.zeros(len(scores.new.commitments))
    np.maximum.at(best, scores.pairs.columns[apart], chances[apart])
    return best


def _gone(alignment: Alignment, accepted: Sequence[Accepted]) -> dict[int, list[int]]:
    """For each accepted pair, by index, the old commitments of its task on the same object that have no counterpart."""
    scores = alignment.scores
    paired = {pair.row for pair in accepted}
    lost: dict[int, list[int]] = defaultdict(list)
    for index, pair in enumerate(accepted):
        for row in scores.old.of_task(pair.old_task):
            if row not in paired and _same_object(alignment, row, pair.column) >= SETTINGS.same_object:
                lost[index].append(row)
    return lost


def _same_object(alignment: Alignment, row: int, column: int) -> float:
    """How alike what two commitments act upon is, 0 to 1; 0 for things of different kinds or names."""
    scores = alignment.scores
    position = scores.pairs.position(row, column)
    if position is None or scores.features["other_thing"][position] > 0:
        return 0.0
    return float(scores.features["object"][position])


def _shares_campaign(alignment: Alignment, pair: Accepted, column: int) -> bool:
    """True where both commitments of a pair name one campaign, and the other one stands behind it in its task."""
    scores = alignment.scores
    old, new = scores.old.commitments[pair.row], scores.new.commitments[pair.column]
    return bool(old.campaigns & new.campaigns) and column > pair.column


def best_of(alignment: Alignment, old: bool) -> np.ndarray:
    """The greatest confidence of each commitment of one side with any of the other, 0 to 1."""
    scores = alignment.scores
    count = len((scores.old if old else scores.new).commitments)
    best = np.zeros(count)
    np.maximum.at(best, scores.pairs.rows if old else scores.pairs.columns, alignment.commitment_confidence)
    return best
