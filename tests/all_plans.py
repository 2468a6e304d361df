"""All stored plans, read one by one: the reference for tests of the index."""

from __future__ import annotations

from plancmp.model import Plan
from plancmp.plans import catalogue


def load_all() -> list[Plan]:
    """All plans, bundled and user's own, oldest first."""
    plans = (catalogue.stored(plan_id) for plan_id in catalogue.directories())
    return sorted(plans, key=lambda plan: (plan.issued, plan.id))
