"""A program in a pseudo-terminal: what it shows, what is typed, how it ends."""

from __future__ import annotations

import os
import select
import signal
import sys
import time

import pytest

pty = pytest.importorskip("pty")

# What the environment must not decide.
UNSET = (
    "NO_COLOR", "FORCE_COLOR", "PAGER", "PLANCMP_PAGER", "LESS", "COLUMNS", "LINES", "XDG_CONFIG_HOME", "ZDOTDIR",
)  # fmt: skip
# Longer than any command takes on a busy machine.
_MOST_SECONDS = 60


class Terminal:
    """A running program whose stdin, stdout and stderr are a terminal of this size."""

    def __init__(self, *arguments: str, columns: int = 100, lines: int = 40, **environment: str) -> None:
        self.seen = ""
        self._status: int | None = None
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            for name in UNSET:
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", **environment})
            import fcntl
            import struct
            import termios

            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execvp(arguments[0], list(arguments))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        if self._status is None:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
        os.close(self._terminal)

    def _read(self, until: float) -> bool:
        """Wait for more; False at the end of the program."""
        if not select.select([self._terminal], [], [], max(until - time.monotonic(), 0))[0]:
            pytest.fail(f"nothing more than: {self.seen}")
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def expect(self, words: str) -> str:
        """Wait for these words; what stood before them. Both are taken out of `seen`."""
        until = time.monotonic() + _MOST_SECONDS
        while words not in self.seen:
            if not self._read(until):
                pytest.fail(f"the end instead of “{words}”: {self.seen}")
        before, _, self.seen = self.seen.partition(words)
        return before

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def end(self) -> int:
        """Wait for the end; the exit code. `seen` has the rest of what was shown."""
        until = time.monotonic() + _MOST_SECONDS
        while self._read(until):
            pass
        self._status = os.waitpid(self._child, 0)[1]
        return os.waitstatus_to_exitcode(self._status)


def plancmp(*arguments: str, **how) -> Terminal:
    """The program itself in a terminal."""
    return Terminal(sys.executable, "-m", "plancmp", *arguments, **how)
