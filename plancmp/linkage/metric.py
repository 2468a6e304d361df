"""A learned metric for sentence vectors: a linear map after which linked commitments lie nearer to each other.

Learned contrastively from labelled pairs of plans (tools/learn.py): it takes off what all texts of plans share and what
translators word differently. The map belongs to one encoder; vectors of any other stay as they are.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from ..settings import DEFAULT_MODEL

_FILE = Path(__file__).with_name("metric.npz")


@cache
def _matrix() -> np.ndarray:
    with np.load(_FILE, allow_pickle=False) as stored:
        matrix: np.ndarray = stored["matrix"].astype(np.float32)
        return matrix


def project(vectors: np.ndarray, encoder: str) -> np.ndarray:
    """Vectors of the named encoder as they are compared, shape (texts, dimension), float32."""
    if encoder != DEFAULT_MODEL or not vectors.size:
        return vectors
    projected: np.ndarray = vectors @ _matrix()
    return projected
