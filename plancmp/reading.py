"""The one reader of input files: plain text, Markdown, HTML, Word (docx) and PDF become lines of text.

The format is recognised by the content first and by the file name's ending second. Nothing is fetched from a
network, no macro or script runs, and what a compressed file may expand to is bounded.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .errors import DocumentError

MAX_FILE_BYTES = 100_000_000
MAX_EXPANDED_BYTES = 200_000_000
MAX_EXPANSION = 200  # times the size of the file; text in Word files stays below 50

DAMAGED = "open it in the program that made it, save it again and retry"
# Ideographs, kana and the punctuation set with them; Korean is left out because it separates words by spaces.
CJK = "\u2e80-\u303e\u3041-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff65\U00020000-\U0003ffff"
CJK_CHAR = re.compile(f"[{CJK}]")
_HTML_START = re.compile(r"\s*(<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+(<!doctype\s+html|<html[\s>])", re.I | re.S)
_HTML_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]+?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I)
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


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
            from . import pdf

            text, notes = _guarded(pdf.lines_of, data, "PDF")
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
        raise DocumentError(f"is a damaged {what} ({reason})", DAMAGED) from error


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
    return "\0" not in text and len(CONTROLS.findall(text)) * 100 <= len(text)


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
        text = re.sub(rf"(?<=[{CJK}])[ \t\f]*\n[ \t\n\f]*(?=[{CJK}])", "", text)
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
    return text if not label or text.startswith(label) else joined(label, text)


def joined(left: str, right: str) -> str:
    """Two pieces of one line with a space between them, or nothing where ideographs or their punctuation meet."""
    return left + ("" if CJK_CHAR.match(left[-1:]) or CJK_CHAR.match(right) else " ") + right


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
        raise DocumentError("contains a document type definition, which Word never writes", DAMAGED)

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
        raise DocumentError(f"would expand to {expanded // 10**6} MB, far more than a document needs", DAMAGED)

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
