"""Learn the weights of the alignment from the labelled pairs, and say how far they can be trusted.

    python tools/learn.py            cross-validated figures, a reliability table, and the weights as TOML
    python tools/learn.py --write    the same, and store the weights in plancmp/lexicon/alignment.toml

Logistic regression over commitment pairs, where only task pairs are labelled: a task pair is as good as its best
commitment pair, which is chosen anew after each fit (multiple-instance learning). The sign of each weight is fixed by
what the comparison means, and four weights are bounded by the codebook. Folds are made of old tasks.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import plancmp
from plancmp import pipeline, settings
from plancmp.linkage import comparisons, match_model
from plancmp.linkage.blocking import CandidatePairs
from plancmp.model import Plan
from plancmp.plans import parser

ROOT = Path(__file__).resolve().parent.parent
# The paraphrases are those of the tests.
sys.path.insert(0, str(ROOT / "tests"))
from made_up import paraphrase  # noqa: E402

AGAINST = {"other_thing", "other_kind", "other_field"}
# CODEBOOK, "Link": the same kind of act on a different law is no link; the same campaign under another name is the same.
BOUNDS = {
    "other_thing": (None, -2.5),
    "other_kind": (None, -0.3),
    "other_field": (None, -0.5),
    "campaign": (3.0, None),
    "name": (0.5, None),
}
LEFT_OUT: set[str] = set()
NAMES = [name for name in comparisons.COMPARISONS if name not in LEFT_OUT]


@dataclass
class Labelled:
    """One labelled pair of plans: the features of the commitment pairs, the labels and which task pairs are judged.

    features: shape (pairs, comparisons). linked, judged: shape (old tasks, new tasks).
    """

    name: str
    features: np.ndarray
    pairs: CandidatePairs
    old_owner: np.ndarray
    new_owner: np.ndarray
    linked: np.ndarray
    judged: np.ndarray
    old_numbers: list[str] = field(default_factory=list)
    new_numbers: list[str] = field(default_factory=list)


def load(gold: Path) -> list[Labelled]:
    """The labelled pair of plans as it is, then made harder: padded with tasks of other fields of policy in the same
    stock phrases, and with the stock verbs of one side paraphrased. All have the same old tasks in the same order."""
    labels = json.loads(gold.read_text("utf-8"))
    old, new = plancmp.load(str(labels["old_plan"])), plancmp.load(str(labels["new_plan"]))
    variants = [
        (old, new),
        (old, _padded(new)),
        (old, paraphrase.of_plan(new, paraphrase.verbs)),
        (paraphrase.of_plan(old, paraphrase.verbs), new),
    ]
    return [_labelled(gold.stem, labels, *pair) for pair in variants]


def _padded(plan: Plan) -> Plan:
    """The plan with every second task of tests/other_fields.txt in its sections, in turn."""
    lines = (ROOT / "tests/other_fields.txt").read_text("utf-8").splitlines()[::2]
    parsed = parser.parse(
        "1. Other fields\n\n(1) Other fields\n\n" + "\n\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1)),
        "other",
    )
    extra = [
        replace(task, ref=f"other:{i}", number=f"other{i}", section=plan.sections[i % len(plan.sections)])
        for i, task in enumerate(parsed.tasks)
    ]
    return replace(plan, tasks=(*plan.tasks, *extra), source=replace(plan.source, file="padded", sha256="0" * 64))


def _labelled(name: str, labels: dict, old: Plan, new: Plan) -> Labelled:
    scores = pipeline.compare_plans(old, new)
    numbers = [[task.number for task in side.tasks] for side in (scores.old, scores.new)]
    links = {(str(link["old"]), str(link["new"])) for link in labels["links"]}
    either = {(str(a), str(b)) for a, b in labels["either"]}
    rows = {str(number) for number in labels["old_tasks"]}
    pairs = [[(a, b) for b in numbers[1]] for a in numbers[0]]
    return Labelled(
        name,
        np.stack([scores.features[name] for name in NAMES], axis=-1),
        scores.pairs,
        scores.old.owner,
        scores.new.owner,
        np.array([[pair in links for pair in row] for row in pairs]),
        np.array([[pair[0] in rows and pair not in either for pair in row] for row in pairs]),
        *numbers,
    )


def fit(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Weights and, last, the intercept: penalised likelihood inside the bounds (L-BFGS-B)."""
    from scipy.optimize import minimize

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w[:-1] + w[-1]
        miss = 1 / (1 + np.exp(-z)) - y
        gradient = np.append(x.T @ miss + w[:-1] / penalty, miss.sum())
        return float((np.logaddexp(0, z) - y * z).sum() + (w[:-1] ** 2).sum() / (2 * penalty)), gradient

    bounds = [BOUNDS.get(name, (None, 0.0) if name in AGAINST else (0.0, None)) for name in NAMES]
    start = np.array(
        [*(np.clip(0.0, low, high) if low is not None or high is not None else 0.0 for low, high in bounds), -4.0]
    )
    return minimize(loss, start, jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B").x


def best_pairs(scores: np.ndarray, data: Labelled) -> tuple[CandidatePairs, np.ndarray]:
    return match_model.best_commitments(scores, data.pairs, data.old_owner, data.new_owner, data.linked.shape)


def learn(sets: list[tuple[Labelled, np.ndarray]], penalty: float, rounds: int = 6) -> np.ndarray:
    """sets: labelled pairs, each with a mask of the old tasks to learn from."""
    w = np.zeros(len(NAMES) + 1)
    w[: len(NAMES)] = [-2.5 if n in AGAINST else 1.0 for n in NAMES]
    for _ in range(rounds):
        xs, ys = [], []
        for data, rows in sets:
            tasks, best = best_pairs(data.features @ w[:-1], data)
            mask = (data.judged & rows[:, None])[tasks.rows, tasks.columns]
            xs.append(data.features[best[mask]])
            ys.append(data.linked[tasks.rows, tasks.columns][mask])
        w = fit(np.concatenate(xs).astype(float), np.concatenate(ys).astype(float), penalty)
    return w


def probabilities(data: Labelled, w: np.ndarray) -> np.ndarray:
    z = data.features @ w[:-1] + w[-1]
    tasks, best = best_pairs(z, data)
    found = np.zeros(data.linked.shape)
    found[tasks.rows, tasks.columns] = 1 / (1 + np.exp(-z[best]))
    return found


def f1(p: np.ndarray, y: np.ndarray, threshold: float) -> tuple[float, float, float]:
    hit = p >= threshold
    right = (hit & y).sum()
    precision, recall = right / max(hit.sum(), 1), right / max(y.sum(), 1)
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall


def cross_validated(variants: list[Labelled], others: list[Labelled], penalty: float, folds: int = 8) -> np.ndarray:
    """Confidences of the first variant's task pairs, each from weights learned without its old task in any variant."""
    data = variants[0]
    fold = np.random.RandomState(0).permutation(len(data.linked)) % folds
    p = np.zeros(data.linked.shape)
    whole = [(other, np.ones(len(other.linked), bool)) for other in others]
    for k in range(folds):
        w = learn([*((variant, fold != k) for variant in variants), *whole], penalty)
        p[fold == k] = probabilities(data, w)[fold == k]
    return p


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--penalty", type=float, default=5.0, help="variance of the Gaussian prior on the weights")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument(
        "gold",
        nargs="*",
        type=Path,
        default=[ROOT / "tests/gold/train-2021-2024.json", ROOT / "tests/gold/own-14fyp-2024.json"],
    )
    options = parser.parse_args()
    sets = [load(path) for path in options.gold]
    pooled_p, pooled_y = [], []
    for variants in sets:
        data = variants[0]
        others = [variant for other in sets if other is not variants for variant in other]
        for label, extra in (("alone", []), ("with the others", others)):
            p = cross_validated(variants, extra, options.penalty)
            y, m = data.linked, data.judged
            best = max((f1(p[m], y[m], t)[0], t) for t in np.arange(0.1, 0.9, 0.02))
            shipped = f1(p[m], y[m], settings.SETTINGS.threshold)
            print(
                f"{data.name:24} cross-validated {label:16} F1 {shipped[0]:.3f} (P {shipped[1]:.2f} R {shipped[2]:.2f}) "
                f"at {settings.SETTINGS.threshold}; best {best[0]:.3f} at {best[1]:.2f}"
            )
        pooled_p.append(p[m])
        pooled_y.append(y[m])
        if options.errors:
            for i, j in zip(*np.nonzero(m & ((p >= settings.SETTINGS.threshold) != y)), strict=True):
                print(
                    "   ",
                    "extra " if p[i, j] >= 0.5 else "missed",
                    data.old_numbers[i],
                    data.new_numbers[j],
                    round(float(p[i, j]), 2),
                )
    p, y = np.concatenate(pooled_p), np.concatenate(pooled_y)
    print("confidence   pairs   right")
    for low, high in ((0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        band = (p >= low) & (p < high)
        print(
            f"{low:.1f} to {min(high, 1):.1f}   {band.sum():5}   {y[band].mean() if band.any() else float('nan'):.2f}"
        )
    w = learn([(data, np.ones(len(data.linked), bool)) for variants in sets for data in variants], options.penalty)
    for data in (variant for variants in sets for variant in variants):
        p = probabilities(data, w)
        print(
            data.name,
            "fitted F1 {:.3f} (P {:.2f} R {:.2f})".format(
                *f1(p[data.judged], data.linked[data.judged], settings.SETTINGS.threshold)
            ),
        )
    lines = [
        "# Written by tools/learn.py from tests/gold; the meaning of each comparison is in plancmp/linkage/comparisons.py.",
        f"intercept = {w[-1]:.3f}",
        "",
        "[weights]",
    ]
    lines += [f"{name} = {value + 0.0:.3f}" for name, value in zip(NAMES, w[:-1], strict=True)]
    print("\n".join(lines))
    if options.write:
        (ROOT / "plancmp/lexicon/alignment.toml").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
