"""Tasks near a query in meaning, by sentence vectors without the direction that all of them share."""

from __future__ import annotations

import numpy as np

from . import linking, vectors
from .index import Index, Listed, Working

# Found by trying topics that no plan words that way and topics of no plan ("train timetable" reaches 0.48, "football"
# 0.35): least cosine, without the plans' common direction, of the query and a task or one of its commitments; how many
# standard deviations the best of all tasks must rise above their mean; how far below the best a match may lie.
# Beside exact matches no task is added by meaning: on the queries of tests/gold not one in ten of those is relevant.
_LEAST_COSINE = 0.45
_LEAST_RISE = 3.5
_BELOW_BEST = 0.1


def near(
    query: str, index: Index, model: str | None, progress: vectors.Progress | None, working: Working | None = None
) -> list[tuple[Listed, int, float]]:
    """The tasks near a query: plan, place in it, and likeness 0 to 1, in order of the plans.

    Plan by plan, so that no more than one plan's vectors are in memory at a time.
    """
    # The default model knows English only; plans in other languages are asked through the lexicon.
    plans = [plan for plan in index.plans if model or plan.language == "en"]
    if not plans:
        return []
    encoder = vectors.encoder(model, [query])
    asked = vectors.embed([query], group="queries", encoder=encoder, progress=progress)[0]
    sums = index.sums(encoder.name)
    missing = [plan for plan in plans if plan.number not in sums]
    for done, plan in enumerate(missing):
        if working:
            working("collecting vectors", done, len(missing))
        _collect(plan, index, encoder, progress)
    if missing:
        sums = index.sums(encoder.name)
    counts = [sums[plan.number][0] for plan in plans]
    total = np.sum([np.frombuffer(sums[plan.number][1]) for plan in plans], axis=0)
    mean = (total / sum(counts)).astype(np.float32)
    best = [_best(plan, index, encoder.name, asked - mean, mean) for plan in plans]
    values = np.concatenate(best)
    if not len(values) or values.max() < values.mean() + _LEAST_RISE * values.std():
        return []
    least = max(_LEAST_COSINE, float(values.max()) - _BELOW_BEST)
    return [
        (plan, int(place), float(scores[place]))
        for plan, scores in zip(plans, best, strict=True)
        for place in np.flatnonzero(scores >= least)
    ]


def _collect(plan: Listed, index: Index, encoder: vectors.Encoder, progress: vectors.Progress | None) -> None:
    """Keep the vectors of a plan's tasks and commitments, and what they add to the common direction."""
    whole = index.whole(plan)
    side = linking.side_of(whole)
    rows = linking.side_vectors(whole, side, encoder, progress)
    compared = rows[: len(side.tasks) + len(side.commitments)].astype(np.float16)
    index.keep_vectors(
        plan.number,
        encoder.name,
        len(rows),
        rows.sum(axis=0, dtype=np.float64).tobytes(),
        side.owner.astype(np.int32).tobytes(),
        compared.tobytes(),
    )


def _best(plan: Listed, index: Index, model: str, direction: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """For each task of a plan the greatest cosine of it or one of its commitments with a direction, without the mean."""
    kept = index.vectors(plan.number, model)
    if kept is None:
        return np.zeros(0, dtype=np.float32)
    owner = np.frombuffer(kept[0], dtype=np.int32)
    rows = np.frombuffer(kept[1], dtype=np.float16).reshape(-1, len(mean)).astype(np.float32)
    rows -= mean
    cosines = rows @ direction / (np.linalg.norm(rows, axis=1) * np.linalg.norm(direction)).clip(1e-9)
    count = len(rows) - len(owner)
    best = cosines[:count].copy()
    np.maximum.at(best, owner, cosines[count:])
    return best
