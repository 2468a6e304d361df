"""The main job, put together from the rooms below: two plans to a Comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from . import classify, corpus, linking, vectors
from .classify import Evidence, Pair
from .decisions import Decisions, apply, of_plans, settle
from .linking import CONFIG, Alignment
from .model import CommitmentLink, Comparison, Link, Outcome, Plan, Status, Task


def diff(
    old: Plan,
    new: Plan,
    model: str | None = None,
    progress: vectors.Progress | None = None,
    decisions: Path | None = None,
) -> Comparison:
    """What became of every commitment of `old` in `new`.

    model: a sentence-transformers name or path, or None. decisions: a reviewer's file; None is one's own for this pair.
    """
    decided = of_plans(old, new, decisions)
    return from_alignment(old, new, aligned(old, new, model, progress), decided)


def aligned(old: Plan, new: Plan, model: str | None = None, progress: vectors.Progress | None = None) -> Alignment:
    """The alignment under a comparison, with all its scores."""
    encoder = vectors.encoder(model, (old.language, new.language))
    return linking.align(linking.score(old, new, encoder, progress), encoder.name)


def links_of(plan: Plan, task: Task, progress: vectors.Progress | None = None) -> list[tuple[Link, Task, Plan]]:
    """The links of one task to the plans before and after its own in its series, each with the partner and its plan."""
    found = []
    before, after = corpus.neighbours(plan)
    for other, is_old in ((before, False), (after, True)):
        if other is None:
            continue
        result = diff(plan, other, progress=progress) if is_old else diff(other, plan, progress=progress)
        partners = {t.ref: t for t in other.tasks}
        for link in result.links:
            if (link.old if is_old else link.new) == task.ref:
                found.append((link, partners[link.new if is_old else link.old], other))
    return found


def from_alignment(old: Plan, new: Plan, alignment: Alignment, decided: Decisions | None = None) -> Comparison:
    """Links and statuses from an alignment's confidences; a reviewer's decisions go before them."""
    holding, misfits = decided.holding(old, new) if decided else ({}, ())
    alignment = apply(alignment, holding)
    pairs = _commitment_pairs(alignment)
    taken_old = {row for matched in pairs.values() for row, _ in matched}
    taken_new = {column for matched in pairs.values() for _, column in matched}
    strongest_old, strongest_new = _strongest(alignment)
    links = []
    for i, j in alignment.links:
        gone = (
            [int(r) for r in np.flatnonzero(alignment.scores.old.owner == i) if r not in taken_old]
            if strongest_old[i] == j
            else []
        )
        added = (
            [int(c) for c in np.flatnonzero(alignment.scores.new.owner == j) if c not in taken_new]
            if strongest_new[j] == i
            else []
        )
        link = _link(old, new, alignment, (i, j), pairs[i, j], gone, added, taken_old)
        links.append(settle(link, holding.get((i, j))))
    outcomes = (*_outcomes(old, new, alignment, links, True), *_outcomes(new, old, alignment, links, False))
    notes = (*_notes(old, new), *misfits)
    return Comparison(old, new, tuple(links), outcomes, notes, alignment.encoder, asdict(CONFIG))


def _commitment_pairs(alignment: Alignment) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each link its matched commitments, those of one campaign first, then the best pair, then others that are good
    on their own account: each matched once, except that what a campaign is for may stand in its sentence on one side
    and in a sentence of its own on the other ("crack down on X and carry out the Kunlun action").
    """
    owner_old, owner_new = alignment.scores.old.owner, alignment.scores.new.owner
    features, confidence = alignment.scores.features, alignment.commitment_confidence
    likely = (confidence >= CONFIG.paired) & (
        (features["words"] >= 0.2) | (features["name"] > 0) | (features["campaign"] > 0) | (features["object"] >= 0.5)
    )
    found = {}
    for i, j in alignment.links:
        rows, columns = np.flatnonzero(owner_old == i), np.flatnonzero(owner_new == j)
        best = (int(alignment.pairs[0][i, j]), int(alignment.pairs[1][i, j]))
        block = np.ix_(rows, columns)
        order = np.argsort(-(confidence[block] + features["campaign"][block]), axis=None, kind="stable")
        ranked = [(int(rows[flat // len(columns)]), int(columns[flat % len(columns)])) for flat in order]
        matched: list[tuple[int, int]] = []

        def match(pairs: Iterable[tuple[int, int]], matched: list[tuple[int, int]] = matched) -> None:
            for row, column in pairs:
                if row not in {r for r, _ in matched} and column not in {c for _, c in matched}:
                    matched.append((row, column))

        match(pair for pair in ranked if features["campaign"][pair])
        for row, column in list(matched):
            mine = [(int(r), column) for r in rows if r != row and columns[confidence[r, columns].argmax()] == column]
            mine += [(row, int(c)) for c in columns if c != column and rows[confidence[rows, c].argmax()] == row]
            matched.extend((r, c) for r, c in mine if likely[r, c] and confidence[r, c] >= CONFIG.merged)
        match([best, *(pair for pair in ranked if likely[pair])])
        found[i, j] = matched
    return found


def _strongest(alignment: Alignment) -> tuple[dict[int, int], dict[int, int]]:
    """The most confident link of each old and each new task: task index to the other's."""
    by_old: dict[int, int] = {}
    by_new: dict[int, int] = {}
    for i, j in alignment.links:
        if i not in by_old or alignment.confidence[i, j] > alignment.confidence[i, by_old[i]]:
            by_old[i] = j
        if j not in by_new or alignment.confidence[i, j] > alignment.confidence[by_new[j], j]:
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
) -> Link:
    i, j = place
    sides, features = alignment.scores, alignment.scores.features
    rows, columns = np.flatnonzero(sides.old.owner == i), np.flatnonzero(sides.new.owner == j)
    pairs = [
        Pair(
            sides.old.commitments[row],
            sides.new.commitments[column],
            float(alignment.commitment_confidence[row, column]),
            (sides.old.kinds[row], sides.new.kinds[column]),
        )
        for row, column in matched
    ]
    near_old = np.maximum(features["object"], features["agreement"])[:, columns].max(axis=1)
    gone = [sides.old.commitments[row] for row in gone_rows]
    gone_subject = [sides.old.commitments[row] for row in gone_rows if near_old[row] >= CONFIG.same_subject]
    added = [sides.new.commitments[column] for column in added_columns]
    nearness = np.maximum(features["object"], features["agreement"])[rows].max(axis=0)
    same_subject = [
        sides.new.commitments[column] for column in added_columns if nearness[column] >= CONFIG.same_subject
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
        {key: sides.old.commitments[row] for row in rows for key in sides.old.campaigns[row]},
        {key: sides.new.commitments[column] for column in columns for key in sides.new.campaigns[column]},
        frozenset(sides.old.commitments[row].intensity_words.casefold() for row in rows),
        frozenset(sides.new.commitments[column].intensity_words.casefold() for column in columns),
    )
    status, softened, signals = classify.judge(evidence)
    row, column = int(alignment.pairs[0][i, j]), int(alignment.pairs[1][i, j])
    confidence = round(float(alignment.confidence[i, j]), 3)
    commitments = [CommitmentLink(pair.old.span, pair.new.span, classify.pair_status(pair, evidence)) for pair in pairs]
    commitments += [CommitmentLink(c.span, None, Status.DROPPED) for c in gone]
    commitments += [CommitmentLink(None, c.span, Status.NEW) for c in added]
    return Link(
        old=evidence.old.ref,
        new=evidence.new.ref,
        status=status,
        softened=softened,
        confidence=confidence,
        scores={name: round(float(values[row, column]), 3) for name, values in sides.features.items()},
        signals=signals,
        commitments=tuple(commitments),
        doubtful=confidence < CONFIG.sure,
    )


def _outcomes(plan: Plan, other: Plan, alignment: Alignment, links: Sequence[Link], is_old: bool) -> list[Outcome]:
    of_task: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        of_task[link.old if is_old else link.new].append(link)
    confidence = alignment.confidence if is_old else alignment.confidence.T
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
        best = int(confidence[index].argmax()) if len(other.tasks) else 0
        chance = float(confidence[index][best]) if len(other.tasks) else 0.0
        status, note = _unlinked(task, plan, other, is_old)
        if note is None and status is Status.DROPPED:
            rows = np.flatnonzero(side.owner == index)
            note = (
                "one-off" if classify.is_one_off([(side.commitments[row], side.kinds[row]) for row in rows]) else None
            )
        nearest = (other.tasks[best].ref, round(chance, 3)) if len(other.tasks) else None
        outcomes.append(Outcome(task.ref, status, round(1 - chance, 3), note, (), nearest))
    return outcomes


def _unlinked(task: Task, plan: Plan, other: Plan, is_old: bool) -> tuple[Status, str | None]:
    if not other.whole and classify.is_open(classify.standing(task, plan, other), other):
        return Status.UNDETERMINED, None
    return (Status.DROPPED if is_old else Status.NEW), None


def _notes(old: Plan, new: Plan) -> tuple[str, ...]:
    """What the reader must know before the result: gaps, and what a difference of genre means."""
    notes = []
    for plan, verb in ((old, "new"), (new, "dropped")):
        if not plan.whole:
            notes.append(f"{gap_in_words(plan)}: what would stand there is undetermined, never {verb}.")
    if old.series != new.series and old.series and new.series:
        held = [sum(len(s) for s in (plan.tasks,)) for plan in (old, new)]
        words = [
            sum(len(task.text) for task in plan.tasks) / max(count, 1)
            for plan, count in zip((old, new), held, strict=True)
        ]
        many = (
            "one task of the old plan may split into many of the new"
            if words[0] > 1.5 * words[1]
            else (
                "many tasks of the old plan may merge into one of the new"
                if words[1] > 1.5 * words[0]
                else "they promise at different grain"
            )
        )
        notes.append(
            f"Different kinds of plan ({old.series}; {new.series}): {many}, and a task without a counterpart may lie outside "
            "the other plan's subject. Read dropped and new as “no counterpart found”."
        )
    if old.language != new.language:
        notes.append("The plans are in different languages: scores rest on meaning and names more than on words.")
    return tuple(notes)


def gap_in_words(plan: Plan) -> str:
    """The plan's gap in one plain clause, or "" for a whole text."""
    if plan.whole:
        return ""
    ranges = ", ".join(f"{a} to {b}" if a != b else f"{a}" for a, b in plan.missing)
    open_end = any(end is None for _, end in plan.gaps)
    if open_end and plan.tasks:
        last = plan.tasks[-1]
        where = (
            f" in section {'('.join(s.number for s in last.section)}{')' if len(last.section) > 1 else ''}"
            if last.section
            else ""
        )
        count = (
            f"{len(plan.tasks)} of {plan.declared_tasks} tasks" if plan.declared_tasks else f"{len(plan.tasks)} tasks"
        )
        rest = f"; tasks {ranges} are missing" if ranges else ""
        return f"The text of {plan.id} stops at task {last.number}{where} ({count}{rest})"
    return f"The text of {plan.id} lacks tasks {ranges}"
