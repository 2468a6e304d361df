"""A plan's tasks made ready for comparison: taken apart into commitments, their words as numbers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..commitments import objects, splitter, tokens
from ..model import Commitment, Task


@dataclass(slots=True)
class RaggedLists:
    """RaggedLists of numbers, one behind the other. starts: where each begins in `values`, and the end."""

    values: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> RaggedLists:
        """The lists as one. Raises TypeError or ValueError for what are no lists of numbers."""
        kept = list(lists)
        starts = np.cumsum([0, *map(len, kept)])
        return cls(np.fromiter(itertools.chain.from_iterable(kept), dtype=np.int64, count=starts[-1]), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def owner(self) -> np.ndarray:
        """For each value the number of its list."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def to_data(self) -> tuple[list[int], list[int]]:
        """The values, and how many each list has: what `from_data` takes."""
        return self.values.tolist(), np.diff(self.starts).tolist()

    @classmethod
    def from_data(cls, data: Sequence[list[int]]) -> RaggedLists:
        """RaggedLists from all their values and their lengths. Raises TypeError or ValueError for anything else."""
        values, lengths = (np.array(part, dtype=np.int64) for part in data)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        if starts[-1] != len(values):
            raise ValueError("lists and their lengths differ")
        return cls(values, starts)


@dataclass(slots=True)
class Records:
    """One plan's tasks made ready for comparison.

    owner: for each commitment the index of its task. words: the terms of all texts, sorted; the lists say by their place
    in it which a text has, in order. task_terms: of each task. terms: of each commitment. name_terms: of its object where
    that is of a kind that has names, without those that tell a type of document. heads: of the head of its object. objects: the bare objects.
    """

    tasks: Sequence[Task]
    commitments: list[Commitment]
    owner: np.ndarray
    words: list[str]
    task_terms: RaggedLists
    terms: RaggedLists
    name_terms: RaggedLists
    heads: RaggedLists
    kinds: list[str | None]
    objects: list[str]
    in_field: list[bool]
    starts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.starts = np.searchsorted(self.owner, np.arange(len(self.tasks) + 1))

    @property
    def texts(self) -> list[str]:
        """The texts of the tasks, then of the commitments, then of their bare objects: the order of the vectors' rows."""
        return [task.full_text for task in self.tasks] + [c.text for c in self.commitments] + self.objects

    def of_task(self, task: int) -> range:
        """The indexes of the commitments of one task."""
        return range(int(self.starts[task]), int(self.starts[task + 1]))


class _Growing:
    """RaggedLists of words to which more are added, each as the number that `known` has or makes for it."""

    def __init__(self) -> None:
        self.values: list[int] = []
        self.lengths: list[int] = []

    def add(self, known: dict[str, int], words: Sequence[str]) -> None:
        self.values.extend([known[word] for word in words])
        self.lengths.append(len(words))

    def done(self, place: np.ndarray) -> RaggedLists:
        """The lists, with each number as its place among the sorted words."""
        made = RaggedLists.from_data((self.values, self.lengths))
        return RaggedLists(place[made.values], made.starts)


def build(tasks: Sequence[Task]) -> Records:
    """Take the tasks apart and count their words."""
    known: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    task_terms, all_terms, names, heads = (_Growing() for _ in range(4))
    types = tokens.document_type_terms()
    found: list[Commitment] = []
    owner: list[int] = []
    kinds: list[str | None] = []
    bare: list[str] = []

    for index, task in enumerate(tasks):
        task_terms.add(known, tokens.terms_of(task.full_text))
        for commitment in splitter.split_task(task):
            text = commitment.text
            found.append(commitment)
            owner.append(index)
            acted_upon = objects.parse(text)
            kinds.append(acted_upon.kind)
            bare.append(acted_upon.bare)
            all_terms.add(known, tokens.terms_of(text))
            named = tokens.terms_of(acted_upon.text) if acted_upon.is_named else ()
            names.add(known, sorted(set(named) - types))
            heads.add(known, sorted(set(tokens.terms_of(acted_upon.head))))
    words = sorted(known)
    place = np.empty(len(known), dtype=np.int64)
    place[[known[word] for word in words]] = np.arange(len(words))

    return Records(
        tasks=tasks,
        commitments=found,
        owner=np.array(owner, dtype=np.int64),
        words=words,
        task_terms=task_terms.done(place),
        terms=all_terms.done(place),
        name_terms=names.done(place),
        heads=heads.done(place),
        kinds=kinds,
        objects=bare,
        in_field=[tokens.names_field(task.full_text) for task in tasks],
    )


def to_data(side: Records) -> dict:
    """A side as JSON values; the tasks themselves are left out."""
    return {
        "commitments": [
            [
                *c.span,
                c.text,
                c.stage,
                c.stage_words,
                c.intensity,
                c.intensity_words,
                sorted(c.campaigns),
                c.shown,
                c.is_promise,
            ]
            for c in side.commitments
        ],
        "owner": side.owner.tolist(),
        "words": side.words,
        "lists": [part.to_data() for part in (side.task_terms, side.terms, side.name_terms, side.heads)],
        "kinds": side.kinds,
        "objects": side.objects,
        "in_field": side.in_field,
    }


def from_data(data: dict, tasks: Sequence[Task]) -> Records:
    """A side from what `to_data` gave, for the same tasks. Raises KeyError, TypeError or ValueError for anything else."""
    found = [
        Commitment((start, end), text, stage, stage_words, step, step_words, frozenset(campaigns), shown, is_promise)
        for start, end, text, stage, stage_words, step, step_words, campaigns, shown, is_promise in data["commitments"]
    ]
    task_terms, all_terms, names, heads = map(RaggedLists.from_data, data["lists"])
    held = {len(part) for part in (found, data["owner"], data["objects"], all_terms, names, heads)}
    if len(held) != 1 or len(tasks) != len(task_terms):
        raise ValueError("not a side of these tasks")
    return Records(
        tasks=tasks,
        commitments=found,
        owner=np.array(data["owner"], dtype=np.int64),
        words=data["words"],
        task_terms=task_terms,
        terms=all_terms,
        name_terms=names,
        heads=heads,
        kinds=data["kinds"],
        objects=data["objects"],
        in_field=data["in_field"],
    )
