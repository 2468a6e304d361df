"""plancmp against other ways to align two plans, on the same labelled pairs, in one table.

    python benchmarks/alignment.py            prints the table, in Markdown

Every other method is given its own best threshold on the labels, which no user could know; plancmp runs at its shipped
setting. All are scored by `plancmp evaluate`'s rules: only judged old tasks, `either` pairs counting neither way.
PolyFuzz is included where it is installed (the extra `benchmarks`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process
from scipy.optimize import linear_sum_assignment

import plancmp
from plancmp.analysis import evaluation
from plancmp.embeddings import vectors
from plancmp.linkage.blocking import unit
from plancmp.model import Plan

GOLD = Path(__file__).resolve().parent.parent / "tests/gold"
SETS = {"2021-2022 → 2024": "dev-2021-2024", "all 64 old tasks": "train-2021-2024", "14fyp → 2024": "own-14fyp-2024"}


def texts(plan: Plan) -> list[str]:
    return [task.full_text for task in plan.tasks]


def spelling(scorer: Callable) -> Callable[[Plan, Plan], np.ndarray]:
    return lambda old, new: process.cdist(texts(old), texts(new), scorer=scorer, dtype=np.float32) / 100


def meaning(centred: bool) -> Callable[[Plan, Plan], np.ndarray]:
    def scores(old: Plan, new: Plan) -> np.ndarray:
        a, b = vectors.embed(texts(old)), vectors.embed(texts(new))
        mean = np.concatenate([a, b]).mean(0) if centred else 0
        return unit(a - mean) @ unit(b - mean).T

    return scores


def words(old: Plan, new: Plan) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english")
    both = vectorizer.fit_transform(texts(old) + texts(new))
    return (both[: len(old.tasks)] @ both[len(old.tasks) :].T).toarray()


def polyfuzz_words(old: Plan, new: Plan) -> np.ndarray:
    from polyfuzz import PolyFuzz
    from polyfuzz.models import TFIDF

    found = np.zeros((len(old.tasks), len(new.tasks)))
    a, b = texts(old), texts(new)
    matches = PolyFuzz(TFIDF(n_gram_range=(3, 3), min_similarity=0)).match(a, b).get_matches()
    for _, row in matches.iterrows():
        if row["To"]:
            found[a.index(row["From"]), b.index(row["To"])] = row["Similarity"]
    return found


def best(scores: np.ndarray, old: Plan, new: Plan, gold: dict) -> tuple[float, float, float]:
    """F1, precision and recall of one-to-one matching at the threshold that suits the labels best."""
    rows, columns = linear_sum_assignment(-scores)
    judged = {str(n) for n in gold["old_tasks"]}
    links = {(str(link["old"]), str(link["new"])) for link in gold["links"]}
    either = {(str(a), str(b)) for a, b in gold["either"]}
    pairs = [(scores[i, j], (old.tasks[i].number, new.tasks[j].number)) for i, j in zip(rows, columns, strict=True)]
    pairs = [(s, p) for s, p in pairs if p[0] in judged and p not in either]
    found = (0.0, 0.0, 0.0)
    for threshold in sorted({s for s, _ in pairs}):
        chosen = {p for s, p in pairs if s >= threshold}
        right = len(chosen & links)
        precision, recall = right / len(chosen), right / len(links)
        if precision + recall:
            found = max(found, (2 * precision * recall / (precision + recall), precision, recall))
    return found


METHODS: dict[str, Callable[[Plan, Plan], np.ndarray]] = {
    "rapidfuzz `ratio`": spelling(fuzz.ratio),
    "rapidfuzz `token_sort_ratio`": spelling(fuzz.token_sort_ratio),
    "rapidfuzz `token_set_ratio`": spelling(fuzz.token_set_ratio),
    "all-MiniLM-L6-v2 cosine": meaning(False),
    "the same without the common direction": meaning(True),
    "TF-IDF, words and pairs": words,
    "PolyFuzz TF-IDF (character trigrams)": polyfuzz_words,
}


def main() -> None:
    golds = {name: json.loads((GOLD / f"{file}.json").read_text("utf-8")) for name, file in SETS.items()}
    print("| method | " + " | ".join(f"{name}: F1 (P, R)" for name in golds) + " |")
    print("|---|" + "---|" * len(golds))
    for method, scorer in METHODS.items():
        cells = []
        for gold in golds.values():
            old, new = plancmp.load(gold["old_plan"]), plancmp.load(gold["new_plan"])
            try:
                f1, precision, recall = best(scorer(old, new), old, new, gold)
                cells.append(f"{f1:.2f} ({precision:.2f}, {recall:.2f})")
            except ImportError:
                cells.append("not installed")
        print(f"| {method}, best threshold | " + " | ".join(cells) + " |")
    cells = []
    for gold in golds.values():
        links = evaluation.evaluate(gold)["links"]
        cells.append(f"**{links['f1']:.2f}** ({links['precision']:.2f}, {links['recall']:.2f})")
    print("| **plancmp, as shipped** | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
