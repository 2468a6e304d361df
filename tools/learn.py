"""Learn the metric and the weights of the match model, and say how well they carry over to plans left out.

    python tools/learn.py            the report: every pair judged by what was learned without it
    python tools/learn.py --write    the report, and the learned files (plancmp/linkage/metric.npz, plancmp/lexicon/alignment.toml)

A real pair is judged by what was learned from all others and all made-up ones; a made-up pair by what was learned without
its maker. Two steps: a metric for sentence vectors, learned contrastively (a linked commitment against all others of
both plans, both ways); then weights for the comparisons and for the leads over rivals, by penalised likelihood under the bounds
that the codebook sets. The comparisons that weights are learned from are always of a metric that never saw the pair, since
a column looks better where it was fitted than where it will be used. Needs scipy, scikit-learn and torch.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path

import labelled_pairs
import numpy as np
from labelled_pairs import NO, ROOT, UNKNOWN, YES, LabelledPair

from plancmp import json_cache, pipeline, settings
from plancmp.linkage import comparisons, match_model
from plancmp.linkage.candidate_pairs import CandidatePairs
from plancmp.linkage.comparisons import Scores
from plancmp.linkage.match_model import Parameters
from plancmp.outcomes import pairings
from plancmp.outcomes.decisions import Applicable
from plancmp.settings import DEFAULT_MODEL

# CODEBOOK, "Link": the same kind of act on a different law is no link; the same campaign under another name is the same.
BOUNDS = {
    "other_thing": (None, -2.0),
    "other_kind": (None, -0.3),
    "other_field": (None, -0.5),
    "campaign": (3.0, None),
    "name": (0.5, None),
}
NAMES = list(comparisons.COMPARISONS)
# These are weighed beside the leads over rivals, in the second step.
_SECOND = ("standing", "closeness")
_PENALTY = 5.0
_LIMIT = 3.0
# Of the metric: what cosines are divided by, how much its distance from the identity costs, and from which cosine on two
# texts of one plan count as one said again.
_TEMPERATURE = 0.07
_SHRINK = 0.01
_AGAIN = 0.9


def learn_metric(pairs: Iterable[LabelledPair], rank: int = 128, epochs: int = 50) -> np.ndarray:
    """A matrix of shape (dimension, dimension): the identity, scaled axis by axis, plus one of low rank."""
    import torch

    # The matrices are small: threads would wait for each other.
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data = [
        tuple(map(torch.tensor, block))
        for pair in pairs
        if pair.encoder == DEFAULT_MODEL and not pair.plain
        for block in _blocks(pair)
    ]
    size = data[0][0].shape[1]
    left = (torch.randn(size, rank) * 0.02).requires_grad_()
    right, scale = torch.zeros(size, rank, requires_grad=True), torch.zeros(size, requires_grad=True)
    optimizer = torch.optim.AdamW([left, right, scale], lr=4e-3, weight_decay=0)
    unit = torch.nn.functional.normalize
    for _ in range(epochs):
        optimizer.zero_grad()
        for old, new, labels in data:
            a, b = (unit(side * (1 + scale) + (side @ right) @ left.T) for side in (old, new))
            table = (a @ b.T / _TEMPERATURE).masked_fill(labels == UNKNOWN, -1e4)
            linked = labels == YES
            loss = torch.zeros(())
            for likeness, positive, side in ((table, linked, a), (table.T, linked.T, b)):
                rows = positive.any(1)
                likeness, positive = likeness[rows], positive[rows]
                # What a plan says elsewhere is another promise, too, unless it says the same again.
                own = side[rows] @ side.T / _TEMPERATURE
                own = own.masked_fill(own > _AGAIN / _TEMPERATURE, -1e4)
                others = torch.logaddexp(
                    torch.logsumexp(likeness.masked_fill(positive, -1e4), 1, keepdim=True),
                    torch.logsumexp(own, 1, keepdim=True),
                )
                loss = loss + (torch.logaddexp(others.expand_as(likeness), likeness) - likeness)[positive].mean()
            (loss / len(data)).backward()
        (_SHRINK * ((left @ right.T).pow(2).sum() + scale.pow(2).sum())).backward()
        optimizer.step()
    return (torch.diag(1 + scale) + right @ left.T).detach().numpy().astype(np.float16).astype(np.float32)


def _blocks(pair: LabelledPair) -> Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The vectors of both sides without their common mean, and the labels: of tasks, and of commitments."""
    records = pair.scores.old, pair.scores.new
    starts = [len(side.tasks) for side in records]
    ends = [start + len(side.commitments) for start, side in zip(starts, records, strict=True)]
    for sides, labels in (
        ([rows[:start] for rows, start in zip(pair.vectors, starts, strict=True)], pair.task_linked),
        ([rows[a:b] for rows, a, b in zip(pair.vectors, starts, ends, strict=True)], pair.linked),
    ):
        mean = np.concatenate(sides).mean(0)
        centred = [side - mean for side in sides]
        old, new = (side / np.linalg.norm(side, axis=1, keepdims=True).clip(1e-6) for side in centred)
        yield old, new, labels.astype(np.int64)


def projected(pair: LabelledPair, metric: np.ndarray) -> Scores:
    """The comparisons of a pair under a metric; those of another encoder than the default one's as they are."""
    if pair.encoder != DEFAULT_MODEL:
        return pair.scores
    old, new = (rows @ metric for rows in pair.vectors)
    return pipeline.compare_records(pair.scores.old, pair.scores.new, old, new)


class Rows:
    """The judged rows of one pair that weights are learned from: all links, and the nearest of either side that are none."""

    def __init__(self, pair: LabelledPair, scores: Scores) -> None:
        self.pair, self.scores = pair, scores
        labels = pair.linked[scores.pairs.rows, scores.pairs.columns]
        rough = scores.features["words"] + scores.features["embedding"]
        near = (_rank(rough, scores.pairs) < 6) | (_rank(scores.features["task_embedding"], scores.pairs) < 6)
        self.index = np.flatnonzero((labels == YES) | ((labels == NO) & near))
        self.y = (labels[self.index] == YES).astype(float)
        # Every pair of plans counts the same, however many links it has.
        self.weight = np.full(len(self.y), 40 / max(self.y.sum(), 1))
        self.x = np.stack([scores.features[name][self.index] for name in NAMES], axis=1).astype(float)

    def leads(self, weights: dict[str, float]) -> np.ndarray:
        """The weighted sum of the comparisons and the leads over rivals, shape (rows, 3)."""
        values = match_model.weighted_sum(self.scores, weights)
        leads = match_model.leads_over_rivals(values, self.scores, _LIMIT)
        return np.stack([values, leads["nearer"], leads["farther"]], axis=1)[self.index]


def _rank(values: np.ndarray, pairs: CandidatePairs) -> np.ndarray:
    """The lower of the ranks of each pair in its row and in its column, 0 for the best."""
    ranks = []
    for groups in (pairs.rows, pairs.columns):
        order = np.lexsort((-values, groups))
        starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
        ranks.append(rank)
    return np.minimum(*ranks)


def fit(x: np.ndarray, y: np.ndarray, weight: np.ndarray, bounds: Sequence[tuple]) -> np.ndarray:
    """Weights and, last, the intercept: penalised likelihood inside the bounds (L-BFGS-B)."""
    from scipy.optimize import minimize

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w[:-1] + w[-1]
        miss = (1 / (1 + np.exp(-z)) - y) * weight
        gradient = np.append(x.T @ miss + w[:-1] / _PENALTY, miss.sum())
        return float((weight * (np.logaddexp(0, z) - y * z)).sum() + (w[:-1] ** 2).sum() / (2 * _PENALTY)), gradient

    start = [min(max(0.0, low if low is not None else 0.0), high if high is not None else 9.0) for low, high in bounds]
    return minimize(loss, [*start, -4.0], jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B").x


def learn_weights(rows: Sequence[Rows]) -> Parameters:
    """The weights of the comparisons, then what their sum and the leads over rivals count for."""
    y, weight = (np.concatenate([getattr(part, name) for part in rows]) for name in ("y", "weight"))
    first = [name for name in NAMES if name not in _SECOND]
    columns = [NAMES.index(name) for name in first]
    x = np.concatenate([part.x for part in rows])
    w = fit(x[:, columns], y, weight, [BOUNDS.get(name, (0.0, None)) for name in first])
    by_name = dict(zip(first, w[:-1], strict=True))
    second = np.concatenate([part.leads(by_name) for part in rows])
    second = np.column_stack([second, x[:, [NAMES.index(name) for name in _SECOND]]])
    mean, spread = second.mean(0), second.std(0)
    v = fit((second - mean) / spread, y, weight, [(0.0, None), (0.0, None), (None, None), (0.0, None), (None, 0.0)])
    total, nearer, farther, *beside = v[:-1] / spread
    intercept = v[-1] - (v[:-1] / spread * mean).sum()
    scaled = {name: float(total * value) for name, value in by_name.items()} | dict(
        zip(_SECOND, map(float, beside), strict=True)
    )
    return Parameters(
        float(intercept),
        scaled,
        {"nearer": float(nearer / total), "farther": float(farther / total)},
        float(_LIMIT * total),
    )


class Alone:
    """The labelled commitments of a pair that were left without a counterpart by what was learned without that pair.

    found: for each, the signs of an oversight of its pairs, and whether it has a counterpart after all.
    """

    def __init__(self, pair: LabelledPair, alignment: match_model.Alignment) -> None:
        accepted = pairings.accept(alignment, Applicable())
        pairs, found = alignment.scores.pairs, ({one.row for one in accepted}, {one.column for one in accepted})
        x = np.column_stack(match_model.signs_of_oversight(alignment))
        sides = zip((pairs.rows, pairs.columns), pair.fates, found, strict=True)
        self.real = pair.real
        self.found = [
            (x[groups == i], linked) for groups, labels, taken in sides for i, linked in labels if i not in taken
        ]


def learn_overlooked(alone: Sequence[Alone]) -> match_model.Overlooked:
    """How what was passed over turned out: logistic regression on the likeliest pair of each commitment.

    Every pair of plans counts the same, and all real ones as much as about all made-up ones.
    """
    from sklearn.linear_model import LogisticRegression

    rows = [
        (x, linked, (3 if part.real else 1) / len(part.found)) for part in alone for x, linked in part.found if len(x)
    ]
    y, weight = np.array([linked for _, linked, _ in rows]), np.array([weight for *_, weight in rows])
    w = np.array([1.0, 1.0])
    model = LogisticRegression(C=10)
    for _ in range(5):
        # Which pair is the likeliest follows from the weights.
        model.fit(np.stack([x[(x @ w).argmax()] for x, *_ in rows]), y, sample_weight=weight * 100)
        w = model.coef_[0]
    return match_model.Overlooked(float(model.intercept_[0]), float(w[0]), float(w[1]))


def report_overlooked(alone: Sequence[tuple[str, Alone]]) -> None:
    """Of the commitments said to be dropped or new: how many are said surely, and how many have a counterpart after all.

    alone: with the group of each, which the model is learned without.
    """
    print("\n| left out | surely alone | of these false | doubtful | of these false |\n|---|---|---|---|---|")
    for group in dict.fromkeys(name for name, _ in alone):
        model = learn_overlooked([part for name, part in alone if name != group])
        cut = np.log(settings.SETTINGS.overlooked / (1 - settings.SETTINGS.overlooked))
        rows = [row for name, part in alone if name == group for row in part.found if len(row[0])]
        best = np.array([(model.intercept + x @ [model.odds, model.object]).max() for x, _ in rows])
        linked, doubtful = np.array([linked for _, linked in rows]), best >= cut
        shares = [linked[mask].mean() if mask.any() else float("nan") for mask in (~doubtful, doubtful)]
        print(f"| {group} | {(~doubtful).sum()} | {shares[0]:.2f} | {doubtful.sum()} | {shares[1]:.2f} |")


def average_precision(p: np.ndarray, y: np.ndarray) -> float:
    found = y[np.argsort(-p, kind="stable")]
    return float((np.cumsum(found) / np.arange(1, len(found) + 1))[found].sum() / max(found.sum(), 1))


def f1(p: np.ndarray, y: np.ndarray, threshold: float) -> float:
    hit = p >= threshold
    return float(2 * (hit & y).sum() / max(hit.sum() + y.sum(), 1))


def tf_idf(pair: LabelledPair) -> np.ndarray:
    """Confidence by words alone, shape (old tasks, new tasks)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    old, new = ([task.full_text for task in side.tasks] for side in (pair.scores.old, pair.scores.new))
    rows = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english").fit_transform(old + new)
    return (rows[: len(old)] @ rows[len(old) :].T).toarray()


def of_tasks(alignment: match_model.Alignment, shape: tuple[int, int]) -> np.ndarray:
    table = np.zeros(shape)
    table[alignment.tasks.rows, alignment.tasks.columns] = alignment.confidence
    return table


class Figures:
    """What is reported of one pair: its judged task pairs (confidence, linked, row), and which fates of commitments are right."""

    def __init__(self, pair: LabelledPair, confidence: np.ndarray, alignment: match_model.Alignment | None) -> None:
        judged = pair.task_linked != UNKNOWN
        self.name, self.real = pair.name, pair.real
        self.p, self.y, self.row = confidence[judged], pair.task_linked[judged] == YES, np.nonzero(judged)[0]
        self.fates: list[bool] = []
        if alignment is not None:
            accepted = pairings.accept(alignment, Applicable())
            found = {one.row for one in accepted}, {one.column for one in accepted}
            for with_counterpart, labels in zip(found, pair.fates, strict=True):
                self.fates += [(row in with_counterpart) == linked for row, linked in labels]

    def best(self) -> tuple[float, float]:
        """The best F1 and its threshold."""
        return max((f1(self.p, self.y, t), float(t)) for t in np.unique(self.p[self.y]))

    def values(self) -> list[float]:
        """Average precision; F1 at the shipped threshold; best F1 and its threshold; Brier score by link; fates."""
        threshold = settings.SETTINGS.threshold
        brier = float(((self.p - self.y) ** 2).sum() / self.y.sum())
        fates = float(np.mean(self.fates)) if self.fates else float("nan")
        return [average_precision(self.p, self.y), f1(self.p, self.y, threshold), *self.best(), brier, fates]

    def interval(self, draws: int = 300) -> tuple[float, float]:
        """The middle 90 % of F1 at the shipped threshold when old tasks are drawn again."""
        rng, rows = np.random.default_rng(0), np.unique(self.row)
        of_row = {row: np.flatnonzero(self.row == row) for row in rows}
        found = []
        for _ in range(draws):
            index = np.concatenate([of_row[row] for row in rng.choice(rows, len(rows))])
            found.append(f1(self.p[index], self.y[index], settings.SETTINGS.threshold))
        return float(np.percentile(found, 5)), float(np.percentile(found, 95))


def report(title: str, figures: Sequence[Figures]) -> None:
    """One table, in Markdown: a line for each pair, then the means of the real and of the made-up pairs."""
    print(
        f"\n{title}\n\n| pair | average precision | F1 as shipped (90 %) | best F1 (at) | Brier | fates |\n|---|---|---|---|---|---|"
    )
    for one in figures:
        ap, shipped, best, at, brier, fates = one.values()
        low, high = one.interval()
        print(
            f"| {one.name} | {ap:.3f} | {shipped:.3f} ({low:.2f} to {high:.2f}) | {best:.3f} ({at:.2f}) | {brier:.2f} | {fates:.3f} |"
        )
    for name, chosen in (("real", [f for f in figures if f.real]), ("made up", [f for f in figures if not f.real])):
        if chosen:
            ap, shipped, best, at, brier, fates = np.mean([one.values() for one in chosen], axis=0)
            print(f"| **{name}** | {ap:.3f} | {shipped:.3f} | {best:.3f} ({at:.2f}) | {brier:.2f} | {fates:.3f} |")


def reliability(figures: Sequence[Figures]) -> None:
    """How many of the pairs of tasks of about one confidence are links, real and made-up apart."""
    for name, real in (("real", True), ("made up", False)):
        p, y = (np.concatenate([getattr(one, part) for one in figures if one.real is real]) for part in ("p", "y"))
        order = np.argsort(-p, kind="stable")
        bands = [band for band in np.array_split(order[:1000], 10) if len(band)]
        print(f"\n{name}: mean confidence and share of links in bands of {len(bands[0])}: ", end="")
        print(", ".join(f"{p[band].mean():.2f} {y[band].mean():.2f}" for band in bands))


def write(metric: np.ndarray, model: Parameters, overlooked: match_model.Overlooked) -> None:
    """Store what was learned where the program reads it."""
    data = io.BytesIO()
    np.savez(data, matrix=metric.astype(np.float16))
    (ROOT / "plancmp/linkage/metric.npz").write_bytes(data.getvalue())
    lines = [
        "# Learned by tools/learn.py; the meaning of each comparison is in plancmp/linkage/comparisons.py, of each lead over",
        "# rivals in plancmp/linkage/match_model.py. Comparisons without a weight count for nothing.",
        f"intercept = {model.intercept:.4f}",
        "",
        "[weights]",
        *(f"{name} = {value:.4f}" for name, value in model.weights.items() if abs(value) > 0.01),
        "",
        "[rivals]",
        *(f"{name} = {value:.4f}" for name, value in model.rivals.items()),
        f"limit = {model.limit:.4f}",
        "",
        "[overlooked]",
        *(f"{name} = {value:.4f}" for name, value in dataclasses.asdict(overlooked).items()),
    ]
    (ROOT / "plancmp/lexicon/alignment.toml").write_text("\n".join(lines) + "\n", "utf-8")


def load(cache: Path) -> tuple[list[LabelledPair], dict[str | None, np.ndarray]]:
    """All pairs, and for each group the metric learned without it (None: from all), from the cache file or anew."""
    if cache.exists():
        with cache.open("rb") as stream:
            return pickle.load(stream)
    pairs = list(labelled_pairs.load_all())
    metrics: dict[str | None, np.ndarray] = {}
    for group in [*dict.fromkeys(pair.group for pair in pairs), None]:
        print(f"learning the metric without {group or 'leaving anything out'}", flush=True)
        metrics[group] = learn_metric(pair for pair in pairs if pair.group != group)
    cache.parent.mkdir(parents=True, exist_ok=True)
    with cache.open("wb") as stream:
        pickle.dump((pairs, metrics), stream)
    return pairs, metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument(
        "--cache",
        type=Path,
        default=json_cache.cache_directory() / "learn.pickle",
        help="file with the pairs and the metrics; delete it when plans, labels or the splitter change",
    )
    options = parser.parse_args()
    pairs, metrics = load(options.cache)
    rows = {(pair.name, pair.plain): Rows(pair, projected(pair, metrics[pair.group])) for pair in pairs}
    left_out: dict[bool, list[Figures]] = {False: [], True: []}
    alone: list[tuple[str, Alone]] = []
    for group in dict.fromkeys(pair.group for pair in pairs):
        model = learn_weights([part for part in rows.values() if part.pair.group != group and not part.pair.plain])
        for pair in pairs:
            if pair.group == group:
                alignment = match_model.predict(rows[pair.name, pair.plain].scores, pair.encoder, model)
                left_out[pair.plain].append(Figures(pair, of_tasks(alignment, pair.task_linked.shape), alignment))
                if not pair.plain:
                    alone.append((group, Alone(pair, alignment)))
    report("Left out", left_out[False])
    reliability(left_out[False])
    report_overlooked(alone)
    report("Left out, as plain texts", left_out[True])
    report("TF-IDF", [Figures(pair, tf_idf(pair), None) for pair in pairs if not pair.plain])
    shipped = []
    for pair in pairs:
        if not pair.plain:
            alignment = match_model.predict(_as_shipped(pair), pair.encoder)
            shipped.append(Figures(pair, of_tasks(alignment, pair.task_linked.shape), alignment))
    report("Fitted: the shipped files, on what they were learned from", shipped)
    if options.write:
        weights = learn_weights([part for part in rows.values() if not part.pair.plain])
        write(metrics[None], weights, learn_overlooked([part for _, part in alone]))


def _as_shipped(pair: LabelledPair) -> Scores:
    from plancmp.linkage import metric

    old, new = (metric.project(rows, pair.encoder) for rows in pair.vectors)
    return pipeline.compare_records(pair.scores.old, pair.scores.new, old, new)


if __name__ == "__main__":
    main()
