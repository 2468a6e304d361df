"""How time, memory and quality grow with the number of tasks, on made-up plans whose true links are known.

    python benchmarks/growth.py [--sizes 1000,5000,10000,20000] [--alike 1000,10000] [--assignment 2500]

The tasks are sentences of the bundled plans in which places, numbers and some other words are exchanged; half of the
old ones return with changed words, the order is shuffled. `alike`: a harder kind, in which many tasks promise the same
and differ in the names of places and trades only. Vectors are sums of fixed random directions, one a word, so that no
model is timed; they are at hand before the clock starts. PolyFuzz (TF-IDF, both directions, a pair counts where each is
the other's best and likeness reaches 0.5) needs the extra `benchmarks`; rapidfuzz with an assignment solver runs up to
the size given. Each figure is that of a process of its own. The three figures for large plans in plancmp/linking.py were
fitted to seed 0; seed 1 is measured.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from plancmp import pipeline
from plancmp.linkage import match_model, preparation

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

_FILLERS = {"the", "and", "of", "in", "for", "to", "a", "with", "on", "by", "as", "its", "their", "will", "we"}
_STAY = {"with", "their", "from", "that", "this", "will", "such"}


@dataclass(frozen=True)
class Made:
    """A made-up task: its text, and the number of the real task whose bodies and section it has."""

    text: str
    like: int


Plans = tuple[list[Made], list[Made], set[tuple[int, int]]]


def made_up(size: int, seed: int = 0) -> Plans:
    """An old and a new plan of `size` tasks each, and the pairs of indexes that belong together.

    Half of the tasks of each have a counterpart: of the old and new tasks together a quarter is dropped, a quarter new.
    """
    import paraphrase

    rng = random.Random(seed)
    real = [(number, task.text) for number, task in enumerate(_real()) if 12 <= len(task.text.split()) <= 70]
    words = _words([text for _, text in real])
    # A larger country has more places, trades and undertakings.
    words += [_name(number).casefold() for number in range(3 * size)]

    def fresh() -> Made:
        number, text = rng.choice(real)
        return Made(_varied(text, words, rng), number)

    def changed(text: str) -> str:
        return _changed(paraphrase.verbs(text) if rng.random() < 0.5 else text, words, rng)

    return _shuffled(fresh, changed, size, rng)


def alike(size: int, seed: int = 0) -> Plans:
    """Likewise, of tasks that are sentences of the real plans with a trade and a place at their end, some with another
    one behind: where there are 10,000, a dozen differ in these names only."""
    import paraphrase

    from plancmp.commitments import splitter

    rng = random.Random(seed)
    real = [
        (number, found.text.rstrip("."))
        for number, task in enumerate(_real())
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

    def changed(text: str) -> str:
        said = paraphrase.verbs(text) if rng.random() < 0.5 else text
        pieces = []
        for word in said.split():
            chance = rng.random() if word.isalpha() and word.islower() else 1.0
            if chance >= 0.2:
                pieces.append(word)
            elif chance < 0.1:
                pieces.append(rng.choice(words))
        return " ".join(pieces)

    return _shuffled(fresh, changed, size, rng)


def _shuffled(fresh: Callable[[], Made], changed: Callable[[str], str], size: int, rng: random.Random) -> Plans:
    """Two plans of fresh tasks, half of the new ones changed old ones, in any order, and the pairs that belong together."""
    old, new = [fresh() for _ in range(size)], [fresh() for _ in range(size)]
    for i in range(size // 2):
        new[i] = Made(changed(old[i].text), old[i].like)
    orders = [rng.sample(range(size), size) for _ in range(2)]
    place = [{was: now for now, was in enumerate(order)} for order in orders]
    truth = {(place[0][i], place[1][i]) for i in range(size // 2)}
    return [old[i] for i in orders[0]], [new[i] for i in orders[1]], truth


def _words(texts: Sequence[str]) -> list[str]:
    """The words of these texts that are put in the place of others."""
    return sorted({word for text in texts for word in re.findall(r"\b[a-z]{5,}\b", text)})


def _real() -> list:
    """The tasks of the two bundled plans that name bodies."""
    import plancmp

    return [task for name in ("2021", "2024") for task in plancmp.load(name).tasks]


@cache
def _name(number: int) -> str:
    """A made-up name: of a place, a product, an undertaking."""
    rng = random.Random(number)
    return "".join(rng.choice("bdfghklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(3, 4))).capitalize()


def _varied(text: str, words: Sequence[str], rng: random.Random, stay: float = 0.25) -> str:
    """A task of its own: it begins as the real one, of the other words that are not little but a share are others, and so
    are all names. stay: that share."""

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if not match.start() or word.casefold() in _STAY or (word.islower() and rng.random() < stay):
            return word
        return rng.choice(words) if word.islower() else rng.choice(words).capitalize()

    return re.sub(r"[^\W\d_]{4,}|[\u3400-\u9fff]+", other, text)


def _changed(text: str, words: Sequence[str], rng: random.Random) -> str:
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
        import numpy as np

        vectors = np.ones((len(texts), 384), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in set(re.findall(r"\w+", text.casefold())) - _FILLERS:
                vectors[row] += self._direction(word)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    @staticmethod
    @cache
    def _direction(word: str):
        import numpy as np

        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest())
        return np.random.default_rng(seed).standard_normal(384, dtype=np.float32)


def plans(old: Sequence[Made], new: Sequence[Made]) -> Iterator:
    """The tasks as plans."""
    import plancmp

    real = _real()
    for name, made, like in (("old", old, plancmp.load("2021")), ("new", new, plancmp.load("2024"))):
        tasks = [
            replace(real[task.like], ref=f"{name}:{i}", number=str(i), title=None, text=task.text)
            for i, task in enumerate(made)
        ]
        digest = hashlib.sha256("\0".join(task.text for task in made).encode()).hexdigest()
        source = replace(like.source, file=name, sha256=digest)
        yield replace(like, id=name, tasks=tuple(tasks), source=source, declared_tasks=None, gaps=(), missing=())


Found = tuple[float, set[tuple[int, int]]]


def prime(old: list[Made], new: list[Made]) -> Found:
    """Keep the vectors, so that they are at hand when the clock starts."""
    from plancmp.linkage import records

    for plan in plans(old, new):
        preparation.vectors_of(plan, records.build(plan.tasks), Hashed())
    return 0.0, set()


def by_plancmp(old: list[Made], new: list[Made]) -> Found:
    """Seconds and pairs of a comparison: the first one of two plans, or a later one, as these have been kept taken apart."""

    both, encoder = list(plans(old, new)), Hashed()
    start = time.perf_counter()
    alignment = match_model.predict(pipeline.compare_plans(*both, encoder), encoder.name)
    result = pipeline.judge(*both, alignment)
    seconds = time.perf_counter() - start
    return seconds, {(int(link.old.split(":")[1]), int(link.new.split(":")[1])) for link in result.links}


def by_polyfuzz(old: list[Made], new: list[Made]) -> Found:
    """Pairs of texts that are each the other's best by TF-IDF of three letters."""
    from polyfuzz.models import TFIDF

    texts = [[task.text for task in side] for side in (old, new)]
    start = time.perf_counter()
    best = []
    for one, other in ((texts[0], texts[1]), (texts[1], texts[0])):
        found = TFIDF(n_gram_range=(3, 3), min_similarity=0.5).match(one, other)
        place = {text: i for i, text in enumerate(other)}
        best.append([place.get(text, -1) for text in found["To"]])
    seconds = time.perf_counter() - start
    return seconds, {(i, j) for i, j in enumerate(best[0]) if j >= 0 and best[1][j] == i}


def by_assignment(old: list[Made], new: list[Made]) -> Found:
    """The assignment of texts with the greatest sum of token_set_ratio; pairs from 70 of 100 count."""
    from rapidfuzz.fuzz import token_set_ratio
    from rapidfuzz.process import cdist
    from scipy.optimize import linear_sum_assignment

    start = time.perf_counter()
    table = cdist([task.text for task in old], [task.text for task in new], scorer=token_set_ratio, workers=-1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    seconds = time.perf_counter() - start
    return seconds, {(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if table[i, j] >= 70}


WAYS = {
    "plancmp": by_plancmp,
    "plancmp again": by_plancmp,
    "PolyFuzz TF-IDF": by_polyfuzz,
    "cdist and assignment": by_assignment,
}


def one(way: str, data: Path) -> None:
    """Run one way in this process and print its figures as JSON."""
    import resource

    made = json.loads(data.read_text("utf-8"))
    seconds, found = (WAYS | {"": prime})[way](*([Made(*task) for task in made[side]] for side in ("old", "new")))
    truth = {tuple(pair) for pair in made["truth"]}
    f1 = 2 * len(truth & found) / max(len(truth) + len(found), 1)
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, f1]))


def measured(way: str, data: Path) -> list[float]:
    """Seconds, peak memory in MB and F1 of one way in a process of its own."""
    command = [sys.executable, __file__, "--one", way, str(data)]
    environment = os.environ | {"PLANCMP_CACHE": str(data.parent / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,5000,10000,20000")
    parser.add_argument("--alike", default="1000,10000", help="sizes of the harder kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--assignment", type=int, default=2500, help="most tasks for the assignment solver")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]))
        return
    sizes, harder = ([int(size) for size in kind.split(",") if size] for kind in (options.sizes, options.alike))
    print("| tasks a side | way | time, of PolyFuzz's | seconds | peak memory | F1 |")
    print("|---|---|---|---|---|---|")
    times: dict[int, float] = {}
    for make, size in [*((made_up, size) for size in sizes), *((alike, size) for size in harder)]:
        with tempfile.TemporaryDirectory() as directory:
            data = Path(directory) / "made.json"
            old, new, truth = make(size, options.seed)
            made = {name: [[task.text, task.like] for task in side] for name, side in (("old", old), ("new", new))}
            data.write_text(json.dumps(made | {"truth": sorted(truth)}), "utf-8")
            measured("", data)
            ways = [way for way in WAYS if way != "cdist and assignment" or size <= options.assignment]
            figures = {way: measured(way, data) for way in ways}
        if make is made_up:
            times[size] = figures["plancmp"][0]
        base = figures["PolyFuzz TF-IDF"][0]
        for way, (seconds, memory, f1) in figures.items():
            kind = "" if make is made_up else " alike"
            print(
                f"| {size:,}{kind} | {way} | {seconds / base:.2f} | {seconds:.1f} | {memory:.0f} MB | {f1:.3f} |",
                flush=True,
            )
    for small, large in itertools.combinations([size for size in sizes if size >= 5000], 2):
        exponent = math.log(times[large] / times[small]) / math.log(large / small)
        print(f"\nplancmp from {small:,} to {large:,}: time grows with the power {exponent:.2f} of the tasks.")


if __name__ == "__main__":
    main()
