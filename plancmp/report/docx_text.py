"""Paragraphs of a Word document, and what stands inside them: marked words, bookmarks, links, fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from .blocks import Words
from .docx_template import MARK_STYLES
from .word_diff import Run


class Paragraphs:
    """Writes the paragraphs of one document, whose styles are all there."""

    def __init__(self, document: Document, words: Words) -> None:
        self.document, self.words = document, words
        # Looking a style up by name each time is slow.
        self.ids = {style.name: style.style_id for style in document.styles}
        self._bookmarks = 0

    def line(self, style: str, text: str = "", within: Any = None) -> Paragraph:
        """A new paragraph in the body or a cell."""
        line: Paragraph = (within or self.document).add_paragraph(text)
        line._p.style = self.ids[style]
        return line

    def first(self, cell: Any) -> Paragraph:
        """The first paragraph of a cell."""
        line: Paragraph = cell.paragraphs[0]
        line._p.style = self.ids["Briefing Cell"]
        return line

    def fact(self, line: Paragraph, key: str, text: str) -> None:
        """Add a fact: its name, then what it is."""
        line.add_run(f"{self.words(key)}{self.words('colon')}").bold = True
        line.add_run(text)

    def tagged(self, line: Paragraph, runs: Iterable[Run]) -> None:
        """Add words, each run in the look of its kind of change."""
        for run in runs:
            piece = line.add_run(run.text)
            if run.kind in MARK_STYLES:
                piece._r.style = self.ids[MARK_STYLES[run.kind]]
            set_language(piece)

    def bookmarked(self, line: Paragraph, text: str, anchor: str) -> None:
        """Add words that a link can lead to."""
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (start, end):
            mark.set(qn("w:id"), str(self._bookmarks))
        start.set(qn("w:name"), _bookmark(anchor))
        self._bookmarks += 1
        line._p.append(start)
        line.add_run(text)
        line._p.append(end)

    def link(self, line: Paragraph, text: str, anchor: str) -> None:
        """Add words that lead to a bookmark."""
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), _bookmark(anchor))
        run = line.add_run(text)
        run.underline = True
        link.append(run._r)
        line._p.append(link)

    def footer(self) -> None:
        """`Page 3 of 12` as fields, in a footer that a template has not filled."""
        footer = self.document.sections[-1].footer
        if any(
            line.text.strip() or len(line._p.xpath(".//w:fldSimple | .//w:instrText")) for line in footer.paragraphs
        ):
            return
        line = footer.paragraphs[0] if footer.paragraphs else footer.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for number, (key, code) in enumerate((("page", "PAGE"), ("of", "NUMPAGES"))):
            line.add_run(f"{' ' if number else ''}{self.words(key)} ")
            self._field(line, code)

    def _field(self, line: Paragraph, code: str) -> None:
        for kind in ("begin", "code", "separate", "text", "end"):
            run = line.add_run("1" if kind == "text" else "")
            if kind == "code":
                element = OxmlElement("w:instrText")
                element.set(qn("xml:space"), "preserve")
                element.text = f" {code} "
                run._r.append(element)
            elif kind != "text":
                element = OxmlElement("w:fldChar")
                element.set(qn("w:fldCharType"), kind)
                run._r.append(element)


def set_language(run: Any) -> None:
    """The language of a run, so that spelling and quotation marks follow it."""
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    run._r.get_or_add_rPr().append(language)


def _bookmark(anchor: str) -> str:
    """A name that Word takes: letters, digits and underscores, at most 40."""
    return ("b_" + "".join(char if char.isalnum() and char.isascii() else "_" for char in anchor))[:40]
