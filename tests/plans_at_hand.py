"""All plans at hand, read one by one: what an index of them is held against."""

from __future__ import annotations

from plancmp import corpus
from plancmp.model import Plan


def everything() -> list[Plan]:
    """All plans at hand, oldest first."""
    found = (corpus.stored(plan_id) for plan_id in corpus.directories())
    return sorted(found, key=lambda plan: (plan.issued, plan.id))
