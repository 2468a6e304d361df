"""The text layer of a PDF as paragraphs: wrapped lines joined, page numbers and running heads left out.

A PDF holds characters with coordinates. Lines, columns and paragraphs are rebuilt from geometry, and what a file may make the
reader do is bounded. Used by reader.py alone.
"""

from __future__ import annotations

import io
import logging
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise, zip_longest
from statistics import median
from typing import Any

from ..errors import DocumentError
from . import layout

MAX_PDF_PAGES = 2000
MAX_PDF_PAGE_CHARS = 200_000
MAX_PDF_PAGE_RUNS = 1000  # columns and table cells that are compared with each other
MAX_PDF_CHARS = 20_000_000

# What makers of PDF files write for common characters that share a glyph with a radical or ligature.
_PDF_GLYPHS = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0x2F00, 0x2FD6), *range(0xFB00, 0xFB07))},
    **str.maketrans(
        "⼾⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻥⻦⻨⻩⻬⻮⻰⻳", "户民西见角贝车长门青韦页风飞食马鱼鸟麦黄齐齿龙龟"
    ),
}
_PDF_MARKER = re.compile(
    r"\s*([((\[]?(\d{1,3}|[IVXⅠ-Ⅻ]{1,5}|[ivxⅰ-ⅻ]{1,5}|[A-Za-z]|[一二三四五六七八九十百]{1,4})[.、.))\]::]"
    r"|(?:任务|行动|举措|措施|工程|项目|任務|行動)[(\uff08]?[一二三四五六七八九十百\d]{1,4}[)\uff09]?[:\uff1a、.\s]"
    r"|(?:Action|Article|Chapter|Commitment|Goal|Item|Measure|Objective|Part|Priority|Section|Step|Task)"
    r"\s+(?:[Nn]o\.?\s*)?[\dIVX][\dIVX.]{0,5}[.::)]?\s|§\s*\d{1,3}"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节条部编篇]|[①-⑳⑴-⒇•·●■◆▪◦○–—-](?=\s|\W|$))"
)
_PDF_SENTENCE_END = re.compile(r"[.。;;::!!??…]\s*[\"'”’))」』\]]*\s*$")
_PDF_BOLD = re.compile("bold|black|heavy", re.I)
_PDF_FIRST_WORD = re.compile(
    rf"[\"'“‘((《〈「『【\[]*([{layout.CJK}]|[^\s{layout.CJK}]+)[,。、;:?!)》〉」』】”’,.;:?!)]*"
)


@dataclass(slots=True)
class _PdfLine:
    """One printed line; lengths are points and y grows upwards.

    ends: right edge of each character of text, the same length as text.
    bold: the weights that occur in the line.
    run: number of the block, column or table cell the line belongs to, counted through the file.
    edge: x coordinate up to which the line could have been filled.
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

    def would_fit(self, other: _PdfLine) -> bool:
        """Whether the first word of other would have fitted behind this line."""
        word = _PDF_FIRST_WORD.match(other.text)
        width = other.ends[word.end() - 1] - other.x0 if word else 0.0
        return self.edge - self.ends[-1] > width + 0.35 * self.size


def read_pdf(data: bytes) -> tuple[str, list[str]]:
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
                raise DocumentError("holds more text than a document can have", layout.DAMAGED)
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
        raise DocumentError("is a damaged PDF (it has no pages)", layout.DAMAGED)
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
    """Raise DocumentError when the compressed streams together hold more than layout.MAX_EXPANDED_BYTES."""
    budget = layout.MAX_EXPANDED_BYTES
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
            raise DocumentError(f"would expand to more than {layout.MAX_EXPANDED_BYTES // 10**6} MB", layout.DAMAGED)


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
        blank: tuple[float, float] | None = None
        # Within a row some makers draw the spaces, or each font's characters, in an order of their own.
        for char in sorted(row, key=lambda char: char.x0):
            text = char.get_text().translate(_PDF_GLYPHS)
            text = "\ufffd" if text.startswith("(cid:") else layout.CONTROLS.sub("", re.sub(r"\s", " ", text))
            gap = char.x0 - line.ends[-1] if line else math.inf
            if line and not text.strip():
                line.add(text, char.x1)
            elif line and text == line.text[-1] and gap < -0.7 * char.width:
                continue  # bold type made by printing twice
            # A list number may stand far in front of its paragraph, a table cell may not.
            elif line and (gap <= 3 * char.size or _PDF_MARKER.fullmatch(line.text.rstrip())):
                # Ideographs are set apart from other writing by up to a quarter of their size without any space.
                wide = 0.6 if layout.CJK_CHAR.search(line.text[-1] + text) else 0.2
                if gap > wide * char.size and not line.text.endswith(" "):
                    line.add(" ", char.x0)
                line.add(text, char.x1)
                line.size = max(line.size, char.size)
                line.bold.add(_PDF_BOLD.search(char.fontname) is not None)
            elif not text.strip():
                blank = (blank[0] if blank and char.x0 - blank[1] < 0.1 * char.size else char.x0, char.x1)
            else:
                # A stray space or two that stood where a line was wrapped is no indent.
                stray = blank is not None and abs(char.x0 - blank[1]) < 0.1 * char.size
                start = blank[0] if blank and stray and char.x0 - blank[0] < 0.8 * char.size else char.x0
                line = _PdfLine(page, char.matrix[5], char.size, start)
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
    def from_lines(cls, lines: list[_PdfLine]) -> _PdfStyle:
        wrapped = [pair for pair in pairwise(lines) if pair[0].run == pair[1].run and not pair[0].would_fit(pair[1])]
        begun = [line for above, line in pairwise(lines) if above.would_fit(line)]
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
    style = _PdfStyle.from_lines(lines)
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
    # Headers and page numbers stand further right than any paragraph; they share their left edge with few lines.
    lefts = Counter(round(line.x0) for line in lines)
    body = [line for line in lines if lefts[round(line.x0)] >= max(3, 0.05 * len(lines))]
    # A few lines may stick out of the margin, so the edge is not simply the largest.
    rights = sorted((line.x1 for line in (body if len(body) > 5 else lines)), reverse=True)
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
    # A responsibility clause ends a task with a bracket alone.
    if _PDF_MARKER.match(line.text) and (sentence_ends or above.text.rstrip().endswith((")", "）"))):
        return True
    size = max(above.size, line.size)
    if abs(style.first - style.rest) > 0.8 * size:
        if abs(line.indent - style.rest) < 0.5 * size:
            return False
        if abs(line.indent - style.first) < 0.5 * size:
            return True
    if above.run != line.run:
        # Paragraphs are seldom torn so that a single line is left on one of the pages.
        single_line = len(paragraph) == 1 or paragraph[-2].run != above.run
        if sentence_ends and (single_line or after is None or after.run != line.run or _apart(line, after, style)):
            return True
        # "(China National Intellectual Property" at the foot of a page goes on at the top of the next.
        begins = line.text[0].isupper() or (_PDF_MARKER.match(line.text) and _PDF_MARKER.match(above.text))
        if len(paragraph) == 1 and begins and not _leaves_bracket_open(above.text):
            return True
    if abs(above.x0 + above.x1 - line.x0 - line.x1) < size:
        return False  # centred
    if len(paragraph) > 1:
        return abs(line.indent - paragraph[1].indent) > 0.5 * size
    return line.indent > above.indent + 0.5 * size and not _PDF_MARKER.match(above.text)


def _leaves_bracket_open(text: str) -> bool:
    return len(re.findall("[(（]", text)) > len(re.findall("[)）]", text))


def _apart(above: _PdfLine, line: _PdfLine, style: _PdfStyle) -> bool:
    """Whether space, size or weight set line off from the line above."""
    size = max(above.size, line.size)
    # Ideographs among Latin letters come from another font and spread the lines.
    usual = style.pitch * size * (1.35 if layout.CJK_CHAR.search(above.text + line.text) else 1.12)
    return (
        above.would_fit(line)
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
            text = layout.joined(text, line.text)
    return re.sub(" +", " ", text.replace("\u00ad", "")).strip()
