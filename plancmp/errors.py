"""Everything plancmp raises on purpose.

    PlancmpError          shown to people as one line, never as a traceback
    ├── UsageError        the question was wrong: unknown plan, task, option or an empty query (exit code 2)
    └── DocumentError     a document could not be read or parsed, or a stored file is damaged (exit code 1)
        └── MissingExtra  an optional library is needed; the message says which command installs it

The library raises; only the command line prints and chooses the exit code.
"""

from __future__ import annotations


class PlancmpError(Exception):
    """An error whose text is meant for the person at the keyboard.

    message: what was wrong and where, on one line.
    hint: what to try next, on one line, or None.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PlancmpError):
    """The request names something that does not exist or asks for nothing."""

    exit_code = 2


class DocumentError(PlancmpError):
    """A document or stored file cannot be used."""


class MissingExtra(DocumentError):
    """A library that is not part of the basic installation is needed."""
