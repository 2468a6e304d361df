"""What a reader must know before a result: where a text stops, and what a difference of genre or language means."""

from __future__ import annotations

from ..model import Plan
from ..plans.gaps import gap_in_words


def between(old: Plan, new: Plan) -> tuple[str, ...]:
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
