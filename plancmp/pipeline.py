"""The method, from top to bottom: two plans to what became of every commitment.

prepare            each plan's tasks become records of commitments with their words and vectors
block              which pairs of commitments are worth comparing
compare            named comparisons of each candidate pair, 0 to 1
score              the match model: comparisons to a confidence, confidences to links
teach              a reviewer's answers correct the confidences of the other pairs
apply decisions    a reviewer's verdicts go before the model
judge              signals of strength, statuses, what has no counterpart
assemble           the result that every view draws
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from . import json_cache
from .model import CommitmentLink, Counterpart, Decisions, Fate, Link, Outcome, Plan, Signal, Status
from .outcomes import decision_files
from .outcomes.result import PlanDiff
from .plans import catalogue, editions
from .settings import DEFAULT_MODEL, SETTINGS

if TYPE_CHECKING:
    import numpy as np

    from .embeddings.encoders import Encoder
    from .embeddings.vectors import Progress
    from .linkage.comparisons import Scores
    from .linkage.match_model import Alignment
    from .linkage.records import Records

log = logging.getLogger(__name__)


def diff(
    old: Plan,
    new: Plan,
    model: str | None = None,
    progress: Progress | None = None,
    decisions: decision_files.Given | None = None,
) -> PlanDiff:
    """What became of every commitment of `old` in `new`, from the cache where neither plan has changed.

    model: a sentence-transformers name or path, or None. decisions: a reviewer's; one's own by default.
    """
    decided = (decisions or decision_files.Given()).on(old, new)
    if decided.entries:
        return compute(old, new, decided, model, progress)
    # What two plans say decides everything, so an answer holds as long as neither changes.
    digest = hashlib.sha256(repr((old, new, model, SETTINGS)).encode()).hexdigest()
    return json_cache.cached(
        "comparisons",
        digest,
        lambda: compute(old, new, decided, model, progress),
        _to_data,
        lambda data: _from_data(old, new, data),
    )


def compute(
    old: Plan, new: Plan, decided: Decisions, model: str | None = None, progress: Progress | None = None
) -> PlanDiff:
    """Links and statuses of two plans, worked out anew; pairs that a reviewer decided on are compared in any case."""
    from .outcomes import decisions

    always = decisions.applicable(decided, old, new).task_pairs
    return judge(old, new, score_pair(old, new, model, progress, always), decided)


def score_pair(
    old: Plan,
    new: Plan,
    model: str | None = None,
    progress: Progress | None = None,
    always: Iterable[tuple[int, int]] = (),
) -> Alignment:
    """The confidences of two plans' pairs of tasks and of commitments, before decisions and statuses.

    always: pairs of tasks, as indexes, that are compared in any case.
    """
    from .embeddings import encoders
    from .linkage import match_model, preparation

    def scored(one: Plan, other: Plan, pairs: Iterable[tuple[int, int]]) -> Alignment:
        encoder = encoders.choose_encoder(model, (one.language, other.language))
        return match_model.predict(compare_plans(one, other, encoder, progress, pairs), encoder.name)

    if old.other_edition is None and new.other_edition is None:
        return scored(old, new, always)
    asked, blocks = set(always), []
    for one, rows in editions.parts(old):
        for other, columns in editions.parts(new):
            within = {(rows.index(i), columns.index(j)) for i, j in asked if i in rows and j in columns}
            blocks.append(match_model.Block(scored(one, other, within), rows, columns))
    return match_model.assembled(blocks, preparation.records_of(old), preparation.records_of(new))


def compare_plans(
    old: Plan,
    new: Plan,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    always: Iterable[tuple[int, int]] = (),
) -> Scores:
    """All comparisons of two plans' candidate pairs. always: as for `score_pair`."""
    from .linkage import metric, preparation

    started = time.monotonic()
    name = encoder.name if encoder else DEFAULT_MODEL
    old_records, new_records = preparation.records_of(old), preparation.records_of(new)
    old_vectors = metric.project(preparation.vectors_of(old, old_records, encoder, progress), name)
    new_vectors = metric.project(preparation.vectors_of(new, new_records, encoder, progress), name)
    log.debug(
        "prepared %s (%d commitments) and %s (%d) with the vectors of %s in %.2f s",
        old.id, len(old_records.commitments), new.id, len(new_records.commitments),
        name, time.monotonic() - started,
    )  # fmt: skip
    return compare_records(old_records, new_records, old_vectors, new_vectors, always)


def compare_records(
    old: Records,
    new: Records,
    old_vectors: np.ndarray,
    new_vectors: np.ndarray,
    always: Iterable[tuple[int, int]] = (),
) -> Scores:
    """All comparisons of the candidate pairs of two plans' records. The vectors' rows follow `Records.texts`."""
    from .linkage import blocking, comparisons, preparation

    with preparation.matrix_threads(old, new):
        started = time.monotonic()
        pair = preparation.prepare(old, new, old_vectors, new_vectors)
        candidates = blocking.candidate_pairs(pair, always)
        log.debug(
            "%d of %d pairs of commitments are candidates, found in %.2f s",
            len(candidates), candidates.shape[0] * candidates.shape[1], time.monotonic() - started,
        )  # fmt: skip
        started = time.monotonic()
        scores = comparisons.compare(pair, candidates)
        log.debug("compared in %.2f s", time.monotonic() - started)
    return scores


def judge(old: Plan, new: Plan, alignment: Alignment, decided: Decisions | None = None) -> PlanDiff:
    """Links, statuses and what has no counterpart, from an alignment's confidences; decisions go before these, and teach
    the confidences of all other pairs.
    """
    from .linkage import teaching
    from .outcomes import caveats, decisions, fates

    started = time.monotonic()
    applicable = decisions.applicable(decided, old, new) if decided else decisions.Applicable()
    taught_by = 0
    if decided and decided.teaching:
        alignment, taught_by = teaching.teach(alignment, applicable.answers)
    alignment = decisions.apply(alignment, applicable)
    commitments, links, tasks = fates.judge(old, new, alignment, applicable)
    notes = (*caveats.between(old, new), *caveats.taught(taught_by), *applicable.misfits)
    log.debug(
        "%d links judged in %.2f s; %d decisions applied", len(links), time.monotonic() - started, len(applicable)
    )
    return PlanDiff(
        old, new, tuple(links), tuple(tasks), tuple(commitments), notes, alignment.encoder, asdict(SETTINGS), taught_by
    )


def align_texts(
    old: Sequence[str],
    new: Sequence[str],
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> list[tuple[int, int, float]]:
    """Align two plain lists of texts: (index in old, index in new, confidence 0 to 1), most confident first.

    Texts need not come from a plan; bodies and headings then say nothing.
    """
    from .embeddings import vectors
    from .linkage import match_model, metric, preparation

    if not old or not new:
        return []
    old_records, new_records = preparation.records_of_texts(old), preparation.records_of_texts(new)
    name = encoder.name if encoder else DEFAULT_MODEL
    old_vectors, new_vectors = (
        metric.project(vectors.embed(of_side.texts, encoder=encoder, progress=progress), name)
        for of_side in (old_records, new_records)
    )
    alignment = match_model.predict(compare_records(old_records, new_records, old_vectors, new_vectors), name)
    return sorted(
        ((i, j, alignment.confidence_of(i, j)) for i, j in alignment.links),
        key=lambda link: (-link[2], link[0], link[1]),
    )


def with_neighbours(
    plan: Plan, progress: Progress | None = None, decisions: decision_files.Given | None = None
) -> list[PlanDiff]:
    """The results of comparing a plan with the plans before and after it in its series, oldest first.

    Raises UsageError for decisions on other plans.
    """
    before, after = catalogue.neighbours(plan)
    pairs = [*([(before, plan)] if before else []), *([(plan, after)] if after else [])]
    if decisions:
        decisions.require(*((old.id, new.id) for old, new in pairs))
    return [diff(old, new, progress=progress, decisions=decisions) for old, new in pairs]


def _to_data(result: PlanDiff) -> dict[str, Any]:
    """What a result says beside its plans, as JSON values."""
    return {
        "links": [
            _fields(link)
            | {"signals": list(map(_fields, link.signals)), "commitments": list(map(_fields, link.commitments))}
            for link in result.links
        ],
        "tasks": list(map(_fields, result.tasks)),
        "commitments": [
            _fields(fate)
            | {
                "counterparts": [
                    _fields(counterpart) | {"signals": list(map(_fields, counterpart.signals))}
                    for counterpart in fate.counterparts
                ]
            }
            for fate in result.commitments
        ],
        "notes": result.notes,
        "encoder": result.encoder,
    }


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as they are: `dataclasses.asdict` copies everything in them."""
    return {name: getattr(value, name) for name in value.__slots__}


def _from_data(old: Plan, new: Plan, data: dict[str, Any]) -> PlanDiff:
    """A result from the JSON values that `_to_data` gave. Raises KeyError, TypeError or ValueError for anything else."""

    def pair(values: list[Any] | None) -> tuple[Any, Any] | None:
        return (values[0], values[1]) if values else None

    def signals(values: list[dict[str, Any]]) -> tuple[Signal, ...]:
        return tuple(Signal(**value) for value in values)

    links = tuple(
        Link(
            **link
            | {
                "status": Status(link["status"]),
                "signals": signals(link["signals"]),
                "commitments": tuple(
                    CommitmentLink(pair(c["old_span"]), pair(c["new_span"]), Status(c["status"]))
                    for c in link["commitments"]
                ),
                **{name: tuple(link[name]) for name in ("split", "merge", "newly_named", "no_longer_named")},
            }
        )
        for link in data["links"]
    )
    tasks = tuple(
        Outcome(
            **task | {"status": Status(task["status"]), "links": tuple(task["links"]), "nearest": pair(task["nearest"])}
        )
        for task in data["tasks"]
    )
    commitments = tuple(
        Fate(
            **fate
            | {
                "span": (fate["span"][0], fate["span"][1]),
                "status": Status(fate["status"]),
                "counterparts": tuple(
                    Counterpart(**c | {"status": Status(c["status"]), "signals": signals(c["signals"])})
                    for c in fate["counterparts"]
                ),
                "nearest": pair(fate["nearest"]),
            }
        )
        for fate in data["commitments"]
    )
    notes = tuple(data["notes"])
    return PlanDiff(old, new, links, tasks, commitments, notes, data["encoder"], asdict(SETTINGS))
