"""Where an answer goes: stdout or a file, in the format asked for. Files are written beside and moved into place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import json_cache
from ..errors import DocumentError, UsageError
from ..text import printable
from . import archive

BY_ENDING = {
    ".json": "json",
    ".csv": "csv",
    ".md": "md",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".xlsx": "xlsx",
    ".txt": "table",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How the answer is wanted. format None: by the file's ending, else a table. width None: the terminal's.

    overwrite: also a Word or Excel file that a person has edited since it was written.
    """

    format: str | None = None
    path: Path | None = None
    width: int | None = None
    color: bool = True
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Views:
    """The ways an answer can be drawn. table gets the width in columns, and whether there is no colour to mark changes with; docx and xlsx write to a path themselves."""

    table: Callable[[int, bool], Iterable[Any]]
    json: Callable[[], Any] | None = None
    csv: Callable[[], str] | None = None
    md: Callable[[], str] | None = None
    html: Callable[[], str] | None = None
    docx: Callable[[Path], None] | None = None
    xlsx: Callable[[Path], None] | None = None


def deliver(views: Views, options: Options) -> None:
    """Draw the answer where it is wanted.

    Raises UsageError for a format that this answer has not, DocumentError where the file cannot be written.
    """
    chosen = _format(views, options)
    if chosen in ("docx", "xlsx"):
        if options.path is None:
            raise UsageError(f"{chosen} needs a file to go to", f"add -o FILE.{chosen}")
        if not options.overwrite and archive.edited_since(options.path):
            raise UsageError(
                f"{printable(str(options.path))} has been edited since plancmp wrote it, or is not its work",
                "choose another file with -o, or write over it with --overwrite",
            )
        writer = getattr(views, chosen)
        _guarded(options.path, lambda: writer(options.path))
        return
    text = _table(views, options) if chosen == "table" else _text(views, chosen)
    if options.path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    path = options.path
    _guarded(path, lambda: write(path, text))


def _format(views: Views, options: Options) -> str:
    by_name = None
    if options.path is not None:
        ending = options.path.suffix.casefold()
        by_name = BY_ENDING.get(ending)
        if by_name is None and options.format is None:
            known = " ".join(e for e, f in BY_ENDING.items() if f == "table" or getattr(views, f) is not None)
            raise UsageError(
                f"the ending of {printable(str(options.path))} names no format", f"end it in one of {known}"
            )
    chosen = by_name or options.format or "table"
    if chosen != "table" and getattr(views, chosen) is None:
        able = ["table"] + [f for f in ("json", "csv", "md", "html", "docx", "xlsx") if getattr(views, f) is not None]
        raise UsageError(f"this answer cannot be written as {chosen}", f"choose one of {', '.join(able)}")
    return chosen


def _text(views: Views, chosen: str) -> str:
    if chosen == "json":
        from .. import serialization

        assert views.json is not None
        return serialization.dumps(views.json())
    text = getattr(views, chosen)()
    return text if text.endswith("\n") else text + "\n"


def _table(views: Views, options: Options) -> str:
    from .terminal import screen

    console = screen.console(options.width, options.color and options.path is None)
    with console.capture() as captured:
        for part in views.table(console.width, console.color_system is None or console.no_color):
            console.print(part)
    text = "\n".join(line.rstrip(" ") for line in captured.get().split("\n"))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if options.path is not None else text.encode(encoding, "replace").decode(encoding)


def _guarded(path: Path, action: Callable[[], None]) -> None:
    try:
        action()
    except OSError as error:
        raise DocumentError(
            f"{printable(str(path))} cannot be written: {error.strerror or error}", "choose another place with -o"
        ) from None


def write(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    json_cache.write_bytes(path, text.encode())
