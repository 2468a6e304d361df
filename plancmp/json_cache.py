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
def program_fingerprint() -> str:
    """A fingerprint of the program and its lexicons: names, sizes and times of all their files."""
    root = os.path.dirname(__file__)
    found = []
    for folder, folders, files in os.walk(root):
        # Bundled plans are part of each key that depends on them.
        folders[:] = [name for name in folders if name not in ("__pycache__", "data")]
        for name in files:
            if name.endswith((".py", ".toml", ".npz")):
                facts = os.stat(os.path.join(folder, name))
                found.append((os.path.relpath(folder, root), name, facts.st_size, facts.st_mtime_ns))
    return repr(sorted(found))


def cached(kind: str, key: str, make: Callable[[], T], to_data: Callable[[T], Any], from_data: Callable[[Any], T]) -> T:
    """What `make` gives, from the cache where it is there.

    kind: the directory. key: what it depends on beside the program. to_data and from_data: to and from JSON values.
    """
    place = cache_directory() / "kept" / hashlib.sha256(program_fingerprint().encode()).hexdigest()[:16]
    path = place / kind / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    with contextlib.suppress(Exception):
        return from_data(json.loads(path.read_bytes()))
    made = make()
    with contextlib.suppress(OSError):
        if not place.exists():
            _forget_others(place)
        write_text(path, json.dumps(to_data(made), ensure_ascii=False, separators=(",", ":")))
    return made


def _forget_others(place: Path) -> None:
    """Take out what other states of the program have kept: it would never be read again."""
    import shutil

    if place.parent.is_dir():
        for other in place.parent.iterdir():
            shutil.rmtree(other, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, and the directories above it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
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
