"""A reviewer's decisions applied to an alignment: they go before the model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..model import Decision, Decisions, Link, Plan, Status, Task
from ..text import fold, printable

if TYPE_CHECKING:
    from ..linkage.match_model import Alignment


def applicable(decisions: Decisions, old: Plan, new: Plan) -> tuple[dict[tuple[int, int], Decision], tuple[str, ...]]:
    """The decisions that fit the plans' texts, by the indexes of their tasks, and a note on each that does not fit."""
    rows, columns = ({task.number: index for index, task in enumerate(plan.tasks)} for plan in (old, new))
    tasks = ({task.number: task for task in old.tasks}, {task.number: task for task in new.tasks})
    complaints = [misfit(decision, old, new, tasks) for decision in decisions.entries]
    fitting = {
        (rows[decision.old], columns[decision.new]): decision
        for decision, complaint in zip(decisions.entries, complaints, strict=True)
        if complaint is None
    }
    return fitting, tuple(complaint for complaint in complaints if complaint is not None)


def misfit(
    decision: Decision, old: Plan, new: Plan, by_number: Sequence[Mapping[str, Task]] | None = None
) -> str | None:
    """Why the decision cannot be applied to these plans, in words; None where it can.

    by_number: the tasks of both plans, for callers that ask about many decisions.
    """
    since = f"the decision of {decision.when[:10]}" if decision.when else "the decision"
    tasks = []
    for side, (plan, number) in enumerate(((old, decision.old), (new, decision.new))):
        task = by_number[side].get(number) if by_number else plan.task(number)
        if task is None:
            other = f"{old.id}:{decision.old} → {new.id}:{decision.new}"
            return f"There is no task {plan.id}:{printable(number)}; {since} on {printable(other)} is not applied."
        tasks.append(task)
    if decision.sha256 is None:
        return None
    changed = [task.ref for task, known in zip(tasks, decision.sha256, strict=True) if fingerprint(task) != known]
    if not changed:
        return None
    return f"The text of {' and '.join(changed)} has changed since {since} on {tasks[0].ref} → {tasks[1].ref}; decide again."


def fingerprint(task: Task) -> str:
    """A short hash of a task's words; white space, quotation marks and case do not count."""
    return hashlib.sha256(fold(task.full_text).encode("utf-8", "replace")).hexdigest()[:16]


def decide(
    old: Task, new: Task, status: Status | None, softened: bool = False, note: str = "", who: str = ""
) -> Decision:
    """A decision made now on the words of these two tasks."""
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    return Decision(old.number, new.number, status, softened, note, who, when, (fingerprint(old), fingerprint(new)))


def apply(alignment: Alignment, holding: Mapping[tuple[int, int], Decision]) -> Alignment:
    """The alignment with the links that the decisions leave, take out and put in.

    A pair that is no link has no confidence any more, so that it is not the nearest candidate of its tasks either; the
    confidence of an accepted one stays the model's.
    """
    if not holding:
        return alignment
    rejected = [place for place, decision in holding.items() if decision.status is None]
    confidence = alignment.confidence.copy()
    for place in rejected:
        if (cell := alignment.tasks.position(*place)) is not None:
            confidence[cell] = 0.0
    links = sorted({*alignment.links, *holding} - {*rejected})
    return replace(alignment, confidence=confidence, links=links)


def settle(link: Link, decision: Decision | None) -> Link:
    """The link as the reviewer's, where there is a decision on it."""
    if decision is None or decision.status is None:
        return link
    note = printable(decision.note) or None
    return replace(
        link, status=decision.status, softened=decision.softened, note=note, decided_by="reviewer", doubtful=False
    )
