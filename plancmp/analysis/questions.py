"""What a reviewer is asked about two plans, and in which order: what changes the result most goes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from .. import pipeline
from ..linkage.match_model import Alignment
from ..linkage.teaching import teach
from ..model import Decision, Decisions, Fate, Link, Plan, Task
from ..outcomes import decisions
from ..outcomes.result import PlanDiff
from ..settings import SETTINGS
from ..text import printable

# A pair less probable than that is asked about only where it is the nearest of a task without a counterpart.
_FLOOR = 0.05


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A pair of tasks that a reviewer should judge.

    link: the model's link, or the link that there would be if accepted. linked: whether the model links the two.
    confidence: the model's, 0 to 1, that they are a link. hang: how many commitments have another fate if it errs.
    stale_decision: the decision on an earlier text of the pair, if the file has one.
    """

    old: Task
    new: Task
    link: Link
    linked: bool
    confidence: float
    hang: int
    stale_decision: Decision | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.old.number, self.new.number

    @property
    def worth(self) -> float:
        """How many commitments are expected to have another fate after the answer: those that hang on it, times the
        probability that the model errs.
        """
        return self.hang * (1 - self.confidence if self.linked else self.confidence)

    @property
    def why(self) -> str:
        """The reason for asking, in words."""
        if self.stale_decision is not None:
            note = f" (“{printable(self.stale_decision.note)}”)" if self.stale_decision.note else ""
            return f"decided as {self.stale_decision.outcome}{note} before the text changed"
        if self.linked:
            return "doubtful link" if self.confidence < SETTINGS.sure else "confident link, for a check"
        return "near miss, not linked" if self.confidence >= SETTINGS.near else "no counterpart found; the nearest"

    def with_confidence(self, confidence: float, linked: bool) -> ReviewItem:
        """The same question after the model has learned."""
        return replace(
            self, confidence=confidence, linked=linked, link=replace(self.link, confidence=round(confidence, 3))
        )


def candidates(old: Plan, new: Plan, alignment: Alignment, known: Decisions) -> list[ReviewItem]:
    """Pairs of tasks without an applicable decision: first those whose text has changed since theirs, then what changes the
    result most.

    Every link is among them, every near miss, and the nearest candidate of every task without a link, so that sure links
    and drops can be checked, too. alignment: before anything was learned from the decisions.
    """
    applicable = decisions.applicable(known, old, new)
    if known.teaching:
        alignment, _ = teach(alignment, applicable.answers)
    known = replace(known, teaching=False)
    rows, columns = ({task.number: position for position, task in enumerate(plan.tasks)} for plan in (old, new))
    stale = {
        (rows[decision.old], columns[decision.new]): decision
        for decision in known.entries
        if decision.old in rows
        and decision.new in columns
        and (rows[decision.old], columns[decision.new]) not in applicable.tasks
    }
    asked = (_worth_asking(alignment, applicable.task_pairs) | stale.keys()) - applicable.task_pairs
    result = pipeline.judge(old, new, alignment, known)
    # Pairs that are not linked are judged as if they were; linked ones as `diff` shows them.
    if_linked = pipeline.judge(old, new, replace(alignment, links=sorted({*alignment.links, *asked})), known)
    links = {(link.old, link.new): link for link in (*if_linked.links, *result.links)}
    linked = set(alignment.links)
    by_task = _by_task(result)
    items = []
    for i, j in asked:
        first, second = old.tasks[i], new.tasks[j]
        if (link := links.get((first.ref, second.ref))) is None:
            # Every pair of their commitments is rejected.
            continue
        hang = _hang(result, by_task, link)
        confidence = alignment.confidence_of(i, j)
        items.append(ReviewItem(first, second, link, (i, j) in linked, confidence, hang, stale.get((i, j))))
    return ordered(items, old, new)


def ordered(items: Sequence[ReviewItem], old: Plan, new: Plan) -> list[ReviewItem]:
    """The questions, those on changed texts first, then the most valuable; equals in the order of the plans."""
    place = {task.ref: position for plan in (old, new) for position, task in enumerate(plan.tasks)}
    return sorted(
        items, key=lambda item: (item.stale_decision is None, -item.worth, place[item.old.ref], place[item.new.ref])
    )


def again(
    items: Sequence[ReviewItem], old: Plan, new: Plan, alignment: Alignment, answers: Mapping[tuple[int, int], bool]
) -> list[ReviewItem]:
    """The questions in the order that they have after these answers. alignment: before anything was learned."""
    taught, _ = teach(alignment, answers)
    linked = set(taught.links)
    rows, columns = ({task.ref: position for position, task in enumerate(plan.tasks)} for plan in (old, new))
    places = [(rows[item.old.ref], columns[item.new.ref]) for item in items]
    return ordered(
        [
            item.with_confidence(taught.confidence_of(*place), place in linked)
            for item, place in zip(items, places, strict=True)
        ],
        old,
        new,
    )


def in_words(items: Sequence[ReviewItem]) -> str:
    """How many questions are left and what they are worth, in one line."""
    if not items:
        return "nothing is left to decide"
    worth, first = (sum(item.worth for item in chosen) for chosen in (items, items[:20]))
    left = f"{len(items)} question{'s' * (len(items) != 1)} left, the most valuable first; the answers are expected to change "
    left += f"the fate of about {worth:.0f} commitments"
    return left + (f", the first 20 of them that of {first:.0f}" if len(items) > 20 else "")


def _worth_asking(alignment: Alignment, decided: Set[tuple[int, int]]) -> set[tuple[int, int]]:
    """All links and near misses, and of each task without a link the nearest candidate.

    decided: pairs with a decision; whoever decided on a task has looked whether it has a counterpart.
    """
    tasks, asked = alignment.tasks, set(alignment.links)
    near = alignment.confidence >= _FLOOR
    asked |= set(zip(tasks.rows[near].tolist(), tasks.columns[near].tolist(), strict=True))
    for side, groups in enumerate((tasks.rows, tasks.columns)):
        told = {pair[side] for pair in (*alignment.links, *decided)}
        nearest: dict[int, int] = {}
        for position, group in enumerate(groups.tolist()):
            if group not in told and (
                group not in nearest or alignment.confidence[position] > alignment.confidence[nearest[group]]
            ):
                nearest[group] = position
        asked |= {(int(tasks.rows[position]), int(tasks.columns[position])) for position in nearest.values()}
    return asked


def _by_task(result: PlanDiff) -> dict[str, dict[tuple[int, int], Fate]]:
    """The fates of each task's commitments by their spans."""
    found: dict[str, dict[tuple[int, int], Fate]] = {}
    for fate in result.commitments:
        found.setdefault(fate.task, {})[fate.span] = fate
    return found


def _hang(result: PlanDiff, by_task: Mapping[str, Mapping[tuple[int, int], Fate]], link: Link) -> int:
    """How many commitments have no counterpart but by this link, those that it gives one to included; at least one."""
    sides = (link.old, link.new)
    alone = set()
    for pair in link.commitments:
        spans = (pair.old_span, pair.new_span)
        if None in spans:
            continue
        for task, span, other in zip(sides, spans, reversed(sides), strict=True):
            assert span is not None
            fate = by_task[task][span]
            if all(result.fate(counterpart.ref).task == other for counterpart in fate.counterparts):
                alone.add(fate.ref)
    return max(len(alone), 1)
