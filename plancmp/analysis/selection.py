"""Filters: which commitments of a result, and which tasks of a plan, a reader asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ..errors import UsageError
from ..lexicon import loader
from ..lexicon.loader import canonical
from ..model import Fate, Plan, Status, Task
from ..outcomes.result import PlanDiff
from ..text import fold, printable


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


STATUSES = (*(str(status) for status in Status), "softened", "doubtful", "partly-dropped", "partly-new")


def select(result: PlanDiff, wanted: Filter) -> PlanDiff:
    """What a filter leaves of a result: the commitments that fit, with their tasks and links.

    Raises UsageError for a status or body that is unknown.
    """
    if wanted.empty:
        return result
    fitting = {task.ref for plan in (result.old, result.new) for task in select_tasks(plan, replace(wanted, topic=""))}
    on_topic = _on_topic(result, wanted.topic) if wanted.topic else None

    def fits(fate: Fate) -> bool:
        return (
            fate.task in fitting
            and (on_topic is None or fate.ref in on_topic)
            and fate.confidence >= wanted.min_confidence
            and (not wanted.statuses or not _states(result, fate).isdisjoint(wanted.statuses))
        )

    return result.only({fate.ref for fate in result.commitments if fits(fate)})


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


def _on_topic(result: PlanDiff, topic: str) -> set[str]:
    """The commitments about a topic: of the tasks that a search finds, those that hold its words themselves, or all of a
    task that speaks of it in its title, across its sentences, or in meaning only.
    """
    from ..search import query, topics

    question = query.Question(topic)
    concepts = [concept for concept, _ in question.concepts]
    by_task: dict[str, list[Fate]] = defaultdict(list)
    for fate in result.commitments:
        by_task[fate.task].append(fate)
    found: set[str] = set()
    for plan in (result.old, result.new):
        for ref in topics.matching_refs(plan, topic):
            task = result.task(ref)
            own = [
                fate.ref
                for fate in by_task[ref]
                if concepts and question.match(concepts, task, query.StemmedText(fate.text), one_sentence=False)
            ]
            found.update(own or (fate.ref for fate in by_task[ref]))
    return found


def select_tasks(plan: Plan, wanted: Filter) -> list[Task]:
    """The tasks of a plan that fit section, body and topic."""
    for status in wanted.statuses:
        if status not in STATUSES:
            raise UsageError(f"unknown status “{printable(status)}”", f"one of: {', '.join(STATUSES)}")
    tests: list[Callable[[Task], bool]] = []
    if wanted.section:
        tests.append(lambda task: in_section(task, wanted.section))
    if wanted.body:
        ids = body_ids(wanted.body, (plan,))
        tests.append(lambda task: any(body.key in ids or canonical(body) in ids for body in task.bodies))
    if wanted.topic:
        from ..search import topics

        on_topic = topics.matching_refs(plan, wanted.topic)
        tests.append(lambda task: task.ref in on_topic)
    return [task for task in plan.tasks if all(test(task) for test in tests)]


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
    import difflib

    names = [entry.name for entry in loader.bodies().values()] + list(loader.bodies())
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.4)
    raise UsageError(
        f"no body is called “{printable(name)}”",
        f"did you mean {' or '.join(near)}?" if near else "use an id such as CNIPA, SAMR or MPS",
    )


def in_section(task: Task, wanted: str) -> bool:
    """True where the task stands under a section of this number, or under a heading with these words."""
    numbers = [section.number.casefold() for section in task.section]
    asked = [part for part in re.split(r"[().\s/]+", wanted.casefold()) if part]
    if asked and numbers[: len(asked)] == asked:
        return True
    if len(asked) == 1 and any(not section.isdigit() and section == asked[0] for section in numbers):
        return True
    words = fold(wanted)
    return not re.fullmatch(r"[\d().\s]+", wanted) and any(words in fold(section.heading) for section in task.section)
