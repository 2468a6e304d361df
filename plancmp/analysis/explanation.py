"""Why two tasks are, or are not, linked: every comparison, its weight, and what it added to the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import pipeline
from ..linkage import comparisons, match_model, teaching
from ..linkage.match_model import Alignment
from ..model import Counterpart, Decision, Fate, Link, Outcome, Plan, Task
from ..outcomes import decision_files
from ..outcomes.decisions import Applicable, applicable
from ..settings import SETTINGS

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison's part in a decision. score: 0 to 1; added: weight times score, in log odds; usual: what it adds
    on average among the sure links of these two plans."""

    name: str
    meaning: str
    score: float
    weight: float
    added: float
    usual: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A pair of tasks taken apart.

    base: log odds of a link before anything is compared. confidence: the model's, 0 to 1, from the sum of base and parts.
    old_words and new_words: the commitments that the confidence rests on. link: None where the two are not linked.
    fates: of the two commitments that it rests on. asked: whether each of them was asked for by name.
    missing: parts that fall clearly short of what links usually have, the greatest lack first.
    outcomes: what became of each of the two tasks. decision: the reviewer's on the two, which goes before all that.
    """

    old_plan: Plan
    new_plan: Plan
    old: Task
    new: Task
    old_words: str
    new_words: str
    base: float
    parts: tuple[Part, ...]
    confidence: float
    link: Link | None
    missing: tuple[Part, ...]
    outcomes: tuple[Outcome, Outcome]
    fates: tuple[Fate, Fate]
    asked: tuple[bool, bool] = (False, False)
    decision: Decision | None = None

    @property
    def pairing(self) -> Counterpart | None:
        """The new commitment as a counterpart of the old one; None where the two are not paired."""
        return next((c for c in self.fates[0].counterparts if c.ref == self.fates[1].ref), None)

    def to_dict(self) -> dict[str, Any]:
        """`plancmp.explanation/1`."""
        from .. import serialization

        def part(p: Part) -> dict[str, Any]:
            return {
                "name": p.name,
                "meaning": p.meaning,
                "score": p.score,
                "weight": p.weight,
                "added": p.added,
                "usual": p.usual,
            }

        return {
            "schema": "plancmp.explanation/1",
            "old": self.old.ref,
            "new": self.new.ref,
            "linked": self.link is not None,
            "paired": self.pairing is not None,
            "confidence": self.confidence if self.decision is None else float(self.decision.status is not None),
            "decided_by": "model" if self.decision is None else "reviewer",
            "threshold": SETTINGS.threshold,
            "rests_on": {"old": self.old_words, "new": self.new_words},
            "commitments": [serialization.fate_dict(fate) for fate in self.fates],
            "base": self.base,
            "parts": [part(p) for p in self.parts],
            "missing": [p.name for p in self.missing],
            "link": serialization.link_dict(self.link) if self.link else None,
            "tasks": [serialization.outcome_dict(outcome) for outcome in self.outcomes],
        }


def explain(
    old_plan: Plan,
    old: Task,
    new_plan: Plan,
    new: Task,
    progress: Progress | None = None,
    commitments: tuple[int | None, int | None] = (None, None),
    decisions: decision_files.Given | None = None,
) -> Explanation:
    """Take the decision on one pair of tasks, or of their commitments, apart.

    commitments: indexes of the commitments asked about inside their tasks; None for the best one. decisions: a reviewer's.
    """
    i, j = old_plan.tasks.index(old), new_plan.tasks.index(new)
    decided = (decisions or decision_files.Given()).on(old_plan, new_plan)
    known = applicable(decided, old_plan, new_plan)
    before = pipeline.score_pair(old_plan, new_plan, progress=progress, always={(i, j), *known.task_pairs})
    result = pipeline.judge(old_plan, new_plan, before, decided)
    alignment = teaching.teach(before, known.answers)[0] if decided.teaching else before
    pairs = alignment.scores.pairs
    best = _position(alignment, (i, j), commitments)
    confidence = (
        alignment.confidence_of(i, j) if commitments == (None, None) else float(alignment.commitment_confidence[best])
    )
    model = match_model.parameters()
    usually = alignment.best[alignment.confidence >= SETTINGS.sure]
    parts = []
    for name, meaning in comparisons.COMPARISONS.items():
        weight = model.weights.get(name, 0.0)
        values = alignment.scores.features[name]
        usual = float(values[usually].mean()) * weight if len(usually) else 0.0
        score = float(values[best])
        parts.append(Part(name, meaning, round(score, 3), weight, round(weight * score, 3), round(usual, 3)))
    for name, meaning in match_model.RIVALS.items():
        weight, values = model.rivals[name], alignment.leads[name]
        usual = float(values[usually].mean()) * weight if len(usually) else 0.0
        score = float(values[best])
        parts.append(Part(name, meaning, round(score, 3), weight, round(weight * score, 3), round(usual, 3)))
    if commitments == (None, None):
        place = alignment.tasks.position(i, j)
        others = float(alignment.others[place])
        usual = float(alignment.others[alignment.confidence >= SETTINGS.sure].mean()) if len(usually) else 0.0
        parts.append(Part("others", match_model.OTHERS, round(others, 3), 1.0, round(others, 3), round(usual, 3)))
        for name, values in alignment.crowd.items():
            weight, meaning = match_model.CROWD[name]
            score = float(values[place])
            usual = float(values[alignment.confidence >= SETTINGS.sure].mean()) * weight if len(usually) else 0.0
            parts.append(Part(name, meaning, round(score, 3), weight, round(weight * score, 3), round(usual, 3)))
    if alignment is not before:
        place = alignment.tasks.position(i, j)
        odds = [float(match_model.log_odds(one.confidence)[place]) for one in (before, alignment)]
        taught = round(odds[1] - odds[0], 3)
        parts.append(Part("taught", teaching.MEANING, taught, 1.0, taught, 0.0))
    link = next((link for link in result.links if (link.old, link.new) == (old.ref, new.ref)), None)
    lacking = sorted((p for p in parts if p.usual - p.added > 0.4), key=lambda p: p.added - p.usual)
    by_ref = {outcome.ref: outcome for outcome in result.tasks[: len(old_plan.tasks)]}
    by_new_ref = {outcome.ref: outcome for outcome in result.tasks[len(old_plan.tasks) :]}
    return Explanation(
        old_plan,
        new_plan,
        old,
        new,
        alignment.scores.old.commitments[pairs.rows[best]].text,
        alignment.scores.new.commitments[pairs.columns[best]].text,
        round(model.intercept, 3),
        tuple(parts),
        round(confidence, 3),
        link,
        () if link else tuple(lacking[:5]),
        (by_ref[old.ref], by_new_ref[new.ref]),
        (result.old_commitments[pairs.rows[best]], result.new_commitments[pairs.columns[best]]),
        (commitments[0] is not None, commitments[1] is not None),
        _decision(known, (i, j), (pairs.rows[best], pairs.columns[best]), alignment),
    )


def _decision(
    known: Applicable, tasks: tuple[int, int], commitments: tuple[int, int], alignment: Alignment
) -> Decision | None:
    """The reviewer's decision on two commitments, or else on their tasks."""
    inside = (
        int(commitments[0]) - alignment.scores.old.of_task(tasks[0]).start,
        int(commitments[1]) - alignment.scores.new.of_task(tasks[1]).start,
    )
    return known.commitments.get(tasks, {}).get(inside) or known.tasks.get(tasks)


def _position(alignment: Alignment, tasks: tuple[int, int], asked: tuple[int | None, int | None]) -> int:
    """Where in the candidate pairs the pair asked for stands: the best one of the commitments that are left open."""
    scores = alignment.scores
    rows, columns = (
        range(held[index], held[index] + 1) if index is not None else held
        for held, index in zip((scores.old.of_task(tasks[0]), scores.new.of_task(tasks[1])), asked, strict=True)
    )
    if asked == (None, None):
        return alignment.best_pair(*tasks)
    confidence = scores.pairs.block(alignment.commitment_confidence, rows, columns)
    row, column = divmod(int(confidence.argmax()), len(columns))
    position = scores.pairs.position(rows[row], columns[column])
    assert position is not None, "the pairs of two tasks asked for are always compared"
    return position
