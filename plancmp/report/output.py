"""Writing an answer to stdout or to a file in the requested format. Regular files are written atomically."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import files, json_cache
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


# How many drawn tables are kept, and the variables that tell what a terminal can show.
_TABLES_KEPT = 200
_TERMINAL_VARIABLES = (
    "COLORTERM", "COLUMNS", "FORCE_COLOR", "JUPYTER_COLUMNS", "NO_COLOR", "TERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE",
)  # fmt: skip
# As a path it means stdout.
STDOUT = Path("-")

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


@dataclass(frozen=True, slots=True)
class Options:
    """Requested output. format None: by the file's ending, else a table. path None or `-`: stdout. width None: the terminal's.

    color: auto, always or never. pager: on a terminal, show the answer in the user's pager. overwrite: also a Word or Excel
    file that a person has edited since it was written.
    """

    format: str | None = None
    path: Path | None = None
    width: int | None = None
    color: str = "auto"
    overwrite: bool = False
    pager: bool = False

    @property
    def chosen(self) -> str:
        """The format: by the file's ending, else the one named, else a table."""
        by_ending = BY_ENDING.get(self.path.suffix.casefold()) if self.path else None
        return by_ending or self.format or "table"


@dataclass(frozen=True, slots=True)
class Views:
    """One renderer for each format that an answer has; None for a format that it lacks.

    table gets the width in columns and whether changes must be marked without colour. docx and xlsx write to a path.
    table_rests_on: says everything that the table shows and how, so that it need not be drawn again; None: it always is.
    """

    table: Callable[[int, bool], Iterable[Any]]
    json: Callable[[], Any] | None = None
    csv: Callable[[], str] | None = None
    md: Callable[[], str] | None = None
    html: Callable[[], str] | None = None
    docx: Callable[[Path], None] | None = None
    xlsx: Callable[[Path], None] | None = None
    table_rests_on: Callable[[], str] | None = None


def deliver(views: Views, options: Options) -> None:
    """Render the answer in the requested format and write it.

    Raises UsageError for a format that this answer lacks, DocumentError where the file cannot be written.
    """
    if options.path == STDOUT:
        options = replace(options, path=None)
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
        _with_clear_errors(options.path, lambda: writer(options.path))
        return
    text = _table(views, options) if chosen == "table" else _text(views, chosen)
    if options.path is None:
        if options.pager and sys.stdout.isatty():
            _page(text)
        else:
            _print(text, machine=chosen != "table")
        return
    path = options.path
    _with_clear_errors(path, lambda: write(path, text))


def _page(text: str) -> None:
    """Show the text in the pager that PLANCMP_PAGER or PAGER names, or in less, which ends by itself where one screen holds it."""
    import click

    if (own := os.environ.get("PLANCMP_PAGER")) is not None:
        os.environ["PAGER"] = own
    os.environ.setdefault("LESS", "FRX")
    if os.environ.get("PAGER", "less").strip() in ("", "cat"):
        _print(text, machine=False)
    else:
        # click adds a line feed of its own.
        click.echo_via_pager(text.removesuffix("\n"), color=True)


def _print(text: str, machine: bool) -> None:
    """Write to stdout: what programs read is UTF-8 whatever the terminal's encoding, with plain line feeds."""
    stream = getattr(sys.stdout, "buffer", None)
    if not machine or stream is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    sys.stdout.flush()
    stream.write(text.encode("utf-8", "replace"))
    stream.flush()


def _format(views: Views, options: Options) -> str:
    if options.path is not None and options.format is None and options.path.suffix.casefold() not in BY_ENDING:
        known = " ".join(e for e, f in BY_ENDING.items() if f == "table" or getattr(views, f) is not None)
        raise UsageError(f"the ending of {printable(str(options.path))} names no format", f"end it in one of {known}")
    chosen = options.chosen
    if chosen != "table" and getattr(views, chosen) is None:
        available = ["table"] + [
            f for f in ("json", "csv", "md", "html", "docx", "xlsx") if getattr(views, f) is not None
        ]
        raise UsageError(f"this answer cannot be written as {chosen}", f"choose one of {', '.join(available)}")
    return chosen


def _text(views: Views, chosen: str) -> str:
    if chosen == "json":
        from .. import serialization

        assert views.json is not None
        return serialization.dumps(views.json())
    text: str = getattr(views, chosen)()
    return text if text.endswith("\n") else text + "\n"


def _table(views: Views, options: Options) -> str:
    """The table as text, from the cache where it has been drawn before for a like terminal."""
    if views.table_rests_on is None:
        return _drawn(views, options)

    def text(data: Any) -> str:
        if isinstance(data, str):
            return data
        raise TypeError("no text")

    table: str = json_cache.cached(
        "tables",
        f"{views.table_rests_on()}\n{options}\n{_surroundings()}",
        lambda: _drawn(views, options),
        text,
        text,
        most=_TABLES_KEPT,
    )
    return table


def _surroundings() -> str:
    """What a table's width and colours follow from beside the options, and the state of the library that draws it."""
    from importlib.util import find_spec

    library = find_spec("rich")
    state = os.stat(library.origin).st_mtime_ns if library and library.origin else 0
    terminal = (sys.stdout.isatty(), getattr(sys.stdout, "encoding", None), shutil.get_terminal_size((80, 24)))
    return repr((terminal, {name: os.environ.get(name) for name in _TERMINAL_VARIABLES}, state))


def _drawn(views: Views, options: Options) -> str:
    from .terminal import screen

    # A file is no terminal: it gets colours only where they are asked for.
    color = "never" if options.path is not None and options.color == "auto" else options.color
    console = screen.console(options.width, color)
    parts = list(views.table(console.width, console.color_system is None or console.no_color))
    if parts and all(isinstance(part, str) for part in parts):
        # Lines for other programs: neither wrapped nor are their tabs expanded.
        text = "".join(f"{printable(part)}\n" for part in parts)
    else:
        with console.capture() as captured:
            for part in parts:
                console.print(part)
        # Whatever a plan, a file name or a query brings: only the console's own colours may steer the terminal.
        pieces = _COLOUR.split(captured.get())
        drawn = "".join(
            piece if index % 2 and console.color_system else printable(piece) for index, piece in enumerate(pieces)
        )
        text = "\n".join(line.rstrip(" ") for line in drawn.split("\n"))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if options.path is not None else text.encode(encoding, "replace").decode(encoding)


def _with_clear_errors(path: Path, action: Callable[[], None]) -> None:
    try:
        action()
    except OSError as error:
        raise DocumentError(
            f"{printable(str(path))} cannot be written: {error.strerror or error}", "choose another place with -o"
        ) from None


def write(path: Path, text: str) -> None:
    """Write a text as UTF-8 to what the user named; see `files.write_output`. Raises OSError."""
    files.write_output(path, text.encode("utf-8", "replace"))
