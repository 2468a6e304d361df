"""How fast texts become vectors, and how compactly these are kept.

    python benchmarks/embedding.py [--texts 600] [--rounds 3]

Prints three Markdown tables: texts a second of `plancmp.vectors` with everything that belongs to it, keeping included,
against `SentenceTransformer.encode` at several batch sizes, as ratios of medians against the best of these, measured in
turn so that a noisy machine harms all alike; what adding one plan to a cache full of others costs beside its embedding;
and what a smaller type of number would save and change. Takes two minutes or so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from plancmp import pipeline
from plancmp.analysis import evaluation
from plancmp.embeddings import encoders, minilm, vectors
from plancmp.embeddings.encoders import Encoder
from plancmp.linkage import preparation
from plancmp.plans import catalogue
from plancmp.settings import DEFAULT_MODEL

GOLD = Path(__file__).resolve().parent.parent / "tests/gold"
SETS = ("dev-2021-2024", "train-2021-2024", "own-2021-2024", "own-14fyp-2024", "zh-2023-2024")
BATCH_SIZES = (8, 16, 32, 64, 128)


def texts_of_plans() -> list[str]:
    """Every text of the bundled plans that has a vector, once, in an order that depends on nothing."""
    plans = [catalogue.stored(plan_id) for plan_id in catalogue.directories()]
    return sorted({text for plan in plans for text in preparation.records_of(plan).texts})


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


def speed(encoder: Encoder, texts: Sequence[str], rounds: int) -> None:
    model = encoders.SentenceEncoder(str(minilm.default_weights()))._load()
    encoder.encode(texts[:1])
    loaded = peak()

    def anew() -> None:
        with tempfile.TemporaryDirectory() as empty:
            os.environ["PLANCMP_CACHE"] = empty
            vectors.embed(texts, encoder=encoder)

    def by_size(size: int) -> Callable[[], object]:
        return lambda: model.encode(texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False)

    ways: dict[str, Callable[[], object]] = {"**plancmp**": anew}
    ways |= {f"`SentenceTransformer.encode`, batches of {size}": by_size(size) for size in BATCH_SIZES}
    memory = {}
    for name, way in ways.items():
        way()
        memory[name] = peak() - loaded
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(seconds(way))
    medians = {name: statistics.median(found) for name, found in times.items()}
    best = min(median for name, median in medians.items() if name != "**plancmp**")
    print(f"\n{len(texts)} texts; memory beyond the {loaded:.0f} MB of the libraries and the model, never falling.\n")
    print("| | texts a second | against the best batch size | peak memory so far |")
    print("|---|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {len(texts) / median:.0f} | {best / median:.2f} | +{memory[name]:.0f} MB |")


class Ready:
    """An encoder whose vectors cost nothing: what it takes to embed with it is what the keeping takes."""

    name = DEFAULT_MODEL

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.full((len(texts), 384), 384**-0.5, dtype=np.float32)


def one_more_plan(encoder: Encoder, texts: Sequence[str], others: int) -> None:
    """Embedding a plan of these texts, the cache being empty or holding `others` vectors of other plans."""
    embedding = seconds(lambda: encoder.encode(texts))
    print("\n| cache | looking up and keeping a plan, against embedding it | reading it again |")
    print("|---|---|---|")
    for count in (0, others):
        with tempfile.TemporaryDirectory() as place:
            os.environ["PLANCMP_CACHE"] = place
            for start in range(0, count, 20_000):
                vectors.embed([f"other {i}" for i in range(start, min(start + 20_000, count))], encoder=Ready())
            keeping = seconds(lambda: vectors.embed(texts, encoder=Ready()))
            again = seconds(lambda: vectors.embed(texts, encoder=Ready()))
        print(f"| {count:,} vectors | {keeping / embedding:.4f} | {again / embedding:.4f} |")


def as_int8(rows: np.ndarray) -> np.ndarray:
    """What is left of rows that are stored as bytes with one scale a row."""
    scale = np.abs(rows).max(axis=1, keepdims=True) / 127
    return (np.round(rows / scale) * scale).astype(np.float32)


def storage(encoder: Encoder, texts: Sequence[str]) -> None:
    """Bytes a vector, the greatest change of a cosine against float32, and what the labels say.

    The vectors at hand for the labels are float16 already; that row is what is shipped.
    """
    exact = encoder.encode(texts)
    kinds: dict[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
        "float32": (4 * exact.shape[1], lambda rows: rows),
        "float16, as shipped": (2 * exact.shape[1], lambda rows: rows.astype(np.float16).astype(np.float32)),
        "int8, a scale a row": (exact.shape[1] + 4, as_int8),
    }
    golds = [json.loads((GOLD / f"{name}.json").read_text("utf-8")) for name in SETS]
    print(
        "\n| stored as | bytes a vector | greatest change of a cosine | F1 on "
        + ", ".join(SETS)
        + " | statuses changed |"
    )
    print("|---|---|---|---|---|")
    shipped, embed = None, vectors.embed
    for name, (size, stored) in kinds.items():
        rows = stored(exact)
        change = float(np.abs(rows @ rows.T - exact @ exact.T).max())
        row = f"| {name} | {size} | {change:.5f} |"
        if name == "float32":
            print(f"{row} | |")
            continue
        vectors.embed = lambda *given, stored=stored, **named: stored(embed(*given, **named))
        try:
            scores, found = judged(golds)
        finally:
            vectors.embed = embed
        shipped = shipped or found
        changed = sum(shipped.get(key) != found.get(key) for key in shipped.keys() | found.keys())
        print(f"{row} {', '.join(f'{f1:.4f}' for f1 in scores)} | {changed} of {len(shipped)} |")


def judged(golds: Sequence[dict]) -> tuple[list[float], dict[tuple, str]]:
    """F1 on each set of labels; the status of every link and task of each pair of plans."""
    scores, found = [], {}
    for gold in golds:
        old, new = catalogue.load(str(gold["old_plan"])), catalogue.load(str(gold["new_plan"]))
        result = pipeline.judge(old, new, pipeline.score_pair(old, new))
        scores.append(evaluation.evaluate(gold, result)["links"]["f1"])
        found |= {(link.old, link.new): f"{link.status} {link.softened}" for link in result.links}
        found |= {(old.id, new.id, outcome.ref): str(outcome.status) for outcome in result.tasks}
    return scores, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=600, help="how many of the bundled plans' texts; 600 by default")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    every = texts_of_plans()
    texts = random.Random(0).sample(every, min(options.texts, len(every)))
    encoder = encoders.choose_encoder()
    own = os.environ.get("PLANCMP_CACHE")
    speed(encoder, texts, options.rounds)
    one_more_plan(encoder, texts, 400_000)
    os.environ.pop("PLANCMP_CACHE")
    if own is not None:
        os.environ["PLANCMP_CACHE"] = own
    storage(encoder, texts)


if __name__ == "__main__":
    main()
