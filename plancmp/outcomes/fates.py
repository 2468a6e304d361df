"""Links with their commitments and statuses, and what became of every task, from an alignment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..linkage.candidate_pairs import argmax_of_groups
from ..linkage.match_model import Alignment
from ..model import CommitmentLink, Decision, Link, Outcome, Plan, Status, Task
from ..settings import SETTINGS
from . import outline, signals
from .decisions import settle
from .signals import Evidence, MatchedCommitments


def links(old: Plan, new: Plan, alignment: Alignment, decided: Mapping[tuple[int, int], Decision]) -> list[Link]:
    """The links of an alignment with their commitments and statuses. decided: decisions by the indexes of their tasks."""
    pairs = _commitment_pairs(alignment)
    taken_old = {row for matched in pairs.values() for row, _ in matched}
    taken_new = {column for matched in pairs.values() for _, column in matched}
    strongest_old, strongest_new = _strongest(alignment)
    features = alignment.scores.features
    nearness = np.maximum(features["object"], features["agreement"])
    found = []
    for i, j in alignment.links:
        gone = [row for row in alignment.scores.old.of_task(i) if row not in taken_old] if strongest_old[i] == j else []
        added = (
            [column for column in alignment.scores.new.of_task(j) if column not in taken_new]
            if strongest_new[j] == i
            else []
        )
        link = _link(old, new, alignment, (i, j), pairs[i, j], gone, added, taken_old, nearness)
        found.append(settle(link, decided.get((i, j))))
    return found


def _commitment_pairs(alignment: Alignment) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each link its matched commitments, those of one campaign first, then the best pair, then others that are good
    on their own account: each matched once, except that what a campaign is for may stand in its sentence on one side
    and in a sentence of its own on the other ("crack down on X and carry out the Kunlun action").
    """
    scores, features, all_pairs = alignment.scores, alignment.scores.features, alignment.scores.pairs
    likely = (alignment.commitment_confidence >= SETTINGS.paired) & (
        (features["words"] >= 0.2) | (features["name"] > 0) | (features["campaign"] > 0) | (features["object"] >= 0.5)
    )
    found = {}
    for i, j in alignment.links:
        # The two tasks' commitments as a small table, with places counted inside it.
        rows, columns = scores.old.of_task(i), scores.new.of_task(j)
        confidence, campaign, good = (
            all_pairs.block(values, rows, columns)
            for values in (alignment.commitment_confidence, features["campaign"], likely)
        )
        place = alignment.best_pair(i, j)
        best = (int(all_pairs.rows[place]) - rows.start, int(all_pairs.columns[place]) - columns.start)
        order = np.argsort(-(confidence + campaign), axis=None, kind="stable").tolist()
        ranked = [divmod(flat, len(columns)) for flat in order]
        matched: list[tuple[int, int]] = []

        def match(pairs: Iterable[tuple[int, int]], matched: list[tuple[int, int]] = matched) -> None:
            for row, column in pairs:
                if row not in {r for r, _ in matched} and column not in {c for _, c in matched}:
                    matched.append((row, column))

        match(pair for pair in ranked if campaign[pair])
        for row, column in list(matched):
            mine = [(r, column) for r in range(len(rows)) if r != row and confidence[r].argmax() == column]
            mine += [(row, c) for c in range(len(columns)) if c != column and confidence[:, c].argmax() == row]
            matched.extend(pair for pair in mine if good[pair] and confidence[pair] >= SETTINGS.merged)
        match([best, *(pair for pair in ranked if good[pair])])
        found[i, j] = [(rows[row], columns[column]) for row, column in matched]
    return found


def _strongest(alignment: Alignment) -> tuple[dict[int, int], dict[int, int]]:
    """The most confident link of each old and each new task: task index to the other's."""
    by_old: dict[int, int] = {}
    by_new: dict[int, int] = {}
    for i, j in alignment.links:
        if i not in by_old or alignment.confidence_of(i, j) > alignment.confidence_of(i, by_old[i]):
            by_old[i] = j
        if j not in by_new or alignment.confidence_of(i, j) > alignment.confidence_of(by_new[j], j):
            by_new[j] = i
    return by_old, by_new


def _link(
    old: Plan,
    new: Plan,
    alignment: Alignment,
    place: tuple[int, int],
    matched: list[tuple[int, int]],
    gone_rows: list[int],
    added_columns: list[int],
    taken_old: set[int],
    nearness: np.ndarray,
) -> Link:
    i, j = place
    sides = alignment.scores
    rows, columns = sides.old.of_task(i), sides.new.of_task(j)
    sure = sides.pairs.block(alignment.commitment_confidence, rows, columns)
    pairs = [
        MatchedCommitments(
            sides.old.commitments[row],
            sides.new.commitments[column],
            float(sure[row - rows.start, column - columns.start]),
            (sides.old.kinds[row], sides.new.kinds[column]),
        )
        for row, column in matched
    ]
    near = sides.pairs.block(nearness, rows, columns)
    near_old, near_new = near.max(axis=1), near.max(axis=0)
    gone = [sides.old.commitments[row] for row in gone_rows]
    gone_subject = [
        sides.old.commitments[row] for row in gone_rows if near_old[row - rows.start] >= SETTINGS.same_subject
    ]
    added = [sides.new.commitments[column] for column in added_columns]
    same_subject = [
        sides.new.commitments[column]
        for column in added_columns
        if near_new[column - columns.start] >= SETTINGS.same_subject
    ]
    evidence = Evidence(
        sides.old.tasks[i],
        sides.new.tasks[j],
        old,
        new,
        pairs,
        same_subject,
        gone_subject,
        sum(row in taken_old for row in rows),
        {key: sides.old.commitments[row] for row in rows for key in sides.old.commitments[row].campaigns},
        {key: sides.new.commitments[column] for column in columns for key in sides.new.commitments[column].campaigns},
        frozenset(sides.old.commitments[row].intensity_words.casefold() for row in rows),
        frozenset(sides.new.commitments[column].intensity_words.casefold() for column in columns),
    )
    judged = signals.judge(evidence)
    best = alignment.best_pair(i, j)
    confidence = round(alignment.confidence_of(i, j), 3)
    commitments = [
        CommitmentLink(pair.old.span, pair.new.span, status)
        for pair, status in zip(pairs, judged.of_pairs, strict=True)
    ]
    commitments += [CommitmentLink(c.span, None, Status.DROPPED) for c in gone]
    commitments += [CommitmentLink(None, c.span, Status.NEW) for c in added]
    return Link(
        old=evidence.old.ref,
        new=evidence.new.ref,
        status=judged.status,
        softened=judged.softened,
        confidence=confidence,
        scores={name: round(float(values[best]), 3) for name, values in sides.features.items()},
        signals=judged.signals,
        commitments=tuple(commitments),
        doubtful=confidence < SETTINGS.sure,
    )


def tasks(plan: Plan, other: Plan, alignment: Alignment, links: Sequence[Link], of_old: bool) -> list[Outcome]:
    """What became of every task of `plan`, in document order. of_old: whether it is the older of the two plans."""
    of_task: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        of_task[link.old if of_old else link.new].append(link)
    pairs = alignment.tasks
    groups, partners_of = (pairs.rows, pairs.columns) if of_old else (pairs.columns, pairs.rows)
    nearest_places = argmax_of_groups(alignment.confidence, groups, len(plan.tasks))
    side = alignment.scores.old if of_old else alignment.scores.new
    outcomes = []
    for index, task in enumerate(plan.tasks):
        mine = of_task.get(task.ref, [])
        if mine:
            escalated = [link for link in mine if link.status is Status.ESCALATED]
            status = Status.ESCALATED if escalated else Status.CONTINUED
            partners = tuple(link.new if of_old else link.old for link in mine)
            outcomes.append(
                Outcome(task.ref, status, max(link.confidence for link in escalated or mine), None, partners)
            )
            continue
        best = int(nearest_places[index])
        chance = float(alignment.confidence[best]) if best >= 0 else 0.0
        status, note = _unlinked(task, plan, other, of_old)
        if note is None and status is Status.DROPPED:
            held = [(side.commitments[row], side.kinds[row]) for row in side.of_task(index)]
            note = "one-off" if signals.is_one_off(held) else None
        nearest = (other.tasks[int(partners_of[best])].ref, round(chance, 3)) if best >= 0 else None
        outcomes.append(Outcome(task.ref, status, round(1 - chance, 3), note, (), nearest))
    return outcomes


def _unlinked(task: Task, plan: Plan, other: Plan, of_old: bool) -> tuple[Status, str | None]:
    if not other.whole and outline.is_open(outline.standing(task, plan, other), other):
        return Status.UNDETERMINED, None
    return (Status.DROPPED if of_old else Status.NEW), None
