"""The one reader of input files: plain text, Markdown, HTML, Word (docx) and PDF become lines of text.

The format is recognised by the content first and by the file name's ending second. Nothing is fetched from a
network, no macro or script runs, and what a compressed file may expand to is bounded.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import logging
import math
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise, zip_longest
from pathlib import Path
from statistics import median
from typing import Any
from xml.etree import ElementTree

from .errors import DocumentError

MAX_FILE_BYTES = 100_000_000
MAX_EXPANDED_BYTES = 200_000_000
MAX_EXPANSION = 200  # times the size of the file; text in Word files stays below 50
MAX_PDF_PAGES = 2000
MAX_PDF_PAGE_CHARS = 200_000
MAX_PDF_PAGE_RUNS = 1000  # columns and table cells that are compared with each other
MAX_PDF_CHARS = 20_000_000

_DAMAGED = "open it in the program that made it, save it again and retry"
# Ideographs, kana and the punctuation set with them; Korean is left out because it separates words by spaces.
_CJK = "\u2e80-\u303e\u3041-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff65\U00020000-\U0003ffff"
_CJK_CHAR = re.compile(f"[{_CJK}]")
_HTML_START = re.compile(r"\s*(<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+(<!doctype\s+html|<html[\s>])", re.I | re.S)
_HTML_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]+?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says, line by line.

    text: the lines, separated by "\\n" alone; one line is one paragraph, table cell or source line. Split it with
        ``split("\\n")``: for txt and md, line N is then line N of the file.
    format: "txt", "md", "html", "docx" or "pdf".
    encoding: Python's name of the character encoding, None where the format settles it (docx, pdf).
    sha256: hexadecimal digest of the file's bytes.
    notes: what was left out, replaced or guessed, one sentence each.
    """

    text: str
    format: str
    encoding: str | None
    sha256: str
    notes: tuple[str, ...]


def read(path: Path) -> Reading:
    """Read one txt, md, html, docx or pdf file.

    Raises DocumentError for anything that is not a readable document with text: a missing file, a folder, a device,
    an empty, oversized, encrypted, damaged or foreign file.
    """
    try:
        data = _file_bytes(path)
        kind = _kind(data, path.suffix.lower())
        encoding = None
        notes: list[str] = []
        if kind == "docx":
            text, notes = _guarded(_docx, data, "Word document")
        elif kind == "pdf":
            text, notes = _guarded(_pdf, data, "PDF")
        else:
            text, encoding, notes = _guarded(_decode, data, "text file")
            if kind == "html" or _HTML_START.match(text):
                kind, text = "html", _guarded(_html, text, "HTML page")
            elif path.suffix.lower() in (".docx", ".pdf"):
                notes.append(f"The name ends in {path.suffix} but the content is plain text and was read as such.")
        if not text.strip():
            raise DocumentError("holds no text, only white space")
    except DocumentError as error:
        raise DocumentError(f"{_one_line(path)}: {error.message}", error.hint) from error.__cause__
    return Reading(text, kind, encoding, hashlib.sha256(data).hexdigest(), tuple(notes))


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


def _file_bytes(path: Path) -> bytes:
    try:
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
        raise DocumentError(f"is a damaged {what} ({reason})", _DAMAGED) from error


def _decode(data: bytes) -> tuple[str, str, list[str]]:
    """The text, the encoding's name and notes; line breaks become "\\n", every other character stays.

    Raises DocumentError when the bytes are no text in any encoding that fits.
    """
    for encoding in _fitting_encodings(data):
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if _is_text(text):
            return _newlines(text), encoding, []
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    damaged = text.count("\ufffd")
    if _is_text(text) and len(_beyond_ascii(text)) > 20 * damaged:
        return _newlines(text), "utf-8", [f"{damaged} bytes are not valid UTF-8 and were replaced by \ufffd."]
    if b"\0" not in data:
        from charset_normalizer import from_bytes

        guess = from_bytes(data[: data.rfind(b"\n", 0, 200_000) + 1 or None]).best()
        text = data.decode(guess.encoding, "replace") if guess else ""
        if guess and _is_text(text) and "\ufffd" not in text:
            return _newlines(text), guess.encoding, [f"The encoding {guess.encoding} was guessed."]
    raise DocumentError("is not a text, HTML, Word (docx) or PDF file", "save it as docx, PDF or UTF-8 text")


def _fitting_encodings(data: bytes) -> Iterator[str]:
    """Names of the encodings data may be in, the likeliest first; whether they decode it is for the caller to see."""
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
        if declared := _HTML_CHARSET.search(data[:4096]):
            name = declared[1].decode("ascii").lower()
            # Pages that declare the small set are written in the large one.
            yield "gb18030" if name in ("gb2312", "gbk", "x-gbk") else name
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
    return "\0" not in text and len(_CONTROLS.findall(text)) * 100 <= len(text)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


_HTML_SKIPPED = frozenset(["head", "script", "style", "template", "noscript", "iframe", "svg", "rt", "rp"])
_HTML_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|br|caption|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure"
    "|footer|form|h[1-6]|header|hgroup|hr|html|legend|li|main|menu|nav|ol|option|p|pre|search|section|summary|table"
    "|tbody|td|tfoot|th|thead|tr|ul"
)
_HTML_LIST_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


def _html(page: str) -> str:
    """The lines a browser shows, one for each block, table cell and line of a pre; numbered list items get labels."""
    from selectolax.lexbor import LexborHTMLParser

    lines: list[str] = []
    inline: list[str] = []
    next_number: dict[int, int] = {}
    label = ""
    preformatted = 0

    def end_line() -> None:
        nonlocal label
        text = "".join(inline)
        inline.clear()
        if preformatted and text:
            lines.extend(text.removesuffix("\n").split("\n"))
            return
        # A browser shows a line break of the source as a space, but as nothing between ideographs.
        text = re.sub(rf"(?<=[{_CJK}])[ \t\f]*\n[ \t\n\f]*(?=[{_CJK}])", "", text)
        text = re.sub(r"[ \t\n\f]+", " ", text).strip(" ")
        if text:
            lines.append(_labelled(label, text))
            label = ""

    root = LexborHTMLParser(page).root
    stack = [(root, True)] if root is not None else []
    while stack:
        node, entering = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            inline.append(node.text_content or "")
            continue
        if tag.startswith("-") or tag in _HTML_SKIPPED:
            continue
        if _HTML_BLOCKS.fullmatch(tag):
            end_line()
        if tag == "pre":
            preformatted += 1 if entering else -1
        if not entering:
            continue
        if tag == "ol":
            next_number[node.mem_id] = _integer(node.attributes.get("start"), 1)
        if tag == "li":
            label = ""
            owner = node.parent
            if owner is not None and owner.mem_id in next_number:
                number = _integer(node.attributes.get("value"), next_number[owner.mem_id])
                next_number[owner.mem_id] = number + 1
                style = _HTML_LIST_FORMATS.get(owner.attributes.get("type") or "", "decimal")
                label = f"{_ordinal(style, number)}."
        stack.append((node, False))
        children = []
        child = node.child
        while child is not None:
            children.append((child, True))
            child = child.next
        stack.extend(reversed(children))
    return "\n".join(lines)


def _integer(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"-?[0-9]{1,9}", value) else default


def _labelled(label: str, text: str) -> str:
    """text behind an automatic number, unless the number has been typed as well."""
    return text if not label or text.startswith(label) else _joined(label, text)


def _joined(left: str, right: str) -> str:
    """Two pieces of one line with a space between them, or nothing where ideographs or their punctuation meet."""
    return left + ("" if _CJK_CHAR.match(left[-1:]) or _CJK_CHAR.match(right) else " ") + right


def _ordinal(style: str, number: int) -> str | None:
    """number as Word's numbering format called style writes it, None for a format not known here."""
    if style == "decimal" or number < 1:
        return str(number)
    if style == "decimalZero":
        return f"{number:02d}"
    if style in ("upperRoman", "lowerRoman") and number < 4000:
        roman = "".join(
            digits[int(digit)]
            for digit, digits in zip(
                f"{number:04d}",
                (
                    ["", "M", "MM", "MMM"],
                    ["", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM"],
                    ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"],
                    ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"],
                ),
                strict=True,
            )
        )
        return roman if style == "upperRoman" else roman.lower()
    if style in ("upperLetter", "lowerLetter"):
        # Word goes on after z with aa, bb, cc.
        letters = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if style == "upperLetter" else letters.lower()
    if style in ("chineseCounting", "chineseCountingThousand", "japaneseCounting") and number < 100:
        tens, ones = divmod(number, 10)
        digits = "零一二三四五六七八九"
        return (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")
    if style.startswith("decimalEnclosedCircle") and number <= 20:
        return chr(ord("①") + number - 1)
    return None


class _Tree(ElementTree.TreeBuilder):
    """Builds an XML tree of bare local names, so that both dialects of Word files read alike; refuses a DTD."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise DocumentError("contains a document type definition, which Word never writes", _DAMAGED)

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        return super().start(_local(tag), {_local(name): value for name, value in attrs.items()})

    def end(self, tag: str) -> ElementTree.Element:
        return super().end(_local(tag))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _docx(data: bytes) -> tuple[str, list[str]]:
    """Paragraphs and table cells of a Word file in their order, tracked changes accepted."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = {info.filename: info for info in archive.infolist()}
    expanded = sum(info.file_size for info in parts.values())
    if expanded > MAX_EXPANDED_BYTES or expanded > max(10_000_000, MAX_EXPANSION * len(data)):
        raise DocumentError(f"would expand to {expanded // 10**6} MB, far more than a document needs", _DAMAGED)

    def part(name: str) -> ElementTree.Element:
        info = parts.get(name)
        if info is None:
            return ElementTree.Element("missing")
        if info.flag_bits & 1:
            raise DocumentError("is encrypted with a password", "save a copy without the password")
        with archive.open(info) as file:
            # A size makes the decompressor stop there even where the archive states a smaller one.
            return ElementTree.fromstring(file.read(info.file_size + 1), ElementTree.XMLParser(target=_Tree()))

    targets = (rel.get("Target", "") for rel in part("_rels/.rels") if rel.get("Type", "").endswith("/officeDocument"))
    main = next(targets, "").lstrip("/")
    document = part(main)
    if document.tag != "document":
        raise DocumentError("is a zip archive but not a Word document", "unpack it, or save as docx and try again")
    folder = main.rpartition("/")[0]
    numbering = _Numbering(part(f"{folder}/numbering.xml"), part(f"{folder}/styles.xml"))
    text = "\n".join(_docx_lines(document, numbering))
    notes = [
        f"{count} {what}."
        for what, count in (
            ("footnotes or endnotes were left out", len([*document.iter("footnoteReference")])),
            ("tracked deletions were left out", len([*document.iter("delText")])),
            ("automatic numbers could not be computed", numbering.unknown),
        )
        if count
    ]
    return text, notes


def _docx_lines(element: ElementTree.Element, numbering: _Numbering) -> Iterator[str]:
    for child in element:
        if child.tag == "p":
            boxes: list[ElementTree.Element] = []
            text = "".join(_docx_inline(child, boxes))
            if text.strip() or child.find("pPr/rPr/del") is None:
                label = numbering.label(child)
                yield from (_labelled(label, text) if text.strip() else text).split("\n")
            for box in boxes:
                yield from _docx_lines(box, numbering)
        elif child.tag not in ("del", "moveFrom", "Fallback"):
            yield from _docx_lines(child, numbering)


_DOCX_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _docx_inline(element: ElementTree.Element, boxes: list[ElementTree.Element]) -> Iterator[str]:
    """The text of a paragraph or a part of it; text boxes anchored there are put into boxes instead."""
    for child in element:
        if child.tag == "t":
            yield _newlines(child.text or "").replace("\n", " ")
        elif child.tag in _DOCX_CHARACTERS:
            yield _DOCX_CHARACTERS[child.tag]
        elif child.tag == "txbxContent":
            boxes.append(child)
        elif child.tag in ("pPr", "rPr", "del", "moveFrom", "Fallback", "rt"):
            continue
        elif child.tag != "r" or not _switched_on(child.find("rPr/vanish")):
            yield from _docx_inline(child, boxes)


def _switched_on(element: ElementTree.Element | None) -> bool:
    return element is not None and element.get("val", "1") not in ("0", "false", "off")


@dataclass(slots=True)
class _Level:
    """One level of a Word list: where it starts, its number format and the pattern of its label, as in "(%1)"."""

    start: int
    style: str
    pattern: str
    legal: bool


class _Numbering:
    """Counts the automatically numbered paragraphs of a Word file, as Word does when it shows them.

    unknown: how many labels used a number format that is not known here.
    """

    def __init__(self, numbering: ElementTree.Element, styles: ElementTree.Element) -> None:
        self.unknown = 0
        lists = {str(item.get("abstractNumId")): item for item in numbering.iter("abstractNum")}
        self._lists: dict[str, tuple[str, dict[int, _Level], dict[int, int]]] = {}
        for item in numbering.iter("num"):
            abstract = _value(item, "abstractNumId")
            if abstract in lists:
                levels = {_number(level.get("ilvl")): _level(level) for level in lists[abstract].findall("lvl")}
                restarts = {}
                for override in item.findall("lvlOverride"):
                    depth = _number(override.get("ilvl"))
                    if (own := override.find("lvl")) is not None:
                        levels[depth] = _level(own)
                    if override.find("startOverride") is not None:
                        restarts[depth] = _number(_value(override, "startOverride"))
                self._lists[str(item.get("numId"))] = abstract, levels, restarts
        self._styles = {str(style.get("styleId")): style for style in styles.iter("style")}
        self._style_depths = {_value(level, "pStyle"): _number(level.get("ilvl")) for level in numbering.iter("lvl")}
        self._counts: dict[str, dict[int, int]] = {}
        self._seen: set[str] = set()

    def label(self, paragraph: ElementTree.Element) -> str:
        """Count paragraph and return its label, "" when it has none or a bullet."""
        list_id, depth = self._membership(paragraph)
        if list_id not in self._lists:
            return ""
        abstract, levels, restarts = self._lists[list_id]
        if depth not in levels:
            return ""
        counts = self._counts.setdefault(abstract, {})
        if list_id not in self._seen:
            self._seen.add(list_id)
            for restarted in restarts:
                counts.pop(restarted, None)

        def start(at: int) -> int:
            return restarts.get(at, levels[at].start if at in levels else 1)

        counts[depth] = counts[depth] + 1 if depth in counts else start(depth)
        for deeper in [at for at in counts if at > depth]:
            del counts[deeper]
        level = levels[depth]
        if level.style in ("bullet", "none"):
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            style = "decimal" if level.legal or at not in levels else levels[at].style
            ordinal = _ordinal(style, counts.get(at, start(at)))
            self.unknown += ordinal is None
            return ordinal or ""

        unknown = self.unknown
        label = re.sub(r"%([1-9])", shown, level.pattern)
        return label if self.unknown == unknown else ""

    def _membership(self, paragraph: ElementTree.Element) -> tuple[str, int]:
        """The list a paragraph belongs to, directly or by its style, and its depth there; "" for none."""
        own = paragraph.find("pPr/numPr")
        if own is not None and own.find("numId") is not None:
            return _value(own, "numId"), _number(_value(own, "ilvl"))
        name = _value(paragraph.find("pPr"), "pStyle")
        named = name
        for _ in self._styles:  # styles may refer to each other in a circle
            style = self._styles.get(name)
            if style is None:
                break
            inherited = style.find("pPr/numPr")
            if inherited is not None and inherited.find("numId") is not None:
                depth = self._style_depths.get(named, self._style_depths.get(name, _number(_value(inherited, "ilvl"))))
                return _value(inherited, "numId"), depth
            name = _value(style, "basedOn")
        return "", 0


def _level(element: ElementTree.Element) -> _Level:
    return _Level(
        start=_number(_value(element, "start") or "1"),
        style=_value(element, "numFmt") or "decimal",
        pattern=_value(element, "lvlText"),
        legal=_switched_on(element.find("isLgl")),
    )


def _value(element: ElementTree.Element | None, child: str) -> str:
    found = None if element is None else element.find(child)
    return "" if found is None else found.get("val", "")


def _number(value: str | None) -> int:
    return _integer(value, 0)


# What makers of PDF files write for common characters that share a glyph with a radical or ligature.
_PDF_GLYPHS = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0x2F00, 0x2FD6), *range(0xFB00, 0xFB07))},
    **str.maketrans(
        "⼾⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻥⻦⻨⻩⻬⻮⻰⻳", "户民西见角贝车长门青韦页风飞食马鱼鸟麦黄齐齿龙龟"
    ),
}
_PDF_MARKER = re.compile(
    r"\s*([((\[]?(\d{1,3}|[IVXⅠ-Ⅻ]{1,5}|[ivxⅰ-ⅻ]{1,5}|[A-Za-z]|[一二三四五六七八九十百]{1,4})[.、.))\]::]"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节条部编篇]|[①-⑳⑴-⒇•·●■◆▪◦○–—-](?=\s|\W|$))"
)
_PDF_SENTENCE_END = re.compile(r"[.。;;::!!??…]\s*[\"'”’))」』\]]*\s*$")
_PDF_BOLD = re.compile("bold|black|heavy", re.I)
_PDF_FIRST_WORD = re.compile(rf"[\"'“‘((《〈「『【\[]*([{_CJK}]|[^\s{_CJK}]+)[,。、;:?!)》〉」』】”’,.;:?!)]*")


@dataclass(slots=True)
class _PdfLine:
    """One printed line; lengths are points and y grows upwards.

    ends: right edge of each character of text, the same length as text.
    bold: the weights that occur in the line.
    run: number of the block, column or table cell the line belongs to, counted through the file.
    edge: how far right a line could have gone at this place.
    indent: distance from the left edge of the page's text or of the column.
    The last three are set when all lines are known.
    """

    page: int
    baseline: float
    size: float
    x0: float
    text: str = ""
    ends: list[float] = field(default_factory=list)
    bold: set[bool] = field(default_factory=set)
    run: int = 0
    edge: float = 0.0
    indent: float = 0.0

    @property
    def x1(self) -> float:
        """Right edge of the last visible character; the spaces behind it may stick out of the margin."""
        return self.ends[len(self.text.rstrip()) - 1]

    def add(self, text: str, end: float) -> None:
        self.text += text
        self.ends += [end] * len(text)

    def room_for(self, other: _PdfLine) -> bool:
        """Whether the first word of other would have fitted behind this line."""
        word = _PDF_FIRST_WORD.match(other.text)
        width = other.ends[word.end() - 1] - other.x0 if word else 0.0
        return self.edge - self.ends[-1] > width + 0.35 * self.size


def _pdf(data: bytes) -> tuple[str, list[str]]:
    """Paragraphs of a PDF's text layer, without page numbers and lines repeated on the pages."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser

    class Page(PDFPageAggregator):
        """Collects the characters of one page, as long as there are not absurdly many."""

        page_chars = all_chars = 0

        def begin_page(self, *args: Any) -> None:
            self.page_chars = 0
            super().begin_page(*args)

        def render_char(self, *args: Any) -> float:
            self.page_chars += 1
            self.all_chars += 1
            if self.page_chars > MAX_PDF_PAGE_CHARS or self.all_chars > MAX_PDF_CHARS:
                raise DocumentError("holds more text than a document can have", _DAMAGED)
            return super().render_char(*args)

    # Its warnings concern fonts and colours and would end up between a program's own output.
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    _refuse_pdf_bomb(data)
    resources = PDFResourceManager()
    device = Page(resources, laparams=None)
    interpreter = PDFPageInterpreter(resources, device)
    lines: list[_PdfLine] = []
    pages = 0
    try:
        for page in PDFPage.create_pages(PDFDocument(PDFParser(io.BytesIO(data)))):
            pages += 1
            if pages > MAX_PDF_PAGES:
                raise DocumentError(f"has more than {MAX_PDF_PAGES} pages", "split it")
            interpreter.process_page(page)
            lines += _pdf_lines(_pdf_chars(device.get_result()), pages)
    except PDFEncryptionError as error:
        raise DocumentError("is encrypted with a password", "save a copy without the password") from error
    if not pages:
        raise DocumentError("is a damaged PDF (it has no pages)", _DAMAGED)
    characters = sum(len(line.text) for line in lines)
    unknown = sum(line.text.count("\ufffd") for line in lines)
    if 2 * unknown >= characters:
        problem = "its fonts do not say which characters they show" if unknown else "its pages are pictures"
        raise DocumentError(f"is a PDF without a text layer: {problem}", "run text recognition (OCR) on it first")
    body = _pdf_body(lines)
    notes = []
    if dropped := len(lines) - len(body):
        notes.append(f"{dropped} page numbers and repeated page headers or footers were left out.")
    if unknown:
        notes.append(f"{unknown} characters are not named by their font and were replaced by \ufffd.")
    return "\n".join(_pdf_paragraphs(body)), notes


def _refuse_pdf_bomb(data: bytes) -> None:
    """Raise DocumentError when the compressed streams together hold more than MAX_EXPANDED_BYTES."""
    budget = MAX_EXPANDED_BYTES
    for match in re.finditer(rb"stream\r?\n", data):
        inflate = zlib.decompressobj()
        chunk = data[match.end() : match.end() + 2]
        if len(chunk) < 2 or chunk[0] & 0x0F != 8 or int.from_bytes(chunk) % 31:
            continue  # not the header of a zlib stream
        position = match.end()
        try:
            while position < len(data) and not inflate.eof and budget > 0:
                pending = inflate.unconsumed_tail
                if not pending:
                    pending = data[position : position + 65536]
                    position += len(pending)
                budget -= len(inflate.decompress(pending, 1_000_000))
        except zlib.error:
            continue
        if budget <= 0:
            raise DocumentError(f"would expand to more than {MAX_EXPANDED_BYTES // 10**6} MB", _DAMAGED)


def _pdf_chars(item: Any) -> Iterator[Any]:
    """The characters of a page and the forms on it, in the order they are drawn."""
    from pdfminer.layout import LTChar, LTContainer

    for child in item:
        if isinstance(child, LTChar):
            yield child
        elif isinstance(child, LTContainer):
            yield from _pdf_chars(child)


def _pdf_lines(chars: Iterable[Any], page: int) -> list[_PdfLine]:
    """Printed lines in drawing order, which the usual makers of PDF files keep to the order of reading."""
    rows: list[list[Any]] = []
    for char in chars:
        if abs(char.matrix[1]) > 0.2 * abs(char.matrix[0]):
            continue  # text at an angle: watermarks and labels of drawings
        height = abs(char.matrix[5] - rows[-1][0].matrix[5]) if rows else math.inf
        if height <= 0.5 * max(char.size, rows[-1][0].size if rows else 0.0):
            rows[-1].append(char)
        else:
            rows.append([char])
    lines: list[_PdfLine] = []
    for row in rows:
        line: _PdfLine | None = None
        # Within a row some makers draw the spaces, or each font's characters, in an order of their own.
        for char in sorted(row, key=lambda char: char.x0):
            text = char.get_text().translate(_PDF_GLYPHS)
            text = "\ufffd" if text.startswith("(cid:") else _CONTROLS.sub("", re.sub(r"\s", " ", text))
            gap = char.x0 - line.ends[-1] if line else math.inf
            if line and not text.strip():
                line.add(text, char.x1)
            elif line and text == line.text[-1] and gap < -0.7 * char.width:
                continue  # bold type made by printing twice
            # A list number may stand far in front of its paragraph, a table cell may not.
            elif line and (gap <= 3 * char.size or _PDF_MARKER.fullmatch(line.text.rstrip())):
                # Ideographs are set apart from other writing by up to a quarter of their size without any space.
                wide = 0.6 if _CJK_CHAR.search(line.text[-1] + text) else 0.2
                if gap > wide * char.size and not line.text.endswith(" "):
                    line.add(" ", char.x0)
                line.add(text, char.x1)
                line.size = max(line.size, char.size)
                line.bold.add(_PDF_BOLD.search(char.fontname) is not None)
            elif text.strip():
                line = _PdfLine(page, char.matrix[5], char.size, char.x0)
                line.add(text, char.x1)
                line.bold.add(_PDF_BOLD.search(char.fontname) is not None)
                lines.append(line)
    return lines


def _pdf_body(lines: list[_PdfLine]) -> list[_PdfLine]:
    """lines without those at the top or bottom of the pages that recur there with other digits at most."""
    margins: dict[int, list[_PdfLine]] = {}
    for number, group in groupby(lines, lambda line: line.page):
        descending = sorted(group, key=lambda line: -line.baseline)
        margins[number] = descending[:3] + descending[3:][-3:]

    def recurring(line: _PdfLine) -> tuple[str, int]:
        text = line.text.strip()
        return re.sub(r"\d+|^[ivxlc]+$", "#", text), round(line.baseline)

    counts = Counter(key for page in margins.values() for key in {recurring(line) for line in page})
    enough = max(2.0, 0.4 * len(margins))  # left and right pages may differ, and the first page from both
    dropped = {id(line) for page in margins.values() for line in page if counts[recurring(line)] >= enough}
    return [line for line in lines if id(line) not in dropped]


@dataclass(frozen=True, slots=True)
class _PdfStyle:
    """How a document sets its paragraphs, learnt from the lines that were wrapped and those that were not.

    pitch: distance of the lines within a paragraph, in units of the font size.
    first, rest: usual indent of a paragraph's first line and of its other lines, in points.
    """

    pitch: float
    first: float
    rest: float

    @classmethod
    def of(cls, lines: list[_PdfLine]) -> _PdfStyle:
        wrapped = [pair for pair in pairwise(lines) if pair[0].run == pair[1].run and not pair[0].room_for(pair[1])]
        begun = [line for above, line in pairwise(lines) if above.room_for(line)]
        pitches = [(above.baseline - line.baseline) / max(above.size, line.size) for above, line in wrapped]
        return cls(
            pitch=median(pitches) if pitches else 1.5,
            first=_commonest([line.indent for line in begun]),
            rest=_commonest([line.indent for _, line in wrapped]),
        )


def _commonest(lengths: list[float]) -> float:
    return float(Counter(map(round, lengths)).most_common(1)[0][0]) if lengths else 0.0


def _pdf_paragraphs(lines: list[_PdfLine]) -> Iterator[str]:
    """Join the printed lines that belong to one paragraph."""
    _set_edges(lines)
    style = _PdfStyle.of(lines)
    words = {word for line in lines for word in re.findall(r"[a-z]+", line.text.lower())[:-1]}
    paragraph: list[_PdfLine] = []
    for line, after in zip_longest(lines, lines[1:]):
        if paragraph and _starts_paragraph(line, paragraph, after, style):
            yield _pdf_text(paragraph, words)
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield _pdf_text(paragraph, words)


def _set_edges(lines: list[_PdfLine]) -> None:
    """Fill in run, edge and indent of all lines."""
    for above, line in pairwise(lines):
        drop = above.baseline - line.baseline
        line.run = above.run + (above.page != line.page or not 0.3 * line.size < drop < 4 * line.size)
    # A few lines may stick out of the margin, so the edge is not simply the largest.
    rights = sorted((line.x1 for line in lines), reverse=True)
    page_edge = rights[len(rights) // 50] if rights else 0.0
    for _, group in groupby(lines, lambda line: line.page):
        page = list(group)
        page_left = min(line.x0 for line in page)
        runs = [list(run) for _, run in groupby(page, lambda line: line.run)]
        boxes = [
            (min(one.x0 for one in run), max(one.x1 for one in run), run[-1].baseline, run[0].baseline + run[0].size)
            for run in runs
        ]
        for run, (left, right, bottom, top) in zip(runs, boxes, strict=True):
            level = [(x0, x1) for x0, x1, low, high in boxes[:MAX_PDF_PAGE_RUNS] if low < top and high > bottom]
            narrow = any(x0 >= right or x1 <= left for x0, x1 in level)
            for line in run:
                line.edge = right if any(x0 >= right for x0, _ in level) else max(page_edge, line.x1)
                line.indent = line.x0 - (left if narrow else page_left)
            if narrow and len(run) < 8:
                run[-1].edge = math.inf  # a table cell ends here and with it the paragraph, full line or not


def _starts_paragraph(line: _PdfLine, paragraph: list[_PdfLine], after: _PdfLine | None, style: _PdfStyle) -> bool:
    """Whether line, which is followed by after, begins a new paragraph after the lines of paragraph."""
    above = paragraph[-1]
    if _apart(above, line, style):
        return True
    sentence_ends = _PDF_SENTENCE_END.search(above.text) is not None
    if sentence_ends and _PDF_MARKER.match(line.text):
        return True
    size = max(above.size, line.size)
    if abs(style.first - style.rest) > 0.8 * size:
        if abs(line.indent - style.rest) < 0.5 * size:
            return False
        if abs(line.indent - style.first) < 0.5 * size:
            return True
    if above.run != line.run:
        # Paragraphs are seldom torn so that a single line is left on one of the pages.
        alone = len(paragraph) == 1 or paragraph[-2].run != above.run
        if sentence_ends and (alone or after is None or after.run != line.run or _apart(line, after, style)):
            return True
        if len(paragraph) == 1 and line.text[0].isupper():
            return True
    if abs(above.x0 + above.x1 - line.x0 - line.x1) < size:
        return False  # centred
    if len(paragraph) > 1:
        return abs(line.indent - paragraph[1].indent) > 0.5 * size
    return line.indent > above.indent + 0.5 * size and not _PDF_MARKER.match(above.text)


def _apart(above: _PdfLine, line: _PdfLine, style: _PdfStyle) -> bool:
    """Whether space, size or weight set line off from the line above."""
    size = max(above.size, line.size)
    # Ideographs among Latin letters come from another font and spread the lines.
    usual = style.pitch * size * (1.35 if _CJK_CHAR.search(above.text + line.text) else 1.12)
    return (
        above.room_for(line)
        or abs(above.size - line.size) > 0.15 * size
        or above.bold.isdisjoint(line.bold)
        or (above.page == line.page and above.baseline - line.baseline > usual)
    )


def _pdf_text(paragraph: list[_PdfLine], words: set[str]) -> str:
    """The text of a paragraph; words are those of the document, which tell hyphens of the wrapping from real ones."""
    text = ""
    for line in paragraph:
        broken = re.search(r"([A-Za-z]+)[-‐]$", text)
        rest = re.match(r"[a-z]+", line.text)
        if text.endswith("\u00ad") or (broken and rest and (broken[1] + rest[0]).lower() in words):
            text = text[:-1] + line.text
        elif not text or re.search(r"\s$|\S[-‐–—/]$", text):
            text += line.text
        else:
            text = _joined(text, line.text)
    return re.sub(" +", " ", text.replace("\u00ad", "")).strip()
