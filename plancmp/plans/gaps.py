"""Where a plan's text is incomplete, in words."""

from __future__ import annotations

from ..model import Plan
from ..text import counted


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
            f"{len(plan.tasks)} of {plan.declared_tasks} tasks"
            if plan.declared_tasks
            else counted(len(plan.tasks), "task")
        )
        rest = f"; tasks {ranges} are missing" if ranges else ""
        return f"The text of {plan.id} stops at task {last.number}{where} ({count}{rest})"
    return f"The text of {plan.id} lacks tasks {ranges}"
