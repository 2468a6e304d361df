"""All plans at hand, read one by one: what an index of them is held against."""

from __future__ import annotations

from plancmp.model import Plan
from plancmp.plans import catalogue


def everything() -> list[Plan]:
    """All plans at hand, oldest first."""
    found = (catalogue.stored(plan_id) for plan_id in catalogue.directories())
    return sorted(found, key=lambda plan: (plan.issued, plan.id))
