"""Writing what belongs to the user so that nothing is lost: output to any target, and locks between processes."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from .errors import DocumentError
from .json_cache import temporary_prefix, write_bytes

# Longer than any change takes; a killed process leaves no lock behind.
_LOCK_TIMEOUT = 60.0


def write_output(path: Path, data: bytes) -> None:
    """Write to a target that the user named, whatever stands there. Raises OSError.

    A regular file is replaced atomically and keeps its permissions; links are followed; a device, a pipe and a file
    with further hard links are written into. A file without write permission is refused, for every user.
    """
    path = Path(os.path.realpath(path))
    try:
        existing = os.stat(path)
    except FileNotFoundError:
        write_bytes(path, data)
        return
    if stat.S_ISREG(existing.st_mode):
        if not existing.st_mode & 0o222 or not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is read-only", str(path))
        if existing.st_nlink == 1 and not _is_device_path(path):
            write_bytes(path, data, stat.S_IMODE(existing.st_mode))
            return
    with open(path, "wb") as stream:
        stream.write(data)


def _is_device_path(path: Path) -> bool:
    """True for what /dev and /proc name, such as a redirected /dev/stdout."""
    return path.parts[1:2] in (("dev",), ("proc",))


def read_bytes(path: Path, most: int = 20_000_000) -> bytes:
    """The contents of a regular file of at most so many bytes. Raises OSError for any other, such as a pipe."""
    facts = os.stat(path)
    if not stat.S_ISREG(facts.st_mode):
        kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "not a regular file"
        raise OSError(errno.EINVAL, f"it is {kind}", str(path))
    if facts.st_size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most // 1_000_000} MB", str(path))
    return path.read_bytes()


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files that killed writers of a path left. Only for a path whose lock is held."""
    with contextlib.suppress(OSError):
        for leftover in path.parent.iterdir():
            if leftover.name.startswith(temporary_prefix(path)) and leftover.name.endswith(".part"):
                leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that belongs to a file or directory, which need not exist; its parent directory is created.

    Excludes other processes and threads that ask for the same lock. Raises DocumentError where another process keeps
    it for a minute, OSError where the directory cannot be written.
    """
    from filelock import FileLock, Timeout

    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_name(f"{temporary_prefix(path)}lock")
    try:
        with FileLock(file, timeout=_LOCK_TIMEOUT):
            try:
                yield
            finally:
                # Removed while it is held: whoever opened it before sees that it is gone and opens a new one.
                with contextlib.suppress(OSError):
                    file.unlink()
    except Timeout:
        raise DocumentError(f"{path} is being changed by another process", "try again when it has finished") from None
