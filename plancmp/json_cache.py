"""JSON cache of computed results in the user's cache directory, and atomic writing of files.

Cached results belong to one version of the program and its lexicons; those of the last three versions are kept. A
damaged or unwritable cache file counts as absent.
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
# How many versions of the program have results in the cache: two checkouts used in turn must not empty it.
_VERSIONS = 3
# What reading a file raises that is not there or is damaged, and what making a result of other JSON values raises.
_DAMAGE = (OSError, ValueError, LookupError, TypeError)


def cache_directory() -> Path:
    """The user's cache directory; PLANCMP_CACHE overrides."""
    if override := os.environ.get("PLANCMP_CACHE"):
        return Path(override)
    from platformdirs import user_cache_path

    return user_cache_path("plancmp")


@cache
def program_fingerprint() -> str:
    """Names, sizes and modification times of the program's modules, lexicons and vectors."""
    root = os.path.dirname(__file__)
    entries = []
    for folder, folders, files in os.walk(root):
        # Bundled plans are excluded: each key that depends on a plan covers its text.
        folders[:] = [name for name in folders if name not in ("__pycache__", "data")]
        for name in files:
            if name.endswith((".py", ".toml", ".npz")):
                stat = os.stat(os.path.join(folder, name))
                entries.append((os.path.relpath(folder, root), name, stat.st_size, stat.st_mtime_ns))
    return repr(sorted(entries))


def cached(
    kind: str,
    key: str,
    compute: Callable[[], T],
    to_data: Callable[[T], Any],
    from_data: Callable[[Any], T],
    most: int | None = None,
) -> T:
    """The result of `compute()`, from the cache if it is there.

    kind: subdirectory of the cache. key: everything the result depends on besides the program; any text.
    to_data and from_data: conversion to and from JSON values; from_data raises ValueError, LookupError or TypeError for
    values that are not those of to_data. most: how many results of this kind are kept, the last ones. Never raises for a cache that cannot be read or written.
    """
    version = cache_directory() / "kept" / hashlib.sha256(program_fingerprint().encode()).hexdigest()[:16]
    path = version / kind / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    with contextlib.suppress(*_DAMAGE):
        digest, _, text = path.read_bytes().partition(b"\n")
        # A flipped bit may leave valid JSON that says something else.
        if digest == _digest(text):
            return from_data(json.loads(text))
    result = compute()
    with contextlib.suppress(OSError):
        if not version.exists():
            _remove_old_versions(version.parent)
        text = json.dumps(to_data(result), ensure_ascii=False, separators=(",", ":")).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        if most is not None:
            _keep_last(path.parent, most - 1)
        write_bytes(path, _digest(text) + b"\n" + text)
    return result


def _keep_last(directory: Path, most: int) -> None:
    """Remove all but the newest files of a directory."""
    with os.scandir(directory) as found:
        newest = sorted(found, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in newest[most:]:
        os.unlink(entry.path)


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).hexdigest().encode()


def _remove_old_versions(directory: Path) -> None:
    """Make room for the results of a new version of the program beside those of the versions used last."""
    import shutil

    def last_used(version: Path) -> float:
        return max((path.stat().st_mtime for path in (version, *version.iterdir())), default=0.0)

    if directory.is_dir():
        for version in sorted(directory.iterdir(), key=last_used, reverse=True)[_VERSIONS - 1 :]:
            shutil.rmtree(version, ignore_errors=True)


def write_bytes(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file atomically: an existing file stays until the new one is complete. Raises OSError.

    mode: permission bits; None: those of any new file.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path), suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        if mode is None:
            umask = os.umask(0)
            os.umask(umask)
            mode = 0o666 & ~umask
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def temporary_prefix(path: Path) -> str:
    """How temporary files of a path begin. Names are limited to 255 bytes on most systems."""
    return f".{path.name.encode()[:100].decode(errors='ignore')}."
