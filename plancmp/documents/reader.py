"""The one reader of input: plain text, Markdown, HTML, Word (docx) and PDF become lines of text.

The format is recognised by the content first and by the file name's ending, or what a server calls it, second. Nothing
is fetched from a network but a document that is named by its address, no macro or script runs, and what a compressed
file may expand to is bounded.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import DocumentError
from ..text import is_address, printable
from .decoding import decode
from .layout import DAMAGED, markdown, plain_text
from .web_page import read_article
from .word import read_docx

MAX_FILE_BYTES = 100_000_000
# As a path it means stdin.
STDIN = Path("-")

_HTML_START = re.compile(r"\s*(<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+(<!doctype\s+html|<html[\s>])", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, line by line.

    text: the words alone; the lines, separated by "\\n" alone; one line is one paragraph, table cell or source line. Split it with
        ``split("\\n")``: for txt and md, line N is then line N of the file.
    markdown: the same with the outline that the format states (headings, list items, table rows) written as Markdown;
        equal to text for txt, md and pdf.
    format: "txt", "md", "html", "docx" or "pdf".
    encoding: Python's name of the character encoding, None where the format settles it (docx, pdf).
    sha256: hexadecimal digest of the file's bytes.
    notes: what was left out, replaced or guessed, one sentence each.
    url, retrieved: the address of a document from the web and when it was fetched (YYYY-MM-DDTHH:MM:SSZ), else None.
    """

    text: str
    markdown: str
    format: str
    encoding: str | None
    sha256: str
    notes: tuple[str, ...]
    url: str | None = None
    retrieved: str | None = None


def read(name: Path | str, *, refresh: bool = False) -> Document:
    """Read one txt, md, html, docx or pdf file, `-` being stdin, which is read once; or the document at a web address.

    refresh: fetch the address again even if what it held before was kept.
    Raises DocumentError for anything that is not a readable document with text: a missing file, a folder, a device,
    an empty, oversized, encrypted, damaged or foreign file, a page that could not be fetched; UsageError for an address
    that is none.
    """
    if not is_address(name):
        path = Path(name)
        return _document(path, lambda: (_file_bytes(path), path.suffix.lower(), None))
    from . import download

    address = str(name)
    fetched = download.obtain(address, refresh=refresh)
    found = _document(address, lambda: (fetched.data, fetched.ending, fetched.charset))
    return replace(found, url=address, retrieved=fetched.retrieved)


def _document(name: Path | str, contents: Callable[[], tuple[bytes, str, str | None]]) -> Document:
    """The document in contents: its bytes, the ending of its kind of file, the encoding that was declared beside it."""
    try:
        data, ending, declared = contents()
        kind = _kind(data, ending)
        encoding = None
        notes: list[str] = []
        if kind == "docx":
            lines, notes = _guarded(read_docx, data, "Word document")
            text, outlined = plain_text(lines), markdown(lines)
        elif kind == "pdf":
            from . import pdf

            text, notes = _guarded(pdf.read_pdf, data, "PDF")
            outlined = text
        else:
            text, encoding, notes = _guarded(lambda raw: decode(raw, declared), data, "text file")
            outlined = text
            if kind == "html" or _HTML_START.match(text):
                kind, (lines, left_out) = "html", _guarded(read_article, text, "HTML page")
                notes += left_out
                text, outlined = plain_text(lines), markdown(lines)
            elif ending in (".docx", ".pdf"):
                notes.append(f"The name ends in {ending} but the content is plain text and was read as such.")
        if not text.strip():
            raise DocumentError("holds no text, only white space")
    except DocumentError as error:
        raise DocumentError(f"{_one_line(shown(name))}: {error.message}", error.hint) from error.__cause__
    return Document(text, outlined, kind, encoding, hashlib.sha256(data).hexdigest(), tuple(notes))


def shown(path: Path | str) -> str:
    """The path or address in messages."""
    return "stdin" if path == STDIN else printable(str(path))


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


@cache
def _stdin_bytes() -> bytes:
    return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)


def _file_bytes(path: Path) -> bytes:
    try:
        if path == STDIN:
            return _checked(_stdin_bytes())
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DocumentError("is a folder, not a document", "name one file")
        if not stat.S_ISREG(mode):
            raise DocumentError("is not a regular file", "save the text in a file first")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError("there is no such file", "check the spelling of the path") from None
    except PermissionError:
        raise DocumentError("permission denied", "change the permissions of the file") from None
    except (OSError, ValueError) as error:
        raise DocumentError(f"cannot be opened ({_one_line(error)})") from error
    return _checked(data)


def _checked(data: bytes) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise DocumentError(f"is larger than {MAX_FILE_BYTES // 10**6} MB", "split it or remove its pictures")
    if not data:
        raise DocumentError("is empty")
    return data


def _kind(data: bytes, suffix: str) -> str:
    start = data[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"%PDF-") or (suffix == ".pdf" and b"%PDF-" in start):
        return "pdf"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "docx"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentError("is encrypted with a password", "save a copy without the password")
        raise DocumentError("is in the old binary Office format (.doc)", "save as docx and try again")
    if data.startswith(b"{\\rtf"):
        raise DocumentError("is in Rich Text Format (.rtf)", "save as docx and try again")
    if suffix in (".html", ".htm", ".xhtml"):
        return "html"
    return "md" if suffix in (".md", ".markdown") else "txt"


def _guarded(parse: Callable[[Any], Any], content: bytes | str, what: str) -> Any:
    """Parse content, turning whatever the parser's library raises into a DocumentError that calls it damaged."""
    try:
        return parse(content)
    except DocumentError:
        raise
    except Exception as error:  # parsers fail on damaged input in more ways than they document
        reason = _one_line(f"{type(error).__name__}: {error}")[:200].rstrip(": ")
        raise DocumentError(f"is a damaged {what} ({reason})", DAMAGED) from error
