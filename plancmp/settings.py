"""The thresholds of the alignment, and the sentence encoder that it uses unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MODEL = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every threshold of the alignment.

    threshold: least confidence of a link. sure: from here on a link is not marked as doubtful.
    near: from here to the threshold a pair is named as the nearest candidate worth a look.
    overlooked: from this chance on that a commitment has a counterpart after all, "dropped" or "new" is marked as doubtful.
    taken_up: from here on what stands opposite each other in two linked tasks is paired, and nothing counts as an addition.
    paired: least confidence of a pair of commitments inside linked tasks; two without any are bound by their best.
    task_margin: how far below the best pair that either commitment has with the other's task a pair may lie.
    rival_margin: how far below the best pair of both its commitments a pair of commitments may lie and be accepted.
    same_object: least likeness of what two commitments act upon for one to be said of the other.
    """

    threshold: float = 0.35
    sure: float = 0.7
    near: float = 0.25
    overlooked: float = 0.3
    rival_margin: float = 0.1
    task_margin: float = 0.2
    taken_up: float = 0.5
    paired: float = 0.55
    same_object: float = 0.55


SETTINGS = Settings()
