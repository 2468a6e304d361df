"""How much each term counts in two plans: idf, cut down for stock words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..commitments import tokens
from ..text import CJK
from . import candidate_pairs
from .records import RaggedLists, Records


class TermWeights:
    """How much each term counts in these two plans: idf, cut down for stock words and for pairs of neighbouring words.

    A term is a number: that of a word among the words of both plans, or of two neighbours behind all of these.
    words: idf of each word that stands in a task, 0 to the logarithm of the number of tasks; NaN for others.
    """

    def __init__(self, old: Records, new: Records) -> None:
        both = sorted({*old.words, *new.words})
        index_of = {word: i for i, word in enumerate(both)}
        self._indexes = [np.array([index_of[word] for word in side.words], dtype=np.int64) for side in (old, new)]
        self._count = len(both)
        keys = [self._keys(side.task_terms, which) for which, side in enumerate((old, new))]
        self._known = np.unique(np.concatenate([found for _, found in keys]))
        df_old, df_new = (self._documents(*found) for found in keys)
        pair = self._known >= self._count
        first, second = np.divmod(np.where(pair, self._known - self._count, 0), max(self._count, 1))
        first, second = (np.where(pair, part, self._known) for part in (first, second))

        def in_both(true_of_word: Iterable[bool], either: bool = False) -> np.ndarray:
            found = np.fromiter(true_of_word, dtype=bool, count=self._count)
            in_pair: np.ndarray = found[first] | found[second] if either else found[first] & found[second]
            return in_pair

        known_stock = tokens.stock_terms()
        stock = in_both(word in known_stock for word in both)
        tasks = len(old.tasks), len(new.tasks)
        self.idf = np.log((sum(tasks) + 1) / (df_old + df_new + 0.5)).clip(0.05)
        chinese = np.fromiter((bool(CJK.search(word)) for word in both), dtype=bool, count=self._count)
        # Between languages what the glossary does not know can never agree: it says nothing, rather than no.
        mostly = {self._mostly(chinese, side.task_terms, which) for which, side in enumerate((old, new))}
        foreign = in_both(chinese, either=True) & (len(mostly) > 1)
        self.idf[foreign] = 0
        self.idf *= np.where(stock, np.where(pair, 0.4, 0.25), np.where(pair, 0.7, 1.0))
        df_old[foreign] = df_new[foreign] = np.sqrt(tasks[0] * tasks[1])
        chance = tasks[0] * tasks[1] / (df_old.clip(1) * df_new.clip(1))
        self.chance_range = float(np.log(max(tasks[0] * tasks[1], 2)))
        self.agreement = (np.log(chance).clip(0) * np.where(stock, 0.12, 1.0) * np.where(pair, 0.5, 1.0)).astype(
            np.float32
        )
        self.words = np.full(self._count, np.nan)
        self.words[self._known[~pair]] = self.idf[~pair]

    def _keys(self, lists: RaggedLists, which: int) -> tuple[np.ndarray, np.ndarray]:
        """The number of the text and the term, for each word and each pair of neighbours."""
        owner, words = lists.owner, self._indexes[which][lists.values]
        together = np.flatnonzero(owner[:-1] == owner[1:])
        pairs = (words[together] + 1) * self._count + words[together + 1]
        return np.concatenate([owner, owner[together]]), np.concatenate([words, pairs])

    def _mostly(self, chinese: np.ndarray, lists: RaggedLists, which: int) -> bool:
        """True where most texts have Chinese words that the glossary did not turn into English."""
        with_some = np.unique(lists.owner[chinese[self._indexes[which][lists.values]]])
        return 2 * len(with_some) > len(lists)

    def _cells(self, owner: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Text, index among the known terms, and how often, once for each term of a text."""
        columns = np.searchsorted(self._known, keys).clip(max=max(len(self._known) - 1, 0))
        inside = self._known[columns] == keys
        cells, times = np.unique(owner[inside] * len(self._known) + columns[inside], return_counts=True)
        return *np.divmod(cells, max(len(self._known), 1)), times

    def _documents(self, owner: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """In how many texts each term stands."""
        return np.bincount(self._cells(owner, keys)[1], minlength=len(self._known)).astype(np.float32)

    def matrix(self, lists: RaggedLists, which: int, counted: bool, sparse: bool) -> Any:
        """Rows of weighted terms, shape (texts, terms). which: 0 old, 1 new; counted: repeated terms weigh more."""
        rows, columns, times = self._cells(*self._keys(lists, which))
        values = self.idf[columns] * ((1 + np.log(times.astype(np.float32))) if counted else 1)
        return candidate_pairs.matrix(rows, columns, values, (len(lists), len(self._known)), sparse)

    def sets(self, lists: RaggedLists, which: int, sparse: bool) -> Any:
        """Which words each list has, as rows of ones, shape (lists, words of both plans)."""
        words = self._indexes[which][lists.values]
        return candidate_pairs.matrix(lists.owner, words, np.ones(len(words)), (len(lists), self._count), sparse)
