"""Where a task of one plan would stand in the outline of another, and whether text is missing there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..commitments.tokens import terms_of
from ..model import Plan, Section, Task


def standing(task: Task, plan: Plan, other: Plan) -> int | None:
    """Where a task of `plan` would stand in `other`: an index into other.sections, or None past its last section.

    By position (CODEBOOK, "Where a new task would stand"): the section of the other plan whose heading and place match
    the task's; where none does, the place after the last one that has a match before it.
    """
    matches = _outline_matches(plan.sections, other.sections)
    here = plan.sections.index(task.section) if task.section in plan.sections else len(plan.sections) - 1
    if here in matches:
        return matches[here]
    before = [matches[i] for i in range(here) if i in matches]
    place = (before[-1] + 1) if before else 0
    return place if place < len(other.sections) else None


@lru_cache(maxsize=64)
def _outline_matches(one: tuple[tuple[Section, ...], ...], other: tuple[tuple[Section, ...], ...]) -> dict[int, int]:
    return match_outlines(one, other)


def match_outlines(one: Sequence[tuple[Section, ...]], other: Sequence[tuple[Section, ...]]) -> dict[int, int]:
    """Sections of two outlines that correspond, in order: indexes of the first to indexes of the second.

    Longest common subsequence, each pair weighing its likeness of headings and of place.
    """
    rows, columns = len(one), len(other)
    like = [[_section_likeness(a, b) for b in other] for a in one]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            take = best[i + 1][j + 1] + like[i][j] if like[i][j] >= 0.5 else 0.0
            best[i][j] = max(take, best[i + 1][j], best[i][j + 1])
    matches: dict[int, int] = {}
    i = j = 0
    while i < rows and j < columns:
        if like[i][j] >= 0.5 and best[i][j] == best[i + 1][j + 1] + like[i][j]:
            matches[i] = j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return matches


@lru_cache(maxsize=4096)
def _heading_terms(heading: str) -> frozenset[str]:
    return frozenset(terms_of(heading))


def _shared(a: str, b: str) -> float:
    left, right = _heading_terms(a), _heading_terms(b)
    return len(left & right) / len(left | right) if left | right else 0.0


def _section_likeness(one: tuple[Section, ...], other: tuple[Section, ...]) -> float:
    """How alike two sections are, 0 to 1: their heading, the heading above, and their numbers."""
    if not one or not other:
        return 0.0

    own = _shared(one[-1].heading, other[-1].heading)
    if len(one) != len(other):
        return 0.9 * own
    above = _shared(one[0].heading, other[0].heading) if len(one) > 1 else own
    place = [section.number for section in one] == [section.number for section in other]
    # The same place under the same chapter is the same section under another heading.
    return max(
        0.6 * own + 0.25 * above + 0.15 * place, 0.5 + above / 10 if place and above >= 0.6 and len(one) > 1 else 0
    )


def is_open(place: int | None, plan: Plan) -> bool:
    """True where text of the plan is missing at this place of its outline, so that absence cannot be told."""
    last = len(plan.sections)
    position = last if place is None else place
    return any(first <= position <= (last if end is None else end) for first, end in plan.gaps)
