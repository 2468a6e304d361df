"""Word files (docx) to lines: paragraphs and table cells with their automatic numbers."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from ..errors import DocumentError
from .layout import DAMAGED, MAX_EXPANDED_BYTES, MAX_EXPANSION, Line, integer, labelled, ordinal, unix_newlines


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


def read_docx(data: bytes) -> tuple[list[Line], list[str]]:
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
    lines = list(_docx_lines(document, numbering, itertools.count(1)))
    notes = [
        f"{count} {what}."
        for what, count in (
            ("footnotes or endnotes were left out", len([*document.iter("footnoteReference")])),
            ("tracked deletions were left out", len([*document.iter("delText")])),
            ("automatic numbers could not be computed", numbering.unknown),
        )
        if count
    ]
    return lines, notes


def _docx_lines(element: ElementTree.Element, numbering: _Numbering, rows: Iterator[int]) -> Iterator[Line]:
    """The lines of a part of the document; rows counts the table rows of the whole document."""
    for child in element:
        if child.tag == "p":
            boxes: list[ElementTree.Element] = []
            text = "".join(_docx_inline(child, boxes))
            if text.strip() or child.find("pPr/rPr/del") is None:
                label = numbering.label(child)
                heading = numbering.heading_level(child)
                bold = bool(text.strip()) and _all_bold(child)
                for words in (labelled(label, text) if text.strip() else text).split("\n"):
                    yield Line(words, heading if words.strip() else 0, bold, 0 if label else numbering.bullet)
            for box in boxes:
                yield from _docx_lines(box, numbering, rows)
        elif child.tag == "tbl" and child.find(".//tc//tbl") is None and len(child.findall("tr")) > 1:
            yield from _table_lines(child, numbering, rows)
        elif child.tag not in ("del", "moveFrom", "Fallback"):
            yield from _docx_lines(child, numbering, rows)


def _table_lines(table: ElementTree.Element, numbering: _Numbering, rows: Iterator[int]) -> Iterator[Line]:
    for table_row in table.findall("tr"):
        row, column = next(rows), integer(_value(table_row.find("trPr"), "gridBefore"), 0)
        for cell in table_row.iter("tc"):
            for line in _docx_lines(cell, numbering, rows):
                yield replace(line, row=row, column=column, heading=0, bullet=0)
            column += min(max(integer(_value(cell.find("tcPr"), "gridSpan"), 1), 1), 1000)


def _all_bold(paragraph: ElementTree.Element) -> bool:
    """True where every run of the paragraph that shows something is bold by its own properties."""
    shown = [run for run in paragraph.iter("r") if any((text.text or "").strip() for text in run.iter("t"))]
    return bool(shown) and all(_switched_on(run.find("rPr/b")) for run in shown)


_DOCX_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _docx_inline(element: ElementTree.Element, boxes: list[ElementTree.Element]) -> Iterator[str]:
    """The text of a paragraph or a part of it; text boxes anchored there are put into boxes instead."""
    for child in element:
        if child.tag == "t":
            yield unix_newlines(child.text or "").replace("\n", " ")
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
    bullet: depth of the bullet list (from 1) that the paragraph counted last is in, or 0.
    """

    def __init__(self, numbering: ElementTree.Element, styles: ElementTree.Element) -> None:
        self.unknown = 0
        self.bullet = 0
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
        self.bullet = 0
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
        if level.style == "bullet":
            self.bullet = depth + 1
        if level.style in ("bullet", "none"):
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            style = "decimal" if level.legal or at not in levels else levels[at].style
            printed = ordinal(style, counts.get(at, start(at)))
            self.unknown += printed is None
            return printed or ""

        unknown = self.unknown
        label = re.sub(r"%([1-9])", shown, level.pattern)
        return label if self.unknown == unknown else ""

    def heading_level(self, paragraph: ElementTree.Element) -> int:
        """The level of the heading that the paragraph is, 1 (the title too) to 6, or 0."""
        outline = _value(paragraph.find("pPr"), "outlineLvl")
        name = _value(paragraph.find("pPr"), "pStyle")
        for _ in self._styles:
            style = self._styles.get(name)
            if outline or style is None:
                break
            if _value(style, "name").casefold() == "title":
                return 1
            outline = _value(style.find("pPr"), "outlineLvl")
            name = _value(style, "basedOn")
        depth = integer(outline, 9)
        return min(depth + 2, 6) if depth < 9 else 0

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
    return integer(value, 0)
