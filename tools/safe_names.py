"""How often a commitment that an alert may name as dropped or new has no counterpart, by how sure that is.

    python tools/safe_names.py

Each labelled pair of plans is judged by what was learned without it, a made-up pair by what was learned without its maker
(tools/learn.py keeps the pairs and metrics). Of the labelled commitments for which no counterpart was found, prints for each
least confidence how many there are, the share for which the readers found none either (strictly), and the share for which
they found none or called it arguable (leniently): of both plans, named commitments (a law, a document, a campaign) apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import labelled_pairs
import learn
from labelled_pairs import REAL, ROOT, LabelledPair

from plancmp import json_cache
from plancmp.commitments import names
from plancmp.linkage import match_model
from plancmp.linkage.candidate_pairs import argmax_of_groups
from plancmp.linkage.match_model import Alignment, Overlooked
from plancmp.outcomes import pairings
from plancmp.outcomes.decisions import Applicable

LEAST = (0.70, 0.75, 0.80, 0.85)
# A commitment's verdict is the first of these that one of its labels gives.
LINKED, ARGUABLE, ALONE = "linked", "arguable", "alone"


@dataclass(frozen=True, slots=True)
class Found:
    """A labelled commitment for which no counterpart was found."""

    pair: str
    real: bool
    old: bool
    named: bool
    confidence: float
    verdict: str


def verdicts(pair: LabelledPair) -> tuple[dict[int, str], dict[int, str]]:
    """What the labels say of the commitments of both plans, by index, unsure labels too."""
    if pair.real:
        tasks_file, file = REAL[pair.name]
        tasks = json.loads((ROOT / f"tests/gold/{tasks_file}.json").read_text("utf-8"))
        labels = json.loads((ROOT / f"training/commitments/{file}.json").read_text("utf-8"))
    else:
        tasks = labels = json.loads((ROOT / "training/successors" / pair.name / "truth.json").read_text("utf-8"))
    place = labelled_pairs._Labels(pair.name, pair.scores.old, pair.scores.new, tasks, labels)._commitments
    found: tuple[dict[int, set[str]], dict[int, set[str]]] = ({}, {})
    for which, label, verdict in _statements(labels):
        found[which].setdefault(place(which, label)[0], set()).add(verdict)
    first, second = (
        {row: next(v for v in (LINKED, ARGUABLE, ALONE) if v in said) for row, said in side.items()} for side in found
    )
    return first, second


def _statements(labels: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Each label of a file as the side (0 old, 1 new), the commitment and what is said of it."""
    for which, kind in ((0, "dropped"), (1, "new")) if "pairs" in labels else ():
        for label in labels[kind]:
            yield which, label, ALONE
    for pair in labels.get("pairs", ()):
        for which, kind in ((0, "old"), (1, "new")):
            yield which, pair[kind], LINKED if pair["sure"] else ARGUABLE
    for which, kind in ((0, "old"), (1, "new")) if "pairs" not in labels else ():
        for label in labels[kind]:
            if not label["counterparts"]:
                yield which, label, ALONE
            for other in label["counterparts"]:
                verdict = LINKED if label.get("sure", True) and other.get("sure", True) else ARGUABLE
                yield which, label, verdict
                yield 1 - which, other, verdict


def without_counterpart(pair: LabelledPair, alignment: Alignment, overlooked: Overlooked) -> Iterator[Found]:
    scores, chances = alignment.scores, match_model.chance_overlooked(alignment, overlooked)
    accepted = pairings.accept(alignment, Applicable())
    linked = {one.row for one in accepted}, {one.column for one in accepted}
    for which, said in enumerate(verdicts(pair)):
        side, groups = ((scores.old, scores.pairs.rows), (scores.new, scores.pairs.columns))[which]
        best = argmax_of_groups(chances, groups, len(side.commitments))
        for row, verdict in said.items():
            if row not in linked[which]:
                chance = float(chances[best[row]]) if best[row] >= 0 else 0.0
                named = names.is_named(side.commitments[row].text)
                yield Found(pair.name, pair.real, which == 0, named, 1 - chance, verdict)


def line(name: str, found: Sequence[Found]) -> str:
    cells = []
    for least in LEAST:
        some = [one.verdict for one in found if one.confidence >= least]
        strict, lenient = some.count(ALONE) / max(len(some), 1), 1 - some.count(LINKED) / max(len(some), 1)
        cells.append(f"{strict:.2f}, {lenient:.2f} ({len(some)})" if some else "–")
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    pairs, metrics = learn.load(json_cache.cache_directory() / "learn.pickle")
    pairs = [pair for pair in pairs if not pair.plain]
    rows = {pair.name: learn.Rows(pair, learn.projected(pair, metrics[pair.group])) for pair in pairs}
    left_out = []
    for pair in pairs:
        model = learn.learn_weights([part for part in rows.values() if part.pair.group != pair.group])
        alignment = match_model.predict(rows[pair.name].scores, pair.encoder, model)
        left_out.append((pair, alignment, learn.Alone(pair, alignment)))
    found: list[Found] = []
    for pair, alignment, _ in left_out:
        others = [alone for other, _, alone in left_out if other.group != pair.group]
        found += without_counterpart(pair, alignment, learn.learn_overlooked(others))
    print(f"| least confidence | {' | '.join(f'{least:.2f}' for least in LEAST)} |\n|---|{'---|' * len(LEAST)}")
    for kind, chosen in (
        ("2021-2022 → 2024", [one for one in found if one.pair == "2021-2024"]),
        ("plans of different kinds", [one for one in found if one.real and one.pair != "2021-2024"]),
        ("made-up successors", [one for one in found if not one.real]),
    ):
        for side, old in (("old", True), ("new", False)):
            for name, named in (("named", True), ("others", False)):
                some = [one for one in chosen if one.old is old and one.named is named]
                print(line(f"{kind}, {side}, {name}", some))


if __name__ == "__main__":
    main()
