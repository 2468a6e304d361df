"""Filters: which commitments of a result, and which tasks of a plan, a reader asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from ..errors import UsageError
from ..lexicon import loader
from ..lexicon.loader import canonical
from ..model import STATUSES, Fate, Plan, Section, Task
from ..outcomes.result import PlanDiff
from ..text import fold, numeral_value, printable, shortened


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show. Every field narrows; an empty one does not.

    statuses: names of statuses, also `softened`, `doubtful`, `partly-dropped` and `partly-new`. section: a number (`2`, `2(1)`, `2.1`) or words of a
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


def select(result: PlanDiff, wanted: Filter) -> PlanDiff:
    """What a filter leaves of a result: the commitments that fit, with their tasks and links.

    How a topic was read is added to the notes. Raises UsageError for a status, section or body that is unknown.
    """
    if wanted.empty:
        return result
    plans = (result.old, result.new)
    if wanted.section:
        require_section(plans, wanted.section)
    fitting = {task.ref for plan in plans for task in _tasks_and_note(plan, replace(wanted, topic=""))[0]}
    on_topic, note = _on_topic(result, wanted.topic) if wanted.topic else (None, None)

    def fits(fate: Fate) -> bool:
        return (
            fate.task in fitting
            and (on_topic is None or fate.ref in on_topic)
            and fate.confidence >= wanted.min_confidence
            and (not wanted.statuses or not _states(result, fate).isdisjoint(wanted.statuses))
        )

    chosen = result.only({fate.ref for fate in result.commitments if fits(fate)})
    return replace(chosen, notes=(*chosen.notes, note)) if note else chosen


def _states(result: PlanDiff, fate: Fate) -> set[str]:
    """Every status by which a commitment can be asked for."""
    outcome = result.outcome(fate.task)
    return {
        fate.state,
        str(fate.status),
        *(["doubtful"] if fate.doubtful else []),
        *(["partly-dropped"] if outcome.partly_dropped else []),
        *(["partly-new"] if outcome.partly_new else []),
    }


def _on_topic(result: PlanDiff, topic: str) -> tuple[set[str], str | None]:
    """The commitments about a topic, and how it was read: of the tasks that a search finds, the commitments in which the
    words stand, or all of a task that speaks of it in its title or in meaning only.
    """
    from ..search import topics

    by_task: dict[str, list[Fate]] = defaultdict(list)
    for fate in result.commitments:
        by_task[fate.task].append(fate)
    found: set[str] = set()
    notes = []
    for plan in (result.old, result.new):
        entries, note = topics.matching_entries(plan, topic)
        notes.append(note)
        for entry in entries:
            # Spans are places in the full text, which may begin with the title.
            shift = len(entry.task.full_text) - len(entry.task.text)
            own = [
                fate.ref
                for fate in by_task[entry.task.ref]
                if any(start - shift < fate.span[1] and fate.span[0] < end - shift for start, end in entry.spans)
            ]
            found.update(own or (fate.ref for fate in by_task[entry.task.ref]))
    return found, next(filter(None, notes), None)


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
        import difflib

        near = difflib.get_close_matches(name, loader.table("synonyms")["bodies"], n=1, cutoff=0.75)
        called = loader.table("synonyms")["bodies"][near[0]] if near else None
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
    is_number = all(numeral_value(part.upper()) is not None for part in asked)
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
