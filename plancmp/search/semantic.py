"""Tasks near a query in meaning: cosines of sentence vectors, less the mean vector of all plans."""

from __future__ import annotations

import numpy as np

from ..embeddings import encoders, vectors
from ..linkage import preparation
from ..model import Plan, Task
from ..plans import catalogue
from .allowance import Allowance
from .index import Index, PlanEntry, StageProgress

# Set by trying topics that no plan words that way and topics of no plan ("train timetable" reaches 0.48, "football"
# 0.35): least cosine, less the mean, of the query and a task or one of its commitments; how many standard deviations
# the best of all tasks must rise above their mean; how far below the best a match may lie.
# Beside exact matches no task is added by meaning: on the queries of tests/gold not one in ten of those is relevant.
_LEAST_COSINE = 0.45
_LEAST_RISE = 3.2
_BELOW_BEST = 0.1


def near(
    query: str,
    index: Index,
    model: str | None,
    progress: vectors.Progress | None,
    working: StageProgress | None = None,
    guest: Plan | None = None,
    allowance: Allowance | None = None,
    always: str = "",
) -> tuple[list[tuple[Plan, Task, float]], list[PlanEntry]]:
    """The tasks near a query with their plans and cosines, 0 to 1, in order of the plans, and the plans that were not
    searched because their vectors are not collected and the allowance does not cover that.

    guest: a plan that is searched too, instead of the one with its id; it stands last. allowance: by default all are
    collected; those of the plan `always` are in any case. Vectors are read plan by plan, so that those of one plan at a time are in memory.
    """
    allowance = allowance or Allowance(unlimited=True)
    # The default model knows English only; plans in other languages are searched through the lexicon.
    listed = [plan for plan in index.plans if model or plan.language == "en"]
    if guest:
        listed = [plan for plan in listed if plan.id != guest.id]
    searched_guest = guest if guest and (model or guest.language == "en") else None
    if not listed and not searched_guest:
        return [], []
    encoder = encoders.choose_encoder(model, [query])
    query_vector = vectors.embed([query], encoder=encoder, progress=progress)[0]
    known = index.sums(encoder.name)
    missing = [plan for plan in listed if plan.number not in known]
    left = _collect(missing, index, encoder, progress, working, allowance, always)
    listed = [plan for plan in listed if plan not in left]
    plans: list[PlanEntry | None] = [*listed, None] if searched_guest else [*listed]
    if not plans:
        return [], left
    stored = index.sums(encoder.name)
    sums = [stored[plan.number] for plan in listed]
    guest_vectors = _vectors_of(searched_guest, encoder, progress) if searched_guest else None
    if guest_vectors:
        sums.append(guest_vectors[:2])
    mean = np.sum([np.frombuffer(total) for _, total in sums], axis=0) / sum(count for count, _ in sums)
    mean = mean.astype(np.float32)
    best = [_best(*index.vectors(plan.number, encoder.name), query_vector, mean) for plan in listed]
    if guest_vectors:
        best.append(_best(*guest_vectors[2:], query_vector, mean))
    values = np.concatenate(best)
    if not len(values) or values.max() < values.mean() + _LEAST_RISE * values.std():
        return [], left
    least = max(_LEAST_COSINE, float(values.max()) - _BELOW_BEST)
    found: list[tuple[Plan, Task, float]] = []
    for entry, scores in zip(plans, best, strict=True):
        for position in map(int, np.flatnonzero(scores >= least)):
            if entry:
                found.append((index.head(entry), index.task(entry, position), float(scores[position])))
            elif guest:
                found.append((guest, guest.tasks[position], float(scores[position])))
    return found, left


def _collect(
    missing: list[PlanEntry],
    index: Index,
    encoder: encoders.Encoder,
    progress: vectors.Progress | None,
    working: StageProgress | None,
    allowance: Allowance,
    always: str,
) -> list[PlanEntry]:
    """Store the vectors of these plans in the index, the smallest first; the plans that the allowance does not cover."""
    allowed = [
        plan
        for plan in sorted(missing, key=lambda plan: plan.count)
        if plan.id == always or allowance.takes(plan.count)
    ]
    left = [plan for plan in missing if plan not in allowed]
    for done, plan in enumerate(allowed):
        if working:
            working("collecting vectors", done, len(allowed))

        def collected(progress: vectors.Progress | None, plan: PlanEntry = plan) -> tuple[int, bytes, bytes, bytes]:
            return _vectors_of(catalogue.stored(plan.id), encoder, progress)

        texts = Allowance(unlimited=True) if plan.id == always else allowance
        if (made := texts.embedding(collected, progress)) is None:
            left.append(plan)
        else:
            index.store_vectors(plan.number, encoder.name, *made)
    if working and allowed:
        working("collecting vectors", len(allowed), len(allowed))
    return left


def _vectors_of(
    plan: Plan, encoder: encoders.Encoder, progress: vectors.Progress | None
) -> tuple[int, bytes, bytes, bytes]:
    """How many texts the plan has, the sum of their vectors (float64), for each commitment its task's position (int32), and
    the vectors of the tasks, then of the commitments (float16).
    """
    records = preparation.records_of(plan)
    rows = preparation.vectors_of(plan, records, encoder, progress)
    compared = rows[: len(records.tasks) + len(records.commitments)].astype(np.float16)
    total, owner = rows.sum(axis=0, dtype=np.float64), records.owner.astype(np.int32)
    return len(rows), total.tobytes(), owner.tobytes(), compared.tobytes()


def _best(owners: bytes, vectors: bytes, query_vector: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """For each task of a plan the greatest cosine with the query of it or one of its commitments, less the mean."""
    direction = query_vector - mean
    owner = np.frombuffer(owners, dtype=np.int32)
    rows = np.frombuffer(vectors, dtype=np.float16).reshape(-1, len(mean)).astype(np.float32)
    rows -= mean
    cosines = rows @ direction / (np.linalg.norm(rows, axis=1) * np.linalg.norm(direction)).clip(1e-9)
    count = len(rows) - len(owner)
    best: np.ndarray = cosines[:count].copy()
    np.maximum.at(best, owner, cosines[count:])
    return best
