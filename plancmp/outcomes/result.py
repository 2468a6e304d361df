"""The whole result of comparing two plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model import Link, Outcome, Plan, Status
from ..serialization import link_dict, outcome_dict, plan_dict


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """The whole result of comparing two plans; every view of it draws the same numbers."""

    old: Plan
    new: Plan
    links: tuple[Link, ...]
    tasks: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    encoder: str = ""
    config: dict[str, float] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, dict[str, int]]:
        """Counts of tasks by status for each side, as in the contract."""
        sides = {
            "old_tasks": (self.old, ("continued", "escalated", "dropped", "undetermined")),
            "new_tasks": (self.new, ("continued", "escalated", "new", "undetermined")),
        }
        counts = {}
        for side, (plan, statuses) in sides.items():
            refs = {task.ref for task in plan.tasks}
            offset = 0 if side == "old_tasks" else len(self.old.tasks)
            mine = [outcome.status for outcome in self.tasks[offset : offset + len(refs)]]
            counts[side] = {status: mine.count(Status(status)) for status in statuses}
        return counts

    def to_dict(self, links: Sequence[Link] | None = None, tasks: Sequence[Outcome] | None = None) -> dict[str, Any]:
        """The result as the JSON of `plancmp.diff/1`. links and tasks: what a filter has left; counts are of the whole."""
        return {
            "schema": "plancmp.diff/1",
            "old": plan_dict(self.old),
            "new": plan_dict(self.new),
            "notes": list(self.notes),
            "encoder": self.encoder,
            "config": self.config,
            "summary": self.summary,
            "links": [link_dict(link) for link in (self.links if links is None else links)],
            "tasks": [outcome_dict(outcome) for outcome in (self.tasks if tasks is None else tasks)],
        }
