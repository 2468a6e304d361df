"""The main job, put together from the rooms below: two plans to a Comparison."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from . import classify, corpus, keep, linking, vectors
from .candidates import first_of_greatest
from .classify import Evidence, Pair
from .decisions import Decisions, apply, of_plans, settle
from .linking import CONFIG, Alignment
from .model import CommitmentLink, Comparison, Link, Outcome, Plan, Signal, Status, Task


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
    if decided.made:
        also = decided.holding(old, new)[0]
        return from_alignment(old, new, aligned(old, new, model, progress, also), decided)
    # What two plans say decides everything, so an answer holds as long as neither changes.
    digest = hashlib.sha256(repr((old, new, model, CONFIG)).encode()).hexdigest()
    return keep.kept(
        "comparisons",
        digest,
        lambda: from_alignment(old, new, aligned(old, new, model, progress)),
        lambda result: {
            "links": [
                _fields(link)
                | {"signals": list(map(_fields, link.signals)), "commitments": list(map(_fields, link.commitments))}
                for link in result.links
            ],
            "tasks": list(map(_fields, result.tasks)),
            "encoder": result.encoder,
        },
        lambda data: _revived(old, new, data),
    )


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as they are: `dataclasses.asdict` copies everything in them."""
    return {name: getattr(value, name) for name in value.__slots__}


def _revived(old: Plan, new: Plan, data: dict) -> Comparison:
    """A comparison from the JSON of its links and outcomes."""

    def span(pair: list[int] | None) -> tuple[int, int] | None:
        return (pair[0], pair[1]) if pair else None

    links = tuple(
        Link(
            **link
            | {
                "status": Status(link["status"]),
                "signals": tuple(Signal(**signal) for signal in link["signals"]),
                "commitments": tuple(
                    CommitmentLink(span(c["old_span"]), span(c["new_span"]), Status(c["status"]))
                    for c in link["commitments"]
                ),
            }
        )
        for link in data["links"]
    )
    outcomes = tuple(
        Outcome(
            **task
            | {
                "status": Status(task["status"]),
                "links": tuple(task["links"]),
                "nearest": (task["nearest"][0], task["nearest"][1]) if task["nearest"] else None,
            }
        )
        for task in data["tasks"]
    )
    return Comparison(old, new, links, outcomes, _notes(old, new), data["encoder"], asdict(CONFIG))


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
    return linking.align(linking.score(old, new, encoder, progress, also), encoder.name)


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
    notes = (*_notes(old, new), *misfits)
    return Comparison(old, new, tuple(links), outcomes, notes, alignment.encoder, asdict(CONFIG))


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


def _notes(old: Plan, new: Plan) -> tuple[str, ...]:
    """What the reader must know before the result: gaps, and what a difference of genre means."""
    notes = []
    for plan, verb in ((old, "new"), (new, "dropped")):
        if not plan.whole:
            notes.append(f"{gap_in_words(plan)}: what would stand there is undetermined, never {verb}.")
    if old.series != new.series and old.series and new.series:
        words = [sum(len(task.text) for task in plan.tasks) / max(len(plan.tasks), 1) for plan in (old, new)]
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
