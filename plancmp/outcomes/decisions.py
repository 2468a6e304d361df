"""A reviewer's decisions applied to an alignment: they go before the model."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..commitments import references, splitter
from ..model import Decision, Decisions, Link, Plan, Status, Task
from ..text import fold, printable

if TYPE_CHECKING:
    from ..linkage.match_model import Alignment


@dataclass(frozen=True, slots=True)
class Applicable:
    """The decisions that fit the plans' texts.

    tasks: by the indexes of the old and the new task. commitments: by the same, and then by the indexes of the two
    commitments inside their tasks. misfits: a note on each decision that does not fit.
    """

    tasks: Mapping[tuple[int, int], Decision] = field(default_factory=dict)
    commitments: Mapping[tuple[int, int], Mapping[tuple[int, int], Decision]] = field(default_factory=dict)
    misfits: tuple[str, ...] = ()

    @property
    def task_pairs(self) -> set[tuple[int, int]]:
        """The indexes of all tasks that a decision is about."""
        return {*self.tasks, *self.commitments}

    @property
    def answers(self) -> dict[tuple[int, int], bool]:
        """Whether pairs of tasks, by index, are links, as far as the decisions say."""
        found = {pair: decision.status is not None for pair, decision in self.tasks.items()}
        for pair, verdicts in self.commitments.items():
            # Two commitments that are no link say nothing of the others of their tasks.
            if any(decision.status is not None for decision in verdicts.values()):
                found[pair] = True
        return found

    def __len__(self) -> int:
        return len(self.tasks) + sum(map(len, self.commitments.values()))


def applicable(decisions: Decisions, old: Plan, new: Plan) -> Applicable:
    """The decisions that fit the plans' texts, and a note on each that does not."""
    tasks: dict[tuple[int, int], Decision] = {}
    commitments: dict[tuple[int, int], dict[tuple[int, int], Decision]] = defaultdict(dict)
    misfits = []
    indexes = _indexes(old), _indexes(new)
    for decision in decisions.entries:
        found = _located(decision, old, new, indexes)
        if isinstance(found, str):
            misfits.append(found)
            continue
        (i, row), (j, column) = found
        if row is None or column is None:
            tasks[i, j] = decision
        else:
            commitments[i, j][row, column] = decision
    return Applicable(tasks, dict(commitments), tuple(misfits))


def misfit(decision: Decision, old: Plan, new: Plan) -> str | None:
    """Why the decision cannot be applied to these plans, in words; None where it can."""
    found = _located(decision, old, new, (_indexes(old), _indexes(new)))
    return found if isinstance(found, str) else None


# The index of a task, and of a commitment inside it where one is meant.
_Target = tuple[int, int | None]


def _located(
    decision: Decision, old: Plan, new: Plan, indexes: tuple[Mapping[str, int], Mapping[str, int]]
) -> tuple[_Target, _Target] | str:
    """What a decision is about, or why that is there no more.

    The hash of a commitment's words finds it again where a later version cuts its task otherwise.
    """
    since = f"the decision of {decision.when[:10]}" if decision.when else "the decision"
    pair = f"{old.id}:{decision.old} → {new.id}:{decision.new}"
    targets: list[_Target] = []
    changed = []
    hashes = decision.sha256 or (None, None)
    for plan, name, known, by_number in (
        (old, decision.old, hashes[0], indexes[0]),
        (new, decision.new, hashes[1], indexes[1]),
    ):
        index, letter = _task_of(plan, name, by_number)
        if index is None:
            return f"There is no task {plan.id}:{printable(name)}; {since} on {printable(pair)} is not applied."
        task = plan.tasks[index]
        if letter is None:
            if known is not None and fingerprint(task) != known:
                changed.append(task.ref)
            targets.append((index, None))
            continue
        inside = references.locate(splitter.split_task(task), letter, known)
        if inside is None:
            changed.append(references.name_of(task.ref, references.index_of(letter)))
        targets.append((index, inside))
    if changed:
        return f"The text of {' and '.join(changed)} has changed since {since} on {printable(pair)}; decide again."
    return targets[0], targets[1]


def _indexes(plan: Plan) -> dict[str, int]:
    """The index of each task of a plan by its number."""
    return {task.number: index for index, task in enumerate(plan.tasks)}


def _task_of(plan: Plan, name: str, indexes: Mapping[str, int]) -> tuple[int | None, str | None]:
    """The index of the task with this number, and the letter where the name is that of a commitment."""
    if name in indexes:
        return indexes[name], None
    task, letter = references.split_name(f"{plan.id}:{name}")
    return indexes.get(task.removeprefix(f"{plan.id}:")), letter


def fingerprint(task: Task) -> str:
    """A short hash of a task's words; white space, quotation marks and case do not count."""
    return hashlib.sha256(fold(task.full_text).encode("utf-8", "replace")).hexdigest()[:16]


def decide(
    old: Task,
    new: Task,
    status: Status | None,
    softened: bool = False,
    note: str = "",
    who: str = "",
    commitments: tuple[int, int] | None = None,
) -> Decision:
    """A decision made now on the words of these two tasks, or of two of their commitments.

    commitments: the indexes of these inside their tasks.
    """
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    if commitments is None:
        return Decision(old.number, new.number, status, softened, note, who, when, (fingerprint(old), fingerprint(new)))
    names, hashes = [], []
    for task, index in zip((old, new), commitments, strict=True):
        names.append(references.name_of(task.number, index))
        hashes.append(references.text_hash(splitter.split_task(task)[index]))
    return Decision(names[0], names[1], status, softened, note, who, when, (hashes[0], hashes[1]))


def apply(alignment: Alignment, decided: Applicable) -> Alignment:
    """The alignment with the links that the decisions leave, take out and put in.

    A pair that is no link has no confidence any more, so that it is not the nearest candidate of its tasks or commitments
    either.
    """
    if not len(decided):
        return alignment
    confidence, of_commitments = alignment.confidence.copy(), alignment.commitment_confidence.copy()
    scores, links = alignment.scores, set(alignment.links)
    old_task, new_task = scores.old.owner[scores.pairs.rows], scores.new.owner[scores.pairs.columns]
    for (i, j), decision in decided.tasks.items():
        if decision.status is not None:
            links.add((i, j))
            continue
        links.discard((i, j))
        if (position := alignment.tasks.position(i, j)) is not None:
            confidence[position] = 0.0
            of_commitments[(old_task == i) & (new_task == j)] = 0.0
    for (i, j), verdicts in decided.commitments.items():
        rows, columns = scores.old.of_task(i), scores.new.of_task(j)
        for (row, column), decision in verdicts.items():
            if decision.status is not None:
                links.add((i, j))
            elif (position := scores.pairs.position(rows[row], columns[column])) is not None:
                of_commitments[position] = 0.0
    return replace(alignment, confidence=confidence, commitment_confidence=of_commitments, links=sorted(links))


def settle(link: Link, on_tasks: Decision | None, on_commitments: Sequence[Decision] = ()) -> Link:
    """The link as the reviewer's, where there is a decision on it: certain, whatever the model thinks.

    on_commitments: the decisions by which pairs of its commitments are linked. They leave it the status that these give.
    """
    decided = [
        decision for decision in (on_tasks, *on_commitments) if decision is not None and decision.status is not None
    ]
    if not decided:
        return link
    if on_tasks is not None and on_tasks.status is not None:
        link = replace(link, status=on_tasks.status, softened=on_tasks.softened)
    notes = dict.fromkeys(filter(None, (printable(decision.note) for decision in decided)))
    return replace(link, confidence=1.0, note="; ".join(notes) or None, decided_by="reviewer", doubtful=False)
