"""What became of every commitment and every task, from the pairings of commitments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..commitments import names, references
from ..lexicon import loader
from ..linkage.candidate_pairs import argmax_of_groups
from ..linkage.match_model import Alignment, chance_overlooked
from ..linkage.records import Records
from ..model import CommitmentLink, Counterpart, Decision, Fate, Link, Outcome, Plan, Signal, Status, Task
from ..settings import SETTINGS
from ..text import printable
from . import outline, pairings, signals
from .decisions import Applicable, settle
from .pairings import Accepted

# The strongest status of several counterparts counts.
_STRENGTH = {Status.ESCALATED: 2, Status.CONTINUED: 1}


def judge(
    old: Plan, new: Plan, alignment: Alignment, decided: Applicable
) -> tuple[list[Fate], list[Link], list[Outcome]]:
    """The fates of all commitments, the links between tasks, and what became of each task.

    Old ones come first, in document order. decided: a reviewer's decisions.
    """
    accepted = pairings.accept(alignment, decided)
    chances = chance_overlooked(alignment)
    judged = [
        _settled(signals.judge(pairing, old, new), pair.decision)
        for pair, pairing in zip(accepted, pairings.in_context(alignment, accepted, chances), strict=True)
    ]
    pairs = list(zip(accepted, judged, strict=True))
    fates = [*_fates(old, new, alignment, chances, pairs, True), *_fates(new, old, alignment, chances, pairs, False)]
    links = _links(alignment, pairs, fates, decided)
    return fates, links, [*_tasks(old, alignment, links, fates, True), *_tasks(new, alignment, links, fates, False)]


def _settled(judgement: signals.Judgement, decision: Decision | None) -> signals.Judgement:
    """The judgement with the reviewer's status, where there is a decision on the tasks."""
    if decision is None or decision.status is None:
        return judgement
    return replace(judgement, status=decision.status, softened=decision.softened, unclear=False)


def _fates(
    plan: Plan,
    other: Plan,
    alignment: Alignment,
    chances: np.ndarray,
    pairs: Sequence[tuple[Accepted, signals.Judgement]],
    of_old: bool,
) -> list[Fate]:
    """The fates of one plan's commitments. chances: of each candidate pair, that it was overlooked."""
    scores = alignment.scores
    side, opposite = (scores.old, scores.new) if of_old else (scores.new, scores.old)
    refs, other_refs = _refs(side), _refs(opposite)
    of_commitment: dict[int, list[Counterpart]] = defaultdict(list)
    for pair, judgement in pairs:
        mine, partner = (pair.row, pair.column) if of_old else (pair.column, pair.row)
        of_commitment[mine].append(_counterpart(other_refs[partner], pair, judgement))
    groups, partners = (
        (scores.pairs.rows, scores.pairs.columns) if of_old else (scores.pairs.columns, scores.pairs.rows)
    )
    nearest = argmax_of_groups(chances, groups, len(side.commitments))
    found = []
    for index, task in enumerate(plan.tasks):
        open_place = not other.whole and outline.is_open(outline.standing(task, plan, other), other)
        own = side.of_task(index)
        one_off = of_old and signals.is_one_off([(side.commitments[i], side.kinds[i]) for i in own])
        for i in own:
            complete = task.complete or i != own[-1]
            counterparts = sorted(
                of_commitment[i], key=lambda c: (-_STRENGTH[c.status], c.softened, -c.confidence, c.ref)
            )
            best = int(nearest[i])
            chance = float(chances[best]) if best >= 0 else 0.0
            near = (other_refs[int(partners[best])], round(chance, 3)) if best >= 0 else None
            found.append(_fate(refs[i], task, side, i, complete, counterparts, near, open_place, of_old, one_off))
    return found


def _counterpart(ref: str, pair: Accepted, judgement: signals.Judgement) -> Counterpart:
    by_reviewer = pair.decision is not None
    confidence = 1.0 if by_reviewer else round(pair.confidence, 3)
    return Counterpart(
        ref=ref,
        confidence=confidence,
        doubtful=confidence < SETTINGS.sure,
        status=judgement.status,
        softened=judgement.softened,
        signals=judgement.signals,
        unclear=judgement.unclear,
        decided_by="reviewer" if by_reviewer else "model",
        note=(printable(pair.decision.note) or None) if pair.decision else None,
    )


def _fate(
    ref: str,
    task: Task,
    side: Records,
    index: int,
    complete: bool,
    counterparts: Sequence[Counterpart],
    nearest: tuple[str, float] | None,
    open_place: bool,
    of_old: bool,
    one_off: bool,
) -> Fate:
    commitment = side.commitments[index]
    chance = nearest[1] if nearest else 0.0
    note = None
    if counterparts:
        status = counterparts[0].status
        softened = status is Status.CONTINUED and all(counterpart.softened for counterpart in counterparts)
        confidence = max(counterpart.confidence for counterpart in counterparts)
        doubtful = all(counterpart.doubtful for counterpart in counterparts)
    else:
        cut_off = not complete
        status = Status.UNDETERMINED if open_place or cut_off else Status.DROPPED if of_old else Status.NEW
        softened, confidence = False, round(1 - chance, 3)
        # What says of itself that it continues something is not surely new.
        doubtful = chance >= SETTINGS.overlooked or (not of_old and pairings.goes_on(commitment))
        note = "one-off" if one_off and status is Status.DROPPED else None
    return Fate(
        ref=ref,
        task=task.ref,
        span=commitment.span,
        text=commitment.display,
        status=status,
        softened=softened,
        unclear=bool(counterparts) and counterparts[0].unclear,
        confidence=confidence,
        doubtful=doubtful,
        complete=complete,
        text_hash=references.text_hash(commitment),
        counterparts=tuple(counterparts),
        nearest=None if counterparts else nearest,
        note=note,
        subject=names.subject_of(commitment.text),
        named=names.is_named(commitment.text),
    )


def _refs(side: Records) -> list[str]:
    """The names of all commitments of a plan, in reading order."""
    return [
        references.name_of(task.ref, position)
        for index, task in enumerate(side.tasks)
        for position in range(len(side.of_task(index)))
    ]


def _links(
    alignment: Alignment,
    pairs: Sequence[tuple[Accepted, signals.Judgement]],
    fates: Sequence[Fate],
    decided: Applicable,
) -> list[Link]:
    """The task pairs of the pairings, in the order of the old and the new tasks."""
    scores = alignment.scores
    by_tasks: dict[tuple[int, int], list[tuple[Accepted, signals.Judgement]]] = defaultdict(list)
    for pair, judgement in pairs:
        by_tasks[pair.old_task, pair.new_task].append((pair, judgement))
    partners = _partners(by_tasks)
    by_task: dict[str, list[Fate]] = defaultdict(list)
    for fate in fates:
        by_task[fate.task].append(fate)
    found = []
    for (i, j), held in sorted(by_tasks.items()):
        old, new = scores.old.tasks[i], scores.new.tasks[j]
        best, surest = max(held, key=lambda item: (item[0].confidence, -item[0].row, -item[0].column))
        status = max((judgement.status for _, judgement in held), key=_STRENGTH.__getitem__)
        position = scores.pairs.position(best.row, best.column)
        confidence = round(alignment.confidence_of(i, j), 3)
        newly_named = _only_in(new, [scores.old.tasks[other] for other in partners[1][j]])
        no_longer_named = _only_in(old, [scores.new.tasks[other] for other in partners[0][i]])
        link = Link(
            old=old.ref,
            new=new.ref,
            status=status,
            softened=status is Status.CONTINUED and surest.softened,
            confidence=confidence,
            scores={name: round(float(values[position]), 3) for name, values in scores.features.items()},
            signals=_link_signals(held, status, old, new),
            commitments=_spans(scores.old, scores.new, held, by_task[old.ref], by_task[new.ref]),
            doubtful=confidence < SETTINGS.sure,
            split=tuple(scores.new.tasks[other].ref for other in partners[0][i] if other != j),
            merge=tuple(scores.old.tasks[other].ref for other in partners[1][j] if other != i),
            newly_named=newly_named,
            no_longer_named=no_longer_named,
        )
        by_pair = [pair.decision for pair, _ in held if pair.by_commitment and pair.decision is not None]
        found.append(settle(link, decided.tasks.get((i, j)), by_pair))
    return found


def _partners(by_tasks: Mapping[tuple[int, int], object]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """The tasks linked with each old and with each new task, by index."""
    of_old: dict[int, list[int]] = defaultdict(list)
    of_new: dict[int, list[int]] = defaultdict(list)
    for i, j in sorted(by_tasks):
        of_old[i].append(j)
        of_new[j].append(i)
    return of_old, of_new


def _link_signals(
    held: Sequence[tuple[Accepted, signals.Judgement]], status: Status, old: Task, new: Task
) -> tuple[Signal, ...]:
    """The signals of all pairings, those of pairings with the link's own status first, and the bodies' last."""
    order = sorted(held, key=lambda item: (item[1].status is not status, -item[0].confidence))
    found = [signal for _, judgement in order for signal in judgement.signals]
    return tuple(dict.fromkeys([*found, *signals.bodies(old.bodies, new.bodies)]))


def _spans(
    old: Records,
    new: Records,
    held: Sequence[tuple[Accepted, signals.Judgement]],
    of_old: Sequence[Fate],
    of_new: Sequence[Fate],
) -> tuple[CommitmentLink, ...]:
    """The pairings of two tasks by their spans, the surest first, then what either task has alone."""
    order = sorted(held, key=lambda item: -item[0].confidence)
    found = [
        CommitmentLink(old.commitments[pair.row].span, new.commitments[pair.column].span, judgement.status)
        for pair, judgement in order
    ]
    found += [CommitmentLink(fate.span, None, fate.status) for fate in of_old if not fate.counterparts]
    found += [CommitmentLink(None, fate.span, fate.status) for fate in of_new if not fate.counterparts]
    return tuple(found)


def _only_in(task: Task, partners: Sequence[Task]) -> tuple[str, ...]:
    """Bodies, by canonical id, that a task names and none of those linked with it does; a successor is the same body.

    Nothing is said where a clause is missing or cut: a commitment may go on elsewhere with that body.
    """
    if not all(partner.bodies and partner.complete for partner in partners):
        return ()
    elsewhere = {loader.canonical(body) for partner in partners for body in partner.bodies}
    mine = dict.fromkeys(map(loader.canonical, task.bodies))
    unnamed = {key for key, entry in loader.bodies().items() if entry.names_nobody}
    return tuple(key for key in mine if key not in elsewhere | unnamed)


def _tasks(
    plan: Plan, alignment: Alignment, links: Sequence[Link], fates: Sequence[Fate], of_old: bool
) -> list[Outcome]:
    """What became of every task of a plan, in document order."""
    of_task: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        of_task[link.old if of_old else link.new].append(link)
    commitments: dict[str, list[Fate]] = defaultdict(list)
    for fate in fates:
        commitments[fate.task].append(fate)
    pairs = alignment.tasks
    groups, partners_of = (pairs.rows, pairs.columns) if of_old else (pairs.columns, pairs.rows)
    nearest = argmax_of_groups(alignment.confidence, groups, len(plan.tasks))
    other = alignment.scores.new.tasks if of_old else alignment.scores.old.tasks
    found = []
    for index, task in enumerate(plan.tasks):
        mine, own = of_task[task.ref], commitments[task.ref]
        without = {fate.status for fate in own if not fate.counterparts}
        if mine:
            escalated = [link for link in mine if link.status is Status.ESCALATED]
            found.append(
                Outcome(
                    ref=task.ref,
                    status=Status.ESCALATED if escalated else Status.CONTINUED,
                    confidence=max(link.confidence for link in escalated or mine),
                    links=tuple(link.new if of_old else link.old for link in mine),
                    partly_dropped=Status.DROPPED in without,
                    partly_new=Status.NEW in without,
                )
            )
            continue
        best = int(nearest[index])
        chance = float(alignment.confidence[best]) if best >= 0 else 0.0
        alone = Status.DROPPED if of_old else Status.NEW
        found.append(
            Outcome(
                ref=task.ref,
                status=alone if alone in without else Status.UNDETERMINED,
                confidence=round(1 - chance, 3),
                note="one-off" if any(fate.note == "one-off" for fate in own) else None,
                nearest=(other[int(partners_of[best])].ref, round(chance, 3)) if best >= 0 else None,
            )
        )
    return found
