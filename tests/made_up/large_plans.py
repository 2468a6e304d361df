"""Large made-up plans whose true links are known, and an encoder for them that costs next to nothing.

The tasks are sentences of the bundled plans in which places, numbers and some other words are exchanged; half of the
old ones return with changed words, and the order is shuffled.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

import plancmp
from plancmp.commitments import splitter

from . import paraphrase

_FILLERS = {"the", "and", "of", "in", "for", "to", "a", "with", "on", "by", "as", "its", "their", "will", "we"}
_STAY = {"with", "their", "from", "that", "this", "will", "such"}


@dataclass(frozen=True)
class Made:
    """A made-up task: its text, and the number of the real task whose bodies and section it has."""

    text: str
    like: int


MadeUp = tuple[list[Made], list[Made], set[tuple[int, int]]]


def made_up(size: int, seed: int = 0) -> MadeUp:
    """An old and a new plan of `size` tasks each, and the pairs of indexes that belong together.

    Half of the tasks of each have a counterpart: of the old and new tasks together a quarter is dropped, a quarter new.
    """
    rng = random.Random(seed)
    real = [(number, task.text) for number, task in enumerate(real_tasks()) if 12 <= len(task.text.split()) <= 70]
    words = words_of([text for _, text in real])
    # A larger country has more places, trades and undertakings.
    words += [_name(number).casefold() for number in range(3 * size)]

    def fresh() -> Made:
        number, text = rng.choice(real)
        return Made(varied(text, words, rng), number)

    def successor(text: str) -> str:
        return changed(paraphrase.verbs(text) if rng.random() < 0.5 else text, words, rng)

    return _shuffled(fresh, successor, size, rng)


def alike(size: int, seed: int = 0) -> MadeUp:
    """Likewise, of tasks that are sentences of the real plans with a trade and a place at their end, some with another
    one behind: where there are 10,000, a dozen differ in these names only."""
    rng = random.Random(seed)
    real = [
        (number, found.text.rstrip("."))
        for number, task in enumerate(real_tasks())
        for found in splitter.split_task(task)
        if 6 <= len(found.text.split()) <= 40
    ]
    words = sorted({word for _, text in real for word in re.findall(r"\b[a-z]{5,}\b", text)})

    def name() -> str:
        return _name(rng.randrange(size // 4))

    def fresh() -> Made:
        number, text = rng.choice(real)
        kind, region = rng.choice(["industry", "sector", "field"]), rng.choice(["Province", "City", "County", "Zone"])
        text = f"{text} in the {name().casefold()} {kind} {rng.choice(['in', 'of', 'for'])} {name()} {region}"
        if rng.random() < 0.3:
            text += f" and cover {rng.randint(2, 90)} {rng.choice(['enterprises', 'cases', 'projects', 'bases'])}"
        if rng.random() < 0.4:
            also = rng.choice(real)[1]
            text += f". {also[:1].upper()}{also[1:]} for {name()}"
        return Made(text + ".", number)

    def successor(text: str) -> str:
        said = paraphrase.verbs(text) if rng.random() < 0.5 else text
        pieces = []
        for word in said.split():
            chance = rng.random() if word.isalpha() and word.islower() else 1.0
            if chance >= 0.2:
                pieces.append(word)
            elif chance < 0.1:
                pieces.append(rng.choice(words))
        return " ".join(pieces)

    return _shuffled(fresh, successor, size, rng)


def _shuffled(fresh: Callable[[], Made], successor: Callable[[str], str], size: int, rng: random.Random) -> MadeUp:
    """Two plans of fresh tasks, half of the new ones changed old ones, in any order, and the pairs that belong together."""
    old, new = [fresh() for _ in range(size)], [fresh() for _ in range(size)]
    for i in range(size // 2):
        new[i] = Made(successor(old[i].text), old[i].like)
    orders = [rng.sample(range(size), size) for _ in range(2)]
    place = [{was: now for now, was in enumerate(order)} for order in orders]
    truth = {(place[0][i], place[1][i]) for i in range(size // 2)}
    return [old[i] for i in orders[0]], [new[i] for i in orders[1]], truth


def words_of(texts: Sequence[str]) -> list[str]:
    """The words of these texts that are put in the place of others."""
    return sorted({word for text in texts for word in re.findall(r"\b[a-z]{5,}\b", text)})


def real_tasks() -> list:
    """The tasks of the two bundled plans that name bodies."""
    return [task for name in ("2021", "2024") for task in plancmp.load(name).tasks]


@cache
def _name(number: int) -> str:
    """A made-up name: of a place, a product, an undertaking."""
    rng = random.Random(number)
    return "".join(rng.choice("bdfghklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(3, 4))).capitalize()


def varied(text: str, words: Sequence[str], rng: random.Random, stay: float = 0.25) -> str:
    """A task of its own: it begins as the real one, of the other words that are not little but a share are others, and so
    are all names. stay: that share."""

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if not match.start() or word.casefold() in _STAY or (word.islower() and rng.random() < stay):
            return word
        return rng.choice(words) if word.islower() else rng.choice(words).capitalize()

    return re.sub(r"[^\W\d_]{4,}|[\u3400-\u9fff]+", other, text)


def changed(text: str, words: Sequence[str], rng: random.Random) -> str:
    """The task as the next plan has it: one word in five is another, one in seven is gone."""
    pieces = []
    for word in text.split():
        chance = rng.random()
        if chance >= 0.35 or not word.isalpha():
            pieces.append(word)
        elif chance < 0.2:
            pieces.append(rng.choice(words))
    return " ".join(pieces)


class Hashed:
    """An encoder that costs next to nothing: a text's vector is the sum of fixed random directions of its words."""

    name = "hashed"

    def encode(self, texts: Sequence[str]):
        vectors = np.ones((len(texts), 384), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in set(re.findall(r"\w+", text.casefold())) - _FILLERS:
                vectors[row] += self._direction(word)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    @staticmethod
    @cache
    def _direction(word: str):
        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest())
        return np.random.default_rng(seed).standard_normal(384, dtype=np.float32)


def plans(old: Sequence[Made], new: Sequence[Made]) -> Iterator:
    """The tasks as plans."""
    real = real_tasks()
    for name, made, like in (("old", old, plancmp.load("2021")), ("new", new, plancmp.load("2024"))):
        tasks = [
            replace(real[task.like], ref=f"{name}:{i}", number=str(i), title=None, text=task.text)
            for i, task in enumerate(made)
        ]
        digest = hashlib.sha256("\0".join(task.text for task in made).encode()).hexdigest()
        source = replace(like.source, file=name, sha256=digest)
        yield replace(like, id=name, tasks=tuple(tasks), source=source, declared_tasks=None, gaps=(), missing=())
