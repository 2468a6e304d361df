"""What a reader must know before a result: where a text stops, and what a difference of genre or language means."""

from __future__ import annotations

from .model import Plan


def on(old: Plan, new: Plan) -> tuple[str, ...]:
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
