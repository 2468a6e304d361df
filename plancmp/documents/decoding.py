"""Bytes to text: which character encoding a file is in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from ..errors import DocumentError
from .layout import CONTROLS, unix_newlines

_HTML_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]+?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I)


def decode(data: bytes, declared: str | None = None) -> tuple[str, str, list[str]]:
    """The text, the encoding's name and notes; line breaks become "\\n", every other character stays.

    declared: the encoding that a server names beside the data, or None; what the bytes themselves show goes first.
    Raises DocumentError when the bytes are no text in any encoding that fits.
    """
    for encoding in _fitting_encodings(data, declared):
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if _is_text(text):
            return unix_newlines(text), encoding, []
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    damaged = text.count("\ufffd")
    if _is_text(text) and len(_beyond_ascii(text)) > 20 * damaged:
        return unix_newlines(text), "utf-8", [f"{damaged} bytes are not valid UTF-8 and were replaced by \ufffd."]
    if b"\0" not in data:
        from charset_normalizer import from_bytes

        guess = from_bytes(data[: data.rfind(b"\n", 0, 200_000) + 1 or None]).best()
        text = data.decode(guess.encoding, "replace") if guess else ""
        if guess and _is_text(text) and "\ufffd" not in text:
            return unix_newlines(text), guess.encoding, [f"The encoding {guess.encoding} was guessed."]
    raise DocumentError("is not a text, HTML, Word (docx) or PDF file", "save it as docx, PDF or UTF-8 text")


def _fitting_encodings(data: bytes, declared: str | None) -> Iterator[str]:
    """Names of the encodings data may be in, the likeliest first; whether they decode it is for the caller to see."""
    in_page = _HTML_CHARSET.search(data[:4096])
    # The mark of UTF-32 begins with that of UTF-16, so it is tried first.
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            yield encoding
    if b"\0" not in data:
        yield "utf-8"
        for name in (declared, in_page and in_page[1].decode("ascii")):
            if name:
                # Pages that declare the small set are written in the large one.
                yield "gb18030" if name.lower() in ("gb2312", "gbk", "x-gbk") else name.lower()
        # GB18030 decodes nearly any bytes; its text consists of signs and of the common characters of GB2312. An English
        # text in it may hold nothing beyond ASCII but signs: dashes, quotation marks, no-break spaces.
        decoded = data.decode("gb18030", "replace")
        ideographs = _SIGNS.sub("", decoded)
        if "\ufffd" not in decoded and (not ideographs or _common_share(ideographs) > 0.9):
            yield "gb18030"
    shares = {name: _common_share(data.decode(name, "replace")) for name in ("utf-16-le", "utf-16-be")}
    yield from (name for name in sorted(shares, key=lambda name: -shares[name]) if shares[name] > 0.9)


def _common_share(text: str) -> float:
    """The share of characters that GB2312 has: ASCII, punctuation and the 6763 commonest ideographs."""
    return len(text.encode("gb2312", "ignore").decode("gb2312")) / len(text) if text else 0.0


def _beyond_ascii(text: str) -> str:
    return re.sub(r"[\x00-\x7f]+", "", text)


_SIGNS = re.compile(
    r"[\x00-\x7f\u00a0-\u00bf\u00d7\u00f7\u2000-\u206f\u2100-\u22ff\u2460-\u24ff\u3000-\u303f\uff00-\uffef]+"
)


def _is_text(text: str) -> bool:
    return "\0" not in text and len(CONTROLS.findall(text)) * 100 <= len(text)
