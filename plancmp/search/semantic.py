"""Tasks near a query in meaning, by sentence vectors without the direction that all of them share."""

from __future__ import annotations

import numpy as np

from ..embeddings import encoders, vectors
from ..linkage import preparation
from ..model import Plan
from ..plans import catalogue
from .index import Index, PlanEntry, Working

# Found by trying topics that no plan words that way and topics of no plan ("train timetable" reaches 0.48, "football"
# 0.35): least cosine, without the plans' common direction, of the query and a task or one of its commitments; how many
# standard deviations the best of all tasks must rise above their mean; how far below the best a match may lie.
# Beside exact matches no task is added by meaning: on the queries of tests/gold not one in ten of those is relevant.
_LEAST_COSINE = 0.45
_LEAST_RISE = 3.2
_BELOW_BEST = 0.1


def near(
    query: str,
    index: Index,
    model: str | None,
    progress: vectors.Progress | None,
    working: Working | None = None,
    guest: Plan | None = None,
) -> list[tuple[PlanEntry | None, int, float]]:
    """The tasks near a query: plan, place in it, and likeness 0 to 1, in order of the plans.

    guest: a plan that is searched too, in the place of the one with its id; it stands last, as None. Vectors are read
    plan by plan, so that those of one plan at a time are in memory.
    """
    # The default model knows English only; plans in other languages are asked through the lexicon.
    listed = [plan for plan in index.plans if model or plan.language == "en"]
    if guest:
        listed = [plan for plan in listed if plan.id != guest.id]
    own = guest if guest and (model or guest.language == "en") else None
    plans: list[PlanEntry | None] = [*listed, None] if own else [*listed]
    if not plans:
        return []
    encoder = encoders.choose_encoder(model, [query])
    asked = vectors.embed([query], encoder=encoder, progress=progress)[0]
    known = index.sums(encoder.name)
    missing = [plan for plan in listed if plan.number not in known]
    for done, plan in enumerate(missing):
        if working:
            working("collecting vectors", done, len(missing))
        index.keep_vectors(plan.number, encoder.name, *_collected(catalogue.stored(plan.id), encoder, progress))
    if working and missing:
        working("collecting vectors", len(missing), len(missing))
    kept = index.sums(encoder.name)
    sums = [kept[plan.number] for plan in listed]
    mine = _collected(own, encoder, progress) if own else None
    if mine:
        sums.append(mine[:2])
    mean = np.sum([np.frombuffer(total) for _, total in sums], axis=0) / sum(count for count, _ in sums)
    mean = mean.astype(np.float32)
    best = [_best(*index.vectors(plan.number, encoder.name), asked, mean) for plan in listed]
    if mine:
        best.append(_best(*mine[2:], asked, mean))
    values = np.concatenate(best)
    if not len(values) or values.max() < values.mean() + _LEAST_RISE * values.std():
        return []
    least = max(_LEAST_COSINE, float(values.max()) - _BELOW_BEST)
    return [
        (plan, int(place), float(scores[place]))
        for plan, scores in zip(plans, best, strict=True)
        for place in np.flatnonzero(scores >= least)
    ]


def _collected(
    plan: Plan, encoder: encoders.Encoder, progress: vectors.Progress | None
) -> tuple[int, bytes, bytes, bytes]:
    """How many texts the plan has, the sum of their vectors (float64), for each commitment its task's place (int32), and
    the vectors of the tasks, then of the commitments (float16).
    """
    side = preparation.records_of(plan)
    rows = preparation.vectors_of(plan, side, encoder, progress)
    compared = rows[: len(side.tasks) + len(side.commitments)].astype(np.float16)
    total, owner = rows.sum(axis=0, dtype=np.float64), side.owner.astype(np.int32)
    return len(rows), total.tobytes(), owner.tobytes(), compared.tobytes()


def _best(owners: bytes, vectors: bytes, asked: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """For each task of a plan the greatest cosine of it or one of its commitments with what is asked, without the mean."""
    direction = asked - mean
    owner = np.frombuffer(owners, dtype=np.int32)
    rows = np.frombuffer(vectors, dtype=np.float16).reshape(-1, len(mean)).astype(np.float32)
    rows -= mean
    cosines = rows @ direction / (np.linalg.norm(rows, axis=1) * np.linalg.norm(direction)).clip(1e-9)
    count = len(rows) - len(owner)
    best = cosines[:count].copy()
    np.maximum.at(best, owner, cosines[count:])
    return best
