"""What a reader must know before a result: where a text stops, and what a difference of genre or language means."""

from __future__ import annotations

from ..model import Plan, Section
from ..plans import catalogue, editions
from ..plans.gaps import gap_in_words
from ..text import counted
from . import outline

# How the notes on translations and on what was learned from a reviewer begin.
TRANSLATIONS, TAUGHT = "Two unofficial translations", "The rest of this comparison has learned from"


def between(old: Plan, new: Plan) -> tuple[str, ...]:
    """What the reader must know before the result: the order of the plans, gaps, and what a difference of genre means."""
    if old.id == new.id:
        return ("Both are the same plan: every commitment is its own counterpart.",)
    notes = []
    if old.issued and new.issued and new.issued < old.issued:
        notes.append(
            f"Read backwards: {new.id} was issued on {new.issued}, before {old.id}. What was new in {old.id} stands here as "
            f"having no counterpart, and what is gone from it as new."
        )
    for plan, other, verb in ((old, new, "new"), (new, old, "dropped")):
        if read_elsewhere := editions.in_words(plan):
            notes.append(f"{read_elsewhere}.")
        if plan.whole:
            continue
        where = _open_sections(plan, other)
        notes.append(
            f"{gap_in_words(plan)}. "
            + (f"Nothing in {where} of {other.id} can be called {verb}." if where else "What stood there is not known.")
        )
    translators = [catalogue.stated(plan, "translated_by") for plan in (old, new)]
    if all(translators):
        hands = "by different hands" if translators[0] != translators[1] else "by one hand"
        notes.append(f"{TRANSLATIONS} {hands}: a changed adverb may be the translator's.")
    if different_kinds(old, new):
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


def different_kinds(old: Plan, new: Plan) -> bool:
    """True where two plans are known to be of different series, which promise at different grain."""
    return bool(old.series and new.series) and old.series != new.series


def taught(answers: int) -> tuple[str, ...]:
    """That a reviewer's answers count for what he was not asked, too."""
    return (
        (f"{TAUGHT} {counted(answers, 'answer')} of the reviewer (--no-teaching: only what was decided).",)
        if answers
        else ()
    )


def _open_sections(plan: Plan, other: Plan) -> str:
    """The sections of `other` whose counterparts in `plan` are missing, from the first to the last: "sections 3(2) to 7"."""
    numbers = [
        task.section
        for task in other.tasks
        if task.section and outline.is_open(outline.standing(task, plan=other, other=plan), plan)
    ]
    if not numbers:
        return ""
    first, last = _number(numbers[0]), numbers[-1][0].number
    return f"section {first}" if numbers[0] == numbers[-1] else f"sections {first} to {last}"


def _number(path: tuple[Section, ...]) -> str:
    return path[0].number + "".join(f"({section.number})" for section in path[1:])
