"""How much a question may work out before it answers, so that many or large plans keep nobody waiting in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress

T = TypeVar("T")

# A few seconds of work: tasks of plans that are compared or whose vectors are collected, and texts that a model embeds.
_TASKS = 2_500
_TEXTS = 1_500


class _TooManyTexts(Exception):
    """More texts would be embedded than are allowed."""


class Allowance:
    """What is left of the work that one question may cause. What it does not allow is left out of the answer, which says so.

    unlimited: everything is worked out, however long it takes. times: how many times the usual work is allowed.
    """

    def __init__(self, unlimited: bool = False, times: int = 1) -> None:
        self._unlimited = unlimited
        self._tasks, self._texts = _TASKS * times, _TEXTS * times

    def takes(self, tasks: int) -> bool:
        """True where work on so many tasks is allowed; it is then counted."""
        if not self._unlimited and tasks > self._tasks:
            return False
        self._tasks -= tasks
        return True

    def embedding(self, make: Callable[[Progress | None], T], progress: Progress | None) -> T | None:
        """The result of `make`, which embeds by the `Progress` that it is given; None where too many texts have no vector.

        progress: who wants to hear of the embedding.
        """
        if self._unlimited:
            return make(progress)

        def counted(done: int, total: int, share: float) -> None:
            # Told before the first text is embedded.
            if done == 0:
                if total > self._texts:
                    raise _TooManyTexts
                self._texts -= total
            if progress:
                progress(done, total, share)

        try:
            return make(counted)
        except _TooManyTexts:
            return None
