"""plancmp: what became of every commitment of a government plan in the next plan.

    old, new = plancmp.load("2021"), plancmp.load("2024")
    result = plancmp.diff(old, new)

Importing this loads no model library; a model is loaded only when a text has no stored vector.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .errors import DocumentError, MissingExtra, PlancmpError, UsageError

if TYPE_CHECKING:
    from .model import Comparison, Plan
    from .timeline import History

__version__ = "0.1.0"
__all__ = ["DocumentError", "MissingExtra", "PlancmpError", "UsageError", "align", "diff", "history", "load"]


def load(name: str | os.PathLike[str]) -> Plan:
    """The plan with this id (`2024`), covering this year (`2021`), or in this file.

    Raises UsageError for a name that means nothing or too much, DocumentError for an unreadable document.
    """
    from . import corpus

    return corpus.load(name)


def diff(old: Plan, new: Plan, model: str | None = None) -> Comparison:
    """What became of every commitment of `old` in `new`; `.to_dict()` is the JSON of `plancmp.diff/1`."""
    from . import compare

    return compare.diff(old, new, model=model)


def history(query: str) -> History:
    """Where a topic, name or task stands in every plan at hand, oldest first. Raises UsageError for an empty query."""
    from . import timeline

    return timeline.history(query)


def align(old: list[str], new: list[str], model: str | None = None) -> list[tuple[int, int, float]]:
    """Align two plain lists of texts: (index in old, index in new, confidence 0 to 1), most confident first."""
    from . import linking, vectors

    return linking.texts(list(old), list(new), encoder=vectors.encoder(model, [*old, *new]))
