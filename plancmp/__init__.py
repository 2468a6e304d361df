"""plancmp: what became of every commitment of a government plan in the next plan.

    old, new = plancmp.load("2021"), plancmp.load("2024")
    result = plancmp.diff(old, new)

Importing this loads no model library; a model is loaded only when a text has no stored vector.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .errors import DocumentError, MissingExtra, PlancmpError, UsageError
from .version import __version__

if TYPE_CHECKING:
    from .analysis.history import History
    from .model import Plan
    from .outcomes.result import PlanDiff

__all__ = ["DocumentError", "MissingExtra", "PlancmpError", "UsageError", "__version__", "align", "diff", "history", "load"]


def load(name: str | os.PathLike[str]) -> Plan:
    """The plan with this id (`2024`), covering this year (`2021`), or in this file.

    Raises UsageError for a name that means nothing or too much, DocumentError for an unreadable document.
    """
    from .plans import catalogue

    return catalogue.load(name)


def diff(old: Plan, new: Plan, model: str | None = None) -> PlanDiff:
    """What became of every commitment of `old` in `new`; `.to_dict()` is the JSON of `plancmp.diff/1`."""
    from . import pipeline

    return pipeline.diff(old, new, model=model)


def history(query: str) -> History:
    """Where a topic, name or task stands in every plan at hand, oldest first. Raises UsageError for an empty query."""
    from .analysis import history

    return history.history(query)


def align(old: list[str], new: list[str], model: str | None = None) -> list[tuple[int, int, float]]:
    """Align two plain lists of texts: (index in old, index in new, confidence 0 to 1), most confident first."""
    from . import pipeline
    from .embeddings import encoders

    return pipeline.align_texts(old, new, encoders.choose_encoder(model, [*old, *new]))
