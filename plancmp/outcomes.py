"""An alignment to a Comparison: links with their commitments and statuses, and what became of every task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import numpy as np

from . import classify, notes
from .candidates import first_of_greatest
from .classify import Evidence, Pair
from .config import CONFIG
from .decisions import Decisions, apply, settle
from .linking import Alignment, aligned
from .model import CommitmentLink, Comparison, Link, Outcome, Plan, Status, Task
from .vectors import Progress


def of_plans(
    old: Plan, new: Plan, decided: Decisions, model: str | None = None, progress: Progress | None = None
) -> Comparison:
    """Links and statuses of two plans; pairs that a reviewer decided on are compared in any case."""
    return from_alignment(old, new, aligned(old, new, model, progress, decided.holding(old, new)[0]), decided)


def from_alignment(old: Plan, new: Plan, alignment: Alignment, decided: Decisions | None = None) -> Comparison:
    """Links and statuses from an alignment's confidences; a reviewer's decisions go before them."""
    holding, misfits = decided.holding(old, new) if decided else ({}, ())
    alignment = apply(alignment, holding)
    pairs = _commitment_pairs(alignment)
    taken_old = {row for matched in pairs.values() for row, _ in matched}
    taken_new = {column for matched in pairs.values() for _, column in matched}
    strongest_old, strongest_new = _strongest(alignment)
    features = alignment.scores.features
    nearness = np.maximum(features["object"], features["agreement"])
    links = []
    for i, j in alignment.links:
        gone = [row for row in alignment.scores.old.held(i) if row not in taken_old] if strongest_old[i] == j else []
        added = (
            [column for column in alignment.scores.new.held(j) if column not in taken_new]
            if strongest_new[j] == i
            else []
        )
        link = _link(old, new, alignment, (i, j), pairs[i, j], gone, added, taken_old, nearness)
        links.append(settle(link, holding.get((i, j))))
    outcomes = (*_outcomes(old, new, alignment, links, True), *_outcomes(new, old, alignment, links, False))
    told = (*notes.on(old, new), *misfits)
    return Comparison(old, new, tuple(links), outcomes, told, alignment.encoder, asdict(CONFIG))


def _commitment_pairs(alignment: Alignment) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each link its matched commitments, those of one campaign first, then the best pair, then others that are good
    on their own account: each matched once, except that what a campaign is for may stand in its sentence on one side
    and in a sentence of its own on the other ("crack down on X and carry out the Kunlun action").
    """
    scores, features, all_pairs = alignment.scores, alignment.scores.features, alignment.scores.pairs
    likely = (alignment.commitment_confidence >= CONFIG.paired) & (
        (features["words"] >= 0.2) | (features["name"] > 0) | (features["campaign"] > 0) | (features["object"] >= 0.5)
    )
    found = {}
    for i, j in alignment.links:
        # The two tasks' commitments as a small table, with places counted inside it.
        rows, columns = scores.old.held(i), scores.new.held(j)
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
            matched.extend(pair for pair in mine if good[pair] and confidence[pair] >= CONFIG.merged)
        match([best, *(pair for pair in ranked if good[pair])])
        found[i, j] = [(rows[row], columns[column]) for row, column in matched]
    return found


def _strongest(alignment: Alignment) -> tuple[dict[int, int], dict[int, int]]:
    """The most confident link of each old and each new task: task index to the other's."""
    by_old: dict[int, int] = {}
    by_new: dict[int, int] = {}
    for i, j in alignment.links:
        if i not in by_old or alignment.of(i, j) > alignment.of(i, by_old[i]):
            by_old[i] = j
        if j not in by_new or alignment.of(i, j) > alignment.of(by_new[j], j):
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
    rows, columns = sides.old.held(i), sides.new.held(j)
    sure = sides.pairs.block(alignment.commitment_confidence, rows, columns)
    pairs = [
        Pair(
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
        sides.old.commitments[row] for row in gone_rows if near_old[row - rows.start] >= CONFIG.same_subject
    ]
    added = [sides.new.commitments[column] for column in added_columns]
    same_subject = [
        sides.new.commitments[column]
        for column in added_columns
        if near_new[column - columns.start] >= CONFIG.same_subject
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
    judged = classify.judge(evidence)
    best = alignment.best_pair(i, j)
    confidence = round(alignment.of(i, j), 3)
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
        doubtful=confidence < CONFIG.sure,
    )


def _outcomes(plan: Plan, other: Plan, alignment: Alignment, links: Sequence[Link], is_old: bool) -> list[Outcome]:
    of_task: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        of_task[link.old if is_old else link.new].append(link)
    tasks = alignment.tasks
    groups, partners_of = (tasks.rows, tasks.columns) if is_old else (tasks.columns, tasks.rows)
    nearest_places = first_of_greatest(alignment.confidence, groups, len(plan.tasks))
    side = alignment.scores.old if is_old else alignment.scores.new
    outcomes = []
    for index, task in enumerate(plan.tasks):
        mine = of_task.get(task.ref, [])
        if mine:
            escalated = [link for link in mine if link.status is Status.ESCALATED]
            status = Status.ESCALATED if escalated else Status.CONTINUED
            partners = tuple(link.new if is_old else link.old for link in mine)
            outcomes.append(
                Outcome(task.ref, status, max(link.confidence for link in escalated or mine), None, partners)
            )
            continue
        best = int(nearest_places[index])
        chance = float(alignment.confidence[best]) if best >= 0 else 0.0
        status, note = _unlinked(task, plan, other, is_old)
        if note is None and status is Status.DROPPED:
            held = [(side.commitments[row], side.kinds[row]) for row in side.held(index)]
            note = "one-off" if classify.is_one_off(held) else None
        nearest = (other.tasks[int(partners_of[best])].ref, round(chance, 3)) if best >= 0 else None
        outcomes.append(Outcome(task.ref, status, round(1 - chance, 3), note, (), nearest))
    return outcomes


def _unlinked(task: Task, plan: Plan, other: Plan, is_old: bool) -> tuple[Status, str | None]:
    if not other.whole and classify.is_open(classify.standing(task, plan, other), other):
        return Status.UNDETERMINED, None
    return (Status.DROPPED if is_old else Status.NEW), None
