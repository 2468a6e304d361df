"""How good the links get by a reviewer's answers, by the order of the questions and by what the answers teach.

    python tools/review_order.py

Each labelled pair of real plans is judged by what was learned without it (tools/learn.py keeps the pairs and metrics), and a
reviewer who knows all labels answers the questions of `plancmp review`, a session of 20 at a time. Pairs that the labels
call arguable are not asked and count neither way. Prints F1 after 0, 20, 40, 80 and 120 answers, as a table in Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import learn
import numpy as np
from labelled_pairs import REAL, ROOT, UNKNOWN, YES, LabelledPair

import plancmp
from plancmp import json_cache
from plancmp.analysis import questions
from plancmp.linkage import match_model
from plancmp.linkage.match_model import Alignment
from plancmp.linkage.teaching import teach
from plancmp.model import Decision, Decisions, Plan, Status
from plancmp.settings import SETTINGS

AFTER = (0, 20, 40, 80, 120)
SESSION = 20
ORDERS = {
    "random order (mean of 5)": ("random", False),
    "nearest to the threshold first": ("near", False),
    "by worth, `--no-teaching`": ("worth", False),
    "**by worth, with teaching**": ("worth", True),
}


def left_out() -> Iterator[tuple[LabelledPair, Alignment]]:
    """Each real pair, and its alignment by what was learned without it."""
    pairs, metrics = learn.load(json_cache.cache_directory() / "learn.pickle")
    pairs = [pair for pair in pairs if not pair.plain]
    rows = {pair.name: learn.Rows(pair, learn.projected(pair, metrics[pair.group])) for pair in pairs}
    for pair in pairs:
        if pair.real:
            model = learn.learn_weights([part for part in rows.values() if part.pair.group != pair.group])
            yield pair, match_model.predict(rows[pair.name].scores, pair.encoder, model)


class Reviewer:
    """Answers questions on one pair of plans from its labels."""

    def __init__(self, pair: LabelledPair, alignment: Alignment, plans: tuple[Plan, Plan]) -> None:
        self.labels, self.alignment, self.plans = pair.task_linked, alignment, plans
        self.answers: dict[tuple[int, int], bool] = {}
        self.places = [{task.ref: index for index, task in enumerate(plan.tasks)} for plan in plans]

    def place(self, item: questions.ReviewItem) -> tuple[int, int]:
        return self.places[0][item.old.ref], self.places[1][item.new.ref]

    def queue(self, teaching: bool) -> list[questions.ReviewItem]:
        """The questions of a new session that the labels can answer."""
        old, new = self.plans
        entries = tuple(
            Decision(old.tasks[i].number, new.tasks[j].number, Status.CONTINUED if linked else None)
            for (i, j), linked in self.answers.items()
        )
        items = questions.candidates(old, new, self.alignment, Decisions(old.id, new.id, entries, teaching))
        return [item for item in items if self.labels[self.place(item)] != UNKNOWN]

    def f1(self, teaching: bool) -> float:
        taught = teach(self.alignment, self.answers)[0] if teaching else self.alignment
        linked = np.zeros(self.labels.shape, dtype=bool)
        for pair in taught.links:
            linked[pair] = True
        for pair, answer in self.answers.items():
            linked[pair] = answer
        judged, truth = self.labels != UNKNOWN, self.labels == YES
        return float(2 * (linked & truth).sum() / ((linked & judged).sum() + truth.sum()))


def simulate(reviewer: Reviewer, order: str, teaching: bool, seed: int = 0) -> list[float]:
    """F1 after each number of answers."""
    rng, found = np.random.default_rng(seed), []
    queue: list[questions.ReviewItem] = []
    for count in range(max(AFTER) + 1):
        if count in AFTER:
            found.append(reviewer.f1(teaching))
        if count % SESSION == 0:
            queue = reviewer.queue(teaching)
            if order == "near":
                queue.sort(key=lambda item: abs(item.confidence - SETTINGS.threshold))
            elif order == "random":
                rng.shuffle(queue)  # type: ignore[arg-type]
        if queue:
            place = reviewer.place(queue.pop(0))
            reviewer.answers[place] = bool(reviewer.labels[place] == YES)
            if teaching:
                queue = questions.again(queue, *reviewer.plans, reviewer.alignment, reviewer.answers)
    return found


def main() -> None:
    results: dict[str, dict[str, list[float]]] = {name: {} for name in ORDERS}
    for pair, alignment in left_out():
        gold = json.loads((ROOT / f"tests/gold/{REAL[pair.name][0]}.json").read_text("utf-8"))
        plans = (plancmp.load(str(gold["old_plan"])), plancmp.load(str(gold["new_plan"])))
        for name, (order, teaching) in ORDERS.items():
            runs = [
                simulate(Reviewer(pair, alignment, plans), order, teaching, seed)
                for seed in range(5 if order == "random" else 1)
            ]
            results[name][pair.name] = np.mean(runs, axis=0).tolist()
    print(f"| order of the questions | {' | '.join(f'after {count}' for count in AFTER)} |\n|---|{'---|' * len(AFTER)}")
    for name, of_pairs in results.items():
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in np.mean(list(of_pairs.values()), axis=0))} |")
    for name, of_pairs in results.items():
        print(name, {pair: [round(value, 2) for value in values] for pair, values in of_pairs.items()})


if __name__ == "__main__":
    main()
