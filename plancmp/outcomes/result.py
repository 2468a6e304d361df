"""The whole result of comparing two plans."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..commitments import references
from ..model import Fate, Link, Outcome, Plan, Status, Task
from ..plans.editions import marked
from ..serialization import edition_dict, fate_dict, link_dict, outcome_dict, plan_dict

T = TypeVar("T")

# The statuses that either side can have, in the order in which they are counted.
OLD_STATUSES = (Status.CONTINUED, Status.ESCALATED, Status.DROPPED, Status.UNDETERMINED)
NEW_STATUSES = (Status.CONTINUED, Status.ESCALATED, Status.NEW, Status.UNDETERMINED)


@dataclass(frozen=True)
class PlanDiff:
    """The whole result of comparing two plans, or what a filter has left of it; every view of it draws the same numbers.

    commitments: every commitment of both plans once, old ones first, in reading order. tasks: likewise. links: the task
    pairs of counterparts and nothing else. notes: what a reader must know first. taught_by: from how many of a reviewer's
    answers the confidences of the other pairs were learned. whole: the result before a filter.
    """

    old: Plan
    new: Plan
    links: tuple[Link, ...]
    tasks: tuple[Outcome, ...]
    commitments: tuple[Fate, ...]
    notes: tuple[str, ...] = ()
    encoder: str = ""
    config: dict[str, float] = field(default_factory=dict)
    taught_by: int = 0
    whole: PlanDiff | None = field(default=None, repr=False)
    # Looked up by every view; worked out once.
    _tasks: dict[str, Task] = field(init=False, repr=False, compare=False)
    _old_refs: frozenset[str] = field(init=False, repr=False, compare=False)
    _fates: dict[str, Fate] = field(init=False, repr=False, compare=False)
    _outcomes: dict[str, Outcome] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tasks", {task.ref: task for plan in (self.old, self.new) for task in plan.tasks})
        object.__setattr__(self, "_old_refs", frozenset(task.ref for task in self.old.tasks))
        source = self.whole or self
        object.__setattr__(self, "_fates", {fate.ref: fate for fate in source.commitments})
        object.__setattr__(self, "_outcomes", {outcome.ref: outcome for outcome in source.tasks})

    def task(self, ref: str) -> Task:
        """The task of either plan with this name. Raises KeyError where there is none."""
        return self._tasks[ref]

    def fate(self, ref: str) -> Fate:
        """The fate of the commitment with this name, filtered out or not. Raises KeyError where there is none."""
        return self._fates[ref]

    def outcome(self, ref: str) -> Outcome:
        """What became of the task with this name, filtered out or not. Raises KeyError where there is none."""
        return self._outcomes[ref]

    def number(self, ref: str) -> str:
        """The number of the task with this name as people see it: 1, or 1† where it was read in the other edition."""
        task = self.task(ref)
        return marked(task.number, task)

    def name(self, fate: Fate) -> str:
        """A commitment as people see it: 1(e), or 1(e)† where it was read in the other edition of its plan."""
        task = self.task(fate.task)
        return marked(references.shown_name(task.number, fate.letter), task)

    def is_old(self, task_ref: str) -> bool:
        """True for a task of the old plan."""
        return task_ref in self._old_refs

    @property
    def old_commitments(self) -> tuple[Fate, ...]:
        return self._sides(self.commitments, lambda fate: self.is_old(fate.task))[0]

    @property
    def new_commitments(self) -> tuple[Fate, ...]:
        return self._sides(self.commitments, lambda fate: self.is_old(fate.task))[1]

    def _sides(self, items: tuple[T, ...], is_old: Callable[[T], bool]) -> tuple[tuple[T, ...], tuple[T, ...]]:
        """Commitments or tasks of the old plan, and those of the new; of a plan against itself, either half has all."""
        if self.old.id == self.new.id:
            return items[: len(items) // 2], items[len(items) // 2 :]
        return tuple(filter(is_old, items)), tuple(item for item in items if not is_old(item))

    @property
    def selection(self) -> dict[str, list[int]] | None:
        """How many commitments of how many a filter has left, for each side; None without a filter."""
        if self.whole is None:
            return None
        return {
            "old": [len(self.old_commitments), len(self.whole.old_commitments)],
            "new": [len(self.new_commitments), len(self.whole.new_commitments)],
        }

    @property
    def summary(self) -> dict[str, dict[str, int]]:
        """Counts by status of the tasks and of the commitments of each side, as in the contract."""
        sides = self._sides(self.tasks, lambda outcome: self.is_old(outcome.ref))
        old_tasks, new_tasks = ([outcome.status for outcome in side] for side in sides)
        groups = {
            "old_tasks": (old_tasks, OLD_STATUSES),
            "new_tasks": (new_tasks, NEW_STATUSES),
            "old_commitments": ([fate.status for fate in self.old_commitments], OLD_STATUSES),
            "new_commitments": ([fate.status for fate in self.new_commitments], NEW_STATUSES),
        }
        return {
            name: {str(status): found.count(status) for status in statuses}
            for name, (found, statuses) in groups.items()
        }

    def only(self, refs: Collection[str]) -> PlanDiff:
        """What these commitments leave: they, their tasks, and the links that one of them is part of."""
        chosen = tuple(fate for fate in self.commitments if fate.ref in refs)
        tasks = {fate.task for fate in chosen}
        pairs = {(fate.task, self.fate(counterpart.ref).task) for fate in chosen for counterpart in fate.counterparts}
        return replace(
            self,
            commitments=chosen,
            tasks=tuple(outcome for outcome in self.tasks if outcome.ref in tasks),
            links=tuple(link for link in self.links if (link.old, link.new) in pairs or (link.new, link.old) in pairs),
            whole=self.whole or self,
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as the JSON of `plancmp.diff/1`."""
        return {
            "schema": "plancmp.diff/1",
            "old": plan_dict(self.old),
            "new": plan_dict(self.new),
            "notes": list(self.notes),
            "encoder": self.encoder,
            "config": self.config,
            **({"taught_by": self.taught_by} if self.taught_by else {}),
            "summary": self.summary,
            **({"selection": self.selection} if self.selection else {}),
            "commitments": [fate_dict(fate) | edition_dict(self.task(fate.task)) for fate in self.commitments],
            "links": [link_dict(link) for link in self.links],
            "tasks": [outcome_dict(outcome) | edition_dict(self.task(outcome.ref)) for outcome in self.tasks],
        }
