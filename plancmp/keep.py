"""Keeping what was worked out for the next time, as JSON in the user's cache directory.

What is kept belongs to one state of the program and its lexicons: a change of either makes it again. A damaged or
unwritable file counts as absent; files are written beside and moved into place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def cache_directory() -> Path:
    """Where computed things are kept for the user; PLANCMP_CACHE overrides."""
    if override := os.environ.get("PLANCMP_CACHE"):
        return Path(override)
    from platformdirs import user_cache_path

    return user_cache_path("plancmp")


@cache
def state() -> str:
    """A fingerprint of the program and its lexicons: names, sizes and times of all their files."""
    root = Path(__file__).parent
    found = []
    for folder in (root, root / "lexicon"):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".toml")):
                    facts = entry.stat()
                    found.append((entry.name, facts.st_size, facts.st_mtime_ns))
    return repr(sorted(found))


def kept(kind: str, key: str, make: Callable[[], T], to_data: Callable[[T], Any], from_data: Callable[[Any], T]) -> T:
    """What `make` gives, from the cache where it is there.

    kind: the directory. key: what it depends on beside the program. to_data and from_data: to and from JSON values.
    """
    place = cache_directory() / "kept" / hashlib.sha256(state().encode()).hexdigest()[:16]
    path = place / kind / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    with contextlib.suppress(Exception):
        return from_data(json.loads(path.read_bytes()))
    made = make()
    with contextlib.suppress(OSError):
        if not place.exists():
            _forget_others(place)
        write(path, json.dumps(to_data(made), ensure_ascii=False, separators=(",", ":")))
    return made


def _forget_others(place: Path) -> None:
    """Take out what other states of the program have kept: it would never be read again."""
    import shutil

    if place.parent.is_dir():
        for other in place.parent.iterdir():
            shutil.rmtree(other, ignore_errors=True)


def write(path: Path, text: str) -> None:
    """Write a text file whole or not at all, and the directories above it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, text.encode())


def put(path: Path, data: bytes) -> None:
    """Write `data` to `path`; whatever stood there stays until the new file is complete. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
