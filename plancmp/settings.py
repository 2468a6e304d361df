"""The thresholds of the alignment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Every threshold of the alignment.

    threshold: least confidence of a link. sure: from here on a link is not marked as doubtful.
    near: from here to the threshold a pair is named as the nearest candidate worth a look.
    paired: least confidence for a second pair of commitments inside a link.
    merged: least confidence for a commitment to share the partner of a campaign.
    same_subject: least likeness to the old task of a commitment that the new task adds on its subject.
    """

    threshold: float = 0.45
    sure: float = 0.7
    near: float = 0.25
    paired: float = 0.35
    merged: float = 0.6
    same_subject: float = 0.5


SETTINGS = Settings()
