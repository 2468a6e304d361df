"""Every test runs with a cache and a home of its own; nothing of the user's is read or written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.pop("NO_COLOR", None)


@pytest.fixture(autouse=True, scope="session")
def own_directories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for the whole run, so that a text is embedded once."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PLANCMP_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.setenv("PLANCMP_HOME", str(tmp_path_factory.mktemp("home")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
