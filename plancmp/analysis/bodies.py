"""Responsible bodies between two plans: tasks gained and lost, leads taken and given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import pipeline
from ..lexicon import loader
from ..lexicon.loader import canonical
from ..model import Plan, Status, Task
from ..outcomes.result import PlanDiff

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress
    from ..outcomes.decision_files import Given


@dataclass(frozen=True, slots=True)
class BodyChange:
    """What changed for one body.

    id: its canonical id, or the printed name. old_tasks and new_tasks: refs of all its tasks on either side.
    joined: links (old ref, new ref) whose new task alone names it; left: whose old task alone does. Where a commitment
    goes on elsewhere with the body, and where a clause is missing, neither is said.
    doubtful: of these links those that are doubtful. undetermined: its new tasks that stand where the old plan's text is
    missing, so that nothing can be said of them.
    took_lead and gave_lead: links in which both plans say who leads and this body's part in it changed.
    led_old and led_new: refs of the tasks that it leads, where the plan says who leads.
    dropped and arrived: its tasks without a counterpart. succession: "CBIRC → NFRA (2023)" where one took place.
    """

    id: str
    name: str
    old_tasks: tuple[str, ...]
    new_tasks: tuple[str, ...]
    joined: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]
    took_lead: tuple[tuple[str, str], ...]
    gave_lead: tuple[tuple[str, str], ...]
    led_old: tuple[str, ...]
    led_new: tuple[str, ...]
    dropped: tuple[str, ...]
    arrived: tuple[str, ...]
    succession: str | None
    printed: tuple[str, ...]
    doubtful: tuple[tuple[str, str], ...] = ()
    undetermined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Responsibilities:
    """All changes of two plans, bodies with the most tasks first; says_lead: whether each plan names its leads."""

    result: PlanDiff
    changes: tuple[BodyChange, ...]
    says_lead: tuple[bool, bool]

    def to_dict(self) -> dict[str, Any]:
        """`plancmp.bodies/1`."""
        from dataclasses import asdict

        from .. import serialization

        return {
            "schema": "plancmp.bodies/1",
            "old": serialization.plan_dict(self.result.old),
            "new": serialization.plan_dict(self.result.new),
            "says_lead": {"old": self.says_lead[0], "new": self.says_lead[1]},
            "bodies": [asdict(change) for change in self.changes],
        }


def responsibilities(
    old: Plan,
    new: Plan,
    progress: Progress | None = None,
    only: set[str] | None = None,
    decisions: Given | None = None,
) -> Responsibilities:
    """Who gained and lost tasks between two plans. only: keys of the bodies wanted; None is all. decisions: a reviewer's."""
    result = pipeline.diff(old, new, progress=progress, decisions=decisions)
    tasks = {task.ref: task for plan in (old, new) for task in plan.tasks}
    names: dict[str, str] = {}
    printed: dict[str, list[str]] = {}
    successions: dict[str, str] = {}
    sides: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    leads: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for side, plan in enumerate((old, new)):
        for task in plan.tasks:
            for body in task.bodies:
                key = canonical(body)
                entry = loader.bodies().get(key)
                names.setdefault(key, entry.name if entry else body.name)
                if body.as_printed not in printed.setdefault(key, []):
                    printed[key].append(body.as_printed)
                if body.id and body.id != key:
                    successor = loader.bodies()[body.id].successor
                    successions[key] = f"{body.id} → {key} ({successor['year']})"
                sides[side].setdefault(key, []).append(task.ref)
                if body.lead:
                    leads[side].setdefault(key, []).append(task.ref)
    says_lead = (bool(leads[0]), bool(leads[1]))
    unlinked = {outcome.ref for outcome in result.tasks if not outcome.links}
    open_tasks = {
        outcome.ref
        for outcome in result.tasks
        if outcome.status is Status.UNDETERMINED and not result.is_old(outcome.ref)
    }
    doubtful = {(link.old, link.new) for link in result.links if link.doubtful}
    changes = []
    for key in sides[0].keys() | sides[1].keys():
        if only is not None and key not in only:
            continue
        pairs = [(link.old, link.new) for link in result.links]
        joined = tuple((link.old, link.new) for link in result.links if key in link.newly_named)
        left = tuple((link.old, link.new) for link in result.links if key in link.no_longer_named)
        led = [
            (pair, _leads(tasks[pair[0]], key), _leads(tasks[pair[1]], key))
            for pair in pairs
            if all(_says(tasks[ref]) for ref in pair)
        ]
        changes.append(
            BodyChange(
                key,
                names[key],
                tuple(sides[0].get(key, ())),
                tuple(sides[1].get(key, ())),
                joined,
                left,
                tuple(pair for pair, before, after in led if after and not before),
                tuple(pair for pair, before, after in led if before and not after),
                tuple(leads[0].get(key, ())),
                tuple(leads[1].get(key, ())),
                tuple(ref for ref in sides[0].get(key, ()) if ref in unlinked),
                tuple(ref for ref in sides[1].get(key, ()) if ref in unlinked and ref not in open_tasks),
                successions.get(key),
                tuple(printed[key]),
                tuple(pair for pair in (*joined, *left) if pair in doubtful),
                tuple(ref for ref in sides[1].get(key, ()) if ref in open_tasks),
            )
        )
    changes.sort(key=lambda change: (-len(change.old_tasks) - len(change.new_tasks), change.id))
    return Responsibilities(result, tuple(changes), says_lead)


def _leads(task: Task, key: str) -> bool:
    return any(body.lead and canonical(body) == key for body in task.bodies)


def _says(task: Task) -> bool:
    """True where the task says who leads it."""
    return any(body.lead for body in task.bodies)
