"""Filters of tasks, links and outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from ..lexicon import loader
from ..lexicon.loader import canonical
from ..model import Link, Outcome, Plan, Section, Status, Task
from ..outcomes.result import PlanDiff
from ..text import fold, number, printable, shortened


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show. Every field narrows; an empty one does not.

    statuses: names of statuses, also `softened` and `doubtful`. section: a number (`2`, `2(1)`, `2.1`) or words of a
    heading. body: any name or id of a body. topic: words, with the field's synonyms. min_confidence: 0 to 1.
    """

    statuses: tuple[str, ...] = ()
    section: str = ""
    body: str = ""
    topic: str = ""
    min_confidence: float = 0.0

    @property
    def empty(self) -> bool:
        return self == Filter()


@dataclass(frozen=True, slots=True)
class Selection:
    """The links and outcomes of a comparison that pass a filter. note: how the topic was read, for the reader."""

    links: tuple[Link, ...]
    outcomes: tuple[Outcome, ...]
    note: str | None = None


STATUSES = (*(str(status) for status in Status), "softened", "doubtful")


def select(result: PlanDiff, wanted: Filter) -> Selection:
    """Links of which either task fits, and tasks that fit. Raises UsageError for a status or body that is unknown."""
    if wanted.empty:
        return Selection(result.links, result.tasks)
    plans = (result.old, result.new)
    if wanted.section:
        require_section(plans, wanted.section)
    answers = [_tasks_and_note(plan, wanted) for plan in plans]
    fits = {task.ref for tasks, _ in answers for task in tasks}

    def has_status(item: Link | Outcome) -> bool:
        names = {str(item.status)}
        if isinstance(item, Link):
            names |= {"softened"} if item.softened else set()
            names |= {"doubtful"} if item.doubtful else set()
        return not wanted.statuses or bool(names & set(wanted.statuses))

    links = tuple(
        link
        for link in result.links
        if (link.old in fits or link.new in fits) and has_status(link) and link.confidence >= wanted.min_confidence
    )
    linked = {ref for link in links for ref in (link.old, link.new)}
    outcomes = tuple(
        outcome
        for outcome in result.tasks
        if outcome.ref in linked
        or (
            not outcome.links
            and outcome.ref in fits
            and has_status(outcome)
            and outcome.confidence >= wanted.min_confidence
        )
    )
    return Selection(links, outcomes, next((note for _, note in answers if note), None))


def select_tasks(plan: Plan, wanted: Filter) -> list[Task]:
    """The tasks of a plan that fit section, body and topic.

    Raises UsageError for a status, section or body that is unknown.
    """
    if wanted.section:
        require_section((plan,), wanted.section)
    return _tasks_and_note(plan, wanted)[0]


def _tasks_and_note(plan: Plan, wanted: Filter) -> tuple[list[Task], str | None]:
    for status in wanted.statuses:
        if status not in STATUSES:
            raise UsageError(f"unknown status “{printable(status)}”", f"one of: {', '.join(STATUSES)}")
    tests: list[Callable[[Task], bool]] = []
    note: str | None = None
    if wanted.section:
        tests.append(lambda task: in_section(task.section, wanted.section))
    if wanted.body:
        ids = body_ids(wanted.body, (plan,))
        tests.append(lambda task: has_body(task, ids))
    if wanted.topic:
        from ..search import topics

        on_topic, note = topics.matching_refs(plan, wanted.topic)
        tests.append(lambda task: task.ref in on_topic)
    return [task for task in plan.tasks if all(test(task) for test in tests)], note


def has_body(task: Task, ids: Collection[str]) -> bool:
    """True where a body with one of these keys, or a predecessor of it, is in charge of the task."""
    return any(body.key in ids or canonical(body) in ids for body in task.bodies)


def body_ids(name: str, plans: Iterable[Plan]) -> set[str]:
    """Keys of the body meant: of the lexicon, or as printed in one of the plans. Raises UsageError where none is."""
    found = loader.find_body(name)
    if found:
        return {found}
    wanted = fold(name)
    printed = {
        body.key
        for plan in plans
        for task in plan.tasks
        for body in task.bodies
        if wanted and wanted in fold(body.as_printed)
    }
    if printed:
        return printed
    raise UsageError(
        f"no body is called “{printable(name)}”",
        f"did you mean {near}?" if (near := _near_body(wanted)) else "use an id such as CNIPA, SAMR or MPS",
    )


def _near_body(name: str) -> str:
    """The body that people call so, or the one with the most like name, as id and name; empty where none is like it."""
    from rapidfuzz import process

    entries = {entry.id: entry.name for entry in loader.bodies().values() if not entry.id.startswith("X-")}
    called = loader.table("synonyms")["bodies"].get(name)
    if called is None:
        best = process.extractOne(
            name, {body: fold(f"{body} {full}") for body, full in entries.items()}, score_cutoff=60
        )
        called = best[2] if best else None
    return f"{called}, the {entries[called].removeprefix('The ').removeprefix('the ')}" if called else ""


def in_section(sections: Sequence[Section], wanted: str) -> bool:
    """True where one of these sections, outermost first, has this number, or a heading with these words."""
    numbers = [section.number.casefold() for section in sections]
    asked = [part for part in re.split(r"[().\s/]+", wanted.casefold()) if part]
    if asked and numbers[: len(asked)] == asked:
        return True
    if len(asked) == 1 and any(not section.isdigit() and section == asked[0] for section in numbers):
        return True
    words = fold(wanted)
    # A number is never a part of a heading's words: I is no letter of "Intellectual".
    is_number = all(number(part.upper()) is not None for part in asked)
    return not is_number and any(words in fold(section.heading) for section in sections)


def require_section(plans: Iterable[Plan], wanted: str) -> None:
    """Raise UsageError, naming those there are, where no plan has a section of this number or heading.

    Signs alone name no section and pick none.
    """
    paths = [path for plan in plans for path in plan.sections]
    if not any(map(str.isalnum, wanted)) or any(in_section(path, wanted) for path in paths):
        return
    tops = dict.fromkeys(f"{path[0].number} {path[0].heading}" for path in paths if path)
    listed = "; ".join(shortened(printable(top), 40) for top in list(tops)[:6])
    raise UsageError(f"no section is numbered or called “{printable(wanted)}”", f"there are: {listed or 'none'}")
