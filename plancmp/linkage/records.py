"""A plan's tasks as records: split into commitments, their terms as numbers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..commitments import objects, splitter, tokens
from ..model import Commitment, Task
from ..text import fold


@dataclass(slots=True)
class RaggedLists:
    """Lists of numbers, concatenated. starts: the offset of each list in `values`, and last the total length."""

    values: np.ndarray
    starts: np.ndarray

    @classmethod
    def from_lists(cls, lists: Iterable[Sequence[int]]) -> RaggedLists:
        """Concatenate the lists. Raises TypeError or ValueError for anything but lists of numbers."""
        sequences = list(lists)
        starts = np.cumsum([0, *map(len, sequences)])
        return cls(np.fromiter(itertools.chain.from_iterable(sequences), dtype=np.int64, count=starts[-1]), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def owner(self) -> np.ndarray:
        """For each value the number of its list."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def to_data(self) -> tuple[list[int], list[int]]:
        """The values, and the length of each list: what `from_data` takes."""
        return self.values.tolist(), np.diff(self.starts).tolist()

    @classmethod
    def from_data(cls, data: Sequence[list[int]]) -> RaggedLists:
        """Lists from all their values and their lengths. Raises TypeError or ValueError for anything else."""
        values, lengths = (np.array(part, dtype=np.int64) for part in data)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        if starts[-1] != len(values):
            raise ValueError("lists and their lengths differ")
        return cls(values, starts)


@dataclass(slots=True)
class Records:
    """One plan's tasks as records: the commitments of each, with their terms as numbers.

    owner: for each commitment the index of its task. words: the terms of all texts, sorted; the lists hold
    indexes into it, in the order of the text. task_terms: of each task. terms: of each commitment. name_terms: of its object where
    that is of a kind that has names, without the words for types of document. heads: of the head of its object.
    objects: the bare objects. starts: the first commitment of each task, and last the number of commitments.
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


class _TermLists:
    """Lists of terms under construction, each term as its number in a vocabulary."""

    def __init__(self) -> None:
        self.values: list[int] = []
        self.lengths: list[int] = []

    def add(self, numbers: dict[str, int], words: Sequence[str]) -> None:
        self.values.extend([numbers[word] for word in words])
        self.lengths.append(len(words))

    def renumbered(self, rank: np.ndarray) -> RaggedLists:
        """The lists, with each term as its rank among the sorted words."""
        lists = RaggedLists.from_data((self.values, self.lengths))
        return RaggedLists(rank[lists.values], lists.starts)


def build(tasks: Sequence[Task]) -> Records:
    """Split the tasks into commitments and number their terms."""
    numbers: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    task_terms, terms, names, heads = (_TermLists() for _ in range(4))
    types = tokens.document_type_terms()
    commitments: list[Commitment] = []
    owner: list[int] = []
    kinds: list[str | None] = []
    bare_objects: list[str] = []

    for index, task in enumerate(tasks):
        task_terms.add(numbers, tokens.terms_of(task.full_text))
        for commitment in splitter.split_task(task):
            text = commitment.text
            commitments.append(commitment)
            owner.append(index)
            acted_upon = objects.parse(text)
            kinds.append(acted_upon.kind)
            bare_objects.append(acted_upon.bare)
            terms.add(numbers, tokens.terms_of(text))
            named = tokens.terms_of(acted_upon.text) if acted_upon.is_named else ()
            names.add(numbers, sorted(set(named) - types))
            heads.add(numbers, sorted(set(tokens.terms_of(acted_upon.head))))
    words = sorted(numbers)
    rank = np.empty(len(numbers), dtype=np.int64)
    rank[[numbers[word] for word in words]] = np.arange(len(words))

    return Records(
        tasks=tasks,
        commitments=commitments,
        owner=np.array(owner, dtype=np.int64),
        words=words,
        task_terms=task_terms.renumbered(rank),
        terms=terms.renumbered(rank),
        name_terms=names.renumbered(rank),
        heads=heads.renumbered(rank),
        kinds=kinds,
        objects=bare_objects,
        in_field=[tokens.names_field(task.full_text) for task in tasks],
    )


def to_data(records: Records) -> dict[str, Any]:
    """The records as JSON values, without the tasks."""
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
            for c in records.commitments
        ],
        "owner": records.owner.tolist(),
        "words": records.words,
        "lists": [part.to_data() for part in (records.task_terms, records.terms, records.name_terms, records.heads)],
        "kinds": records.kinds,
        "objects": records.objects,
        "in_field": records.in_field,
    }


def from_data(data: dict[str, Any], tasks: Sequence[Task]) -> Records:
    """Records from the values of `to_data`, for the same tasks. Raises KeyError, TypeError or ValueError for anything else."""
    commitments = [
        Commitment((start, end), text, stage, stage_words, step, step_words, frozenset(campaigns), shown, is_promise)
        for start, end, text, stage, stage_words, step, step_words, campaigns, shown, is_promise in data["commitments"]
    ]
    task_terms, terms, names, heads = map(RaggedLists.from_data, data["lists"])
    lengths = {len(part) for part in (commitments, data["owner"], data["objects"], terms, names, heads)}
    if len(lengths) != 1 or len(tasks) != len(task_terms):
        raise ValueError("not the records of these tasks")
    return Records(
        tasks=tasks,
        commitments=commitments,
        owner=np.array(data["owner"], dtype=np.int64),
        words=data["words"],
        task_terms=task_terms,
        terms=terms,
        name_terms=names,
        heads=heads,
        kinds=data["kinds"],
        objects=data["objects"],
        in_field=data["in_field"],
    )


def wordings(old: Iterable[Task | Commitment], new: Iterable[Task | Commitment]) -> tuple[np.ndarray, np.ndarray]:
    """For each text of the two sides a number, from 0: equal where the folded words are."""
    numbers: dict[str, int] = {}

    def numbered(side: Iterable[Task | Commitment]) -> np.ndarray:
        return np.array([numbers.setdefault(fold(item.text), len(numbers)) for item in side], dtype=np.int64)

    return numbered(old), numbered(new)
