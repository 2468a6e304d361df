"""A plan at hand in two editions, such as a translation that is cut and the whole original: where one is cut, the other
fills the gap, and what was read in it is marked.

Editions of one plan number their tasks alike. What both have is read in the plan's own text alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from ..model import Edition, Plan, Section, Task
from ..text import numeral_value

# Two texts whose tasks share fewer numbers than this are not editions of one plan, or number their tasks otherwise.
_SHARED = 0.8

# Stands behind the name of what was read in the other edition.
MARK = "†"

Path = tuple[Section, ...]
Key = TypeVar("Key", bound=Hashable)


def filled(plan: Plan, other: Plan) -> Plan:
    """The plan with the tasks that its text lacks, or has cut, from another edition; as it is where it lacks none.

    Where the tasks of the two are not numbered alike nothing is filled, and a warning says so.
    """
    own, theirs = ({task.number: task for task in one.tasks} for one in (plan, other))
    if len(own.keys() & theirs.keys()) < _SHARED * len(own):
        words = "its other edition numbers its tasks otherwise, so that no gap could be filled from it"
        return replace(plan, warnings=(*plan.warnings, words))
    numbers = [number for number in theirs if _is_lacking(number, plan, own, list(theirs))]
    cut = {number for number, task in own.items() if not task.complete and number in theirs and theirs[number].complete}
    if not numbers and not cut:
        return plan
    paths = _corresponding(plan.sections, other.sections)
    taken = {
        number: replace(theirs[number], section=paths[theirs[number].section], other_edition=True)
        for number in (*numbers, *cut)
    }
    order = _merged(list(own), list(theirs), set(numbers))
    places = [paths[path] for path in other.sections]
    # A heading without a task says where the plan goes on, but only what the gaps cover is taken over.
    sections = _merged(plan.sections, places, set(places) - set(plan.sections))
    return replace(
        plan,
        tasks=tuple(taken.get(number) or own[number] for number in order),
        sections=tuple(sections),
        missing=_left(plan.missing, taken),
        gaps=_still_open(plan, other, sections, places),
        other_edition=Edition(other.title, other.language, other.source),
    )


def parts(plan: Plan) -> list[tuple[Plan, list[int]]]:
    """The plan as it was read in each of its editions, with the indexes of these tasks in the whole."""
    found = []
    for other in (False, True):
        indexes = [index for index, task in enumerate(plan.tasks) if task.other_edition == other]
        if not indexes:
            continue
        tasks = tuple(plan.tasks[index] for index in indexes)
        part = replace(plan, tasks=tasks, other_edition=None)
        if other and (edition := plan.other_edition):
            part = replace(part, title=edition.title, language=edition.language, source=edition.source)
        found.append((part, indexes))
    return found


def in_words(plan: Plan) -> str:
    """What was read in the plan's other edition, in a clause, or "" where nothing was."""
    edition = plan.other_edition
    if edition is None:
        return ""
    numbers = [task.number for task in plan.tasks if task.other_edition]
    shown = _ranges(plan, numbers)
    language = {"zh": "Chinese", "en": "English"}.get(edition.language, edition.language)
    return (
        f"The text of {plan.id} at hand is cut: {'tasks' if len(numbers) > 1 else 'task'} {shown} "
        f"{'were' if len(numbers) > 1 else 'was'} read in the other edition ({language}; {edition.source.cited or edition.source.file}), "
        f"marked {MARK}"
    )


def marked(name: str, task: Task) -> str:
    """The name of a task, or of a commitment of it, as people see it: with a mark where it was read in the other edition."""
    return name + MARK if task.other_edition else name


def _ranges(plan: Plan, numbers: Sequence[str]) -> str:
    """The numbers with runs of neighbours as "64 to 115"."""
    order = {task.number: index for index, task in enumerate(plan.tasks)}
    runs: list[list[str]] = []
    for number in sorted(numbers, key=order.__getitem__):
        if runs and order[number] == order[runs[-1][-1]] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _is_lacking(number: str, plan: Plan, own: dict[str, Task], theirs: list[str]) -> bool:
    """True for a task of the other edition that stands where text of the plan is missing."""
    if number in own:
        return False
    if number.isdigit() and any(first <= int(number) <= last for first, last in plan.missing):
        return True
    last = max((index for index, known in enumerate(theirs) if known in own), default=-1)
    return any(end is None for _, end in plan.gaps) and theirs.index(number) > last


def _key(path: Path) -> tuple[str, ...]:
    """A place in an outline whatever the numerals: 2 and 二 are one number."""
    return tuple(str(numeral_value(section.number) or section.number) for section in path)


def _corresponding(own: Sequence[Path], theirs: Iterable[Path]) -> dict[Path, Path]:
    """The paths of the other edition, each with the plan's own headings as far as the plan has them."""
    known = {_key(path[:depth]): path[:depth] for path in own for depth in range(1, len(path) + 1)}
    found: dict[Path, Path] = {(): ()}
    for path in theirs:
        deepest = next((depth for depth in range(len(path), 0, -1) if _key(path[:depth]) in known), 0)
        found[path] = (*known.get(_key(path[:deepest]), ()), *path[deepest:])
    return found


def _merged(own: Sequence[Key], theirs: Sequence[Key], added: set[Key]) -> list[Key]:
    """One's own in their order, and each one added behind what stands before it in the other edition."""
    merged = list(own)
    place = 0
    for item in theirs:
        if item in added and item not in merged:
            merged.insert(place, item)
        if item in merged:
            place = merged.index(item) + 1
    return merged


def _left(missing: Sequence[tuple[int, int]], taken: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """The ranges of numbers that are still missing."""
    found = {int(number) for number in taken if number.isdigit()}
    runs: list[tuple[int, int]] = []
    for number in (n for first, last in missing for n in range(first, last + 1) if n not in found):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return tuple(runs)


def _still_open(
    plan: Plan, other: Plan, sections: Sequence[Path], places: Sequence[Path]
) -> tuple[tuple[int, int | None], ...]:
    """The places of the merged outline at which text of both editions is missing."""
    past = len(sections)

    def covered(one: Plan, paths: Sequence[Path]) -> set[int]:
        found: set[int] = set()
        for first, last in one.gaps:
            start = sections.index(paths[first]) if first < len(paths) else past
            end = past if last is None else sections.index(paths[last])
            found |= set(range(start, end + 1))
        return found

    still = sorted(covered(plan, plan.sections) & covered(other, places))
    runs: list[tuple[int, int | None]] = []
    for place in still:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return tuple((first, None if last == past else last) for first, last in runs)
