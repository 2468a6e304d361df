"""Preparation: the records of a plan, their vectors, and what is computed once for a pair of plans."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .. import json_cache
from ..embeddings import encoders, vector_store, vectors
from ..model import Plan, Task
from ..plans import catalogue
from ..settings import DEFAULT_MODEL
from . import candidate_pairs, records
from .candidate_pairs import Cosines, unit
from .records import Records
from .term_weights import TermWeights


@lru_cache(maxsize=64)
def records_of(plan: Plan) -> Records:
    """The records of a plan's tasks, from the cache where they are stored."""
    # Equal texts, titles and splits make equal records, whatever else is known of the plan.
    words = (f"{task.title}\0{task.text}{task.begins or ''}" for task in plan.tasks)
    key = hashlib.sha256("\0".join(words).encode()).hexdigest()
    return json_cache.cached(
        "records",
        key,
        lambda: records.build(plan.tasks),
        records.to_data,
        lambda data: records.from_data(data, plan.tasks),
    )


def vectors_of(
    plan: Plan,
    plan_records: Records,
    encoder: encoders.Encoder | None = None,
    progress: vectors.Progress | None = None,
) -> np.ndarray:
    """Vectors of `plan_records.texts`, from the plan's store, the cache, or the model: shape (texts, dimension)."""
    name = encoder.name if encoder else DEFAULT_MODEL
    # A file may be another printing of a bundled plan: most of its texts then have vectors already.
    directory = catalogue.vector_store(plan)
    directories = (
        [directory]
        if directory
        else [path for path in catalogue.directories().values() if path.parent == catalogue.bundled_directory()]
    )
    stores = [directory / vector_store.file_name(name) for directory in directories]
    return vectors.embed(plan_records.texts, stores, encoder=encoder, progress=progress)


def records_of_texts(texts: Sequence[str]) -> Records:
    """Plain texts as records of tasks that have no bodies and no headings."""
    return records.build([Task(str(i), str(i), (), None, text, None, (), (0, 0)) for i, text in enumerate(texts)])


@dataclass(slots=True)
class PreparedPair:
    """Two plans' records with what is computed once for both.

    old_vectors and new_vectors: rows follow `Records.texts`. weights: of the terms in these two plans. words: unit rows
    of the commitments' weighted terms, old and new. meaning: cosines of commitments. large: whether tables would be too
    large to be filled, so that matrices are sparse and not every pair is a candidate.
    """

    old: Records
    new: Records
    old_vectors: np.ndarray
    new_vectors: np.ndarray
    weights: TermWeights
    words: tuple[Any, Any]
    meaning: Cosines
    large: bool

    def _ends(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where in the rows of vectors tasks end and where commitments do, for each side."""
        old, new = ((len(side.tasks), len(side.tasks) + len(side.commitments)) for side in (self.old, self.new))
        return old, new

    def object_cosines(self) -> Cosines:
        """Cosines of the bare objects of the commitments."""
        (_, old), (_, new) = self._ends()
        return Cosines(self.old_vectors[old:], self.new_vectors[new:])

    def task_cosines(self) -> Cosines:
        """Cosines of the tasks."""
        return Cosines(self.old_vectors[: len(self.old.tasks)], self.new_vectors[: len(self.new.tasks)])

    def whole_cosines(self) -> Cosines:
        """Cosines of tasks, then of commitments."""
        (_, old), (_, new) = self._ends()
        return Cosines(self.old_vectors[:old], self.new_vectors[:new])

    def task_words(self) -> tuple[Any, Any]:
        """Unit rows of the tasks' weighted terms, old and new."""
        old, new = (
            unit(self.weights.matrix(side.task_terms, which, True, self.large))
            for which, side in enumerate((self.old, self.new))
        )
        return old, new


def prepare(old: Records, new: Records, old_vectors: np.ndarray, new_vectors: np.ndarray) -> PreparedPair:
    """Two plans' records as a pair. The vectors' rows follow `Records.texts`."""
    large = is_large(old, new)
    weights = TermWeights(old, new)
    old_words, new_words = (
        unit(weights.matrix(side.terms, which, False, large)) for which, side in enumerate((old, new))
    )
    n_old, n_new = len(old.tasks), len(new.tasks)
    meaning = Cosines(
        old_vectors[n_old : n_old + len(old.commitments)], new_vectors[n_new : n_new + len(new.commitments)]
    )
    return PreparedPair(old, new, old_vectors, new_vectors, weights, (old_words, new_words), meaning, large)


def is_large(old: Records, new: Records) -> bool:
    """True where not every pair of commitments is compared."""
    return len(old.commitments) * len(new.commitments) > candidate_pairs.ALL_PAIRS


@contextlib.contextmanager
def matrix_threads(old: Records, new: Records) -> Iterator[None]:
    """One thread for the matrix library while large plans are compared.

    There the products are many and small: threads would spend their time waiting for each other.
    """
    if not is_large(old, new):
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield
