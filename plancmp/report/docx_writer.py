"""A briefing as a Word document, in Word's own styles: headings, tables with repeated header rows, page numbers.

A firm's template brings its styles, page, letterhead and footer; styles that it lacks are added, those that it has are
kept. What changed in a task is tracked as Word tracks it: accepted it is the new text, rejected the old one.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx.document import Document
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph as Text

from .. import files
from ..errors import DocumentError
from . import archive, docx_template
from .blocks import Block, Briefing, Change, Flow, Heading, Legend, Line, Paragraph, Points, Quote, Table
from .docx_revisions import Revisions
from .docx_tables import Tables
from .docx_text import Paragraphs
from .markup import body_lines
from .word_diff import SAME, Run

# How changes are marked: as Word tracks them, or by the look of the words.
MARKS = ("tracked", "formatting")
# Who is named as the author of tracked changes and comments where the briefing names none.
_AUTHOR = "plancmp"
# What may stand at the end of a task and not of its only commitment.
_STOPS = " .;；。"


def write(briefing: Briefing, path: Path, template: Path | None = None, marks: str = "tracked") -> None:
    """Write the briefing. template: a .docx or .dotx whose styles, page, header and footer it takes; its text is left out.
    marks: tracked or formatting.

    Raises UsageError where the template does not exist, DocumentError where it is no Word document.
    """
    document = docx_template.empty_document(template)
    body = docx_template.add_styles(document, own=template is None)
    _Drawing(document, briefing, body, tracked=marks == "tracked").draw()
    out = io.BytesIO()
    try:
        document.save(out)
    except ValueError as error:
        # A zip archive knows no time before 1980.
        raise DocumentError(f"the Word document cannot be put together: {error}", "set the computer's clock") from None
    files.write_output(path, archive.sealed(archive.without_timestamps(out.getvalue())))


class _Drawing:
    """One document while it is being drawn. body: the style of running text."""

    def __init__(self, document: Document, briefing: Briefing, body: str, tracked: bool) -> None:
        self.document, self.briefing, self.body, self.tracked = document, briefing, body, tracked
        self.words = briefing.words
        try:
            self.day = datetime.datetime.fromisoformat(briefing.date).replace(tzinfo=None)
        except ValueError:
            self.day = datetime.datetime(1980, 1, 1)
        self.paragraphs = Paragraphs(document, self.words)
        self.tables = Tables(self.paragraphs)
        self.revisions = Revisions(self.paragraphs, briefing.author or _AUTHOR, self.day)

    def _properties(self) -> None:
        """Title, author and dates, so that the same briefing is the same file."""
        core = self.document.core_properties
        core.title, core.author, core.last_modified_by = self.briefing.title[:255], self.briefing.author[:255], ""
        core.comments, core.keywords, core.revision = "", "", 1
        core.language = self.words("lang")
        core.created = core.modified = self.day

    def draw(self) -> None:
        """The whole briefing."""
        self._properties()
        self.paragraphs.footer()
        self.paragraphs.line("Title", self.briefing.title)
        waiting = self.briefing.contents
        for block in self.briefing.blocks:
            if waiting and isinstance(block, Heading):
                self._contents()
                waiting = False
            self._block(block)

    def _contents(self) -> None:
        """The parts and their sections, each a link."""
        self.paragraphs.line(self.body).add_run(self.words("contents")).bold = True
        for block in self.briefing.blocks:
            if isinstance(block, Heading) and block.level <= 2:
                line = self.paragraphs.line("Briefing Contents")
                if block.level == 2:
                    line.paragraph_format.left_indent = Cm(0.8)
                self.paragraphs.link(line, block.text.rpartition(" › ")[2], block.anchor)

    def _block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self.paragraphs.bookmarked(self.paragraphs.line(f"Heading {block.level}"), block.text, block.anchor)
        elif isinstance(block, Paragraph):
            if block.text:
                styles = {
                    "warning": "Briefing Warning",
                    "small": "Briefing Citation",
                    "placeholder": "Briefing Placeholder",
                }
                self.paragraphs.line(styles.get(block.kind, self.body), block.text)
        elif isinstance(block, Points):
            for name, text, anchor in block.points:
                line = self.paragraphs.line("List Bullet")
                if anchor:
                    self.paragraphs.link(line, name, anchor)
                elif name:
                    line.add_run(name).bold = True
                line.add_run(f"{self.words('colon')}{text}" if name else text)
        elif isinstance(block, Legend):
            if not self.tracked:
                self.paragraphs.tagged(self.paragraphs.line(self.body), block.runs)
        elif isinstance(block, Flow):
            self.tables.draw(block.summary)
        elif isinstance(block, Table):
            self.tables.draw(block)
        else:
            self._change(block)

    def _change(self, change: Change) -> None:
        """A task or a pair: a heading, its text with tracked changes, each commitment in a row, then bodies and notes."""
        words = self.words
        heading = self.paragraphs.line("Heading 3")
        self.paragraphs.bookmarked(heading, f"{change.name}{words('colon')}{change.label}", change.anchor)
        if self.tracked:
            self.revisions.track(change.tracked)
            for remark in change.remarks:
                self.revisions.comment(heading._p[0 if heading._p.pPr is None else 1], heading._p[-1], remark)
        citation = self.paragraphs.line(
            "Briefing Citation", words("semicolon").join(side.place for side in change.sides)
        )
        citation.paragraph_format.keep_with_next = True
        bodies, remarks = list(body_lines(change, words)), () if self.tracked else change.remarks
        facts = [("bodies", words("semicolon").join(bodies))] if bodies else []
        facts += [("note", note) for note in (*remarks, *change.notes)]
        if len(change.sides) == 1 and bodies:
            citation.add_run(words("separator"))
            self.paragraphs.fact(citation, *facts.pop(0))
        told = self._is_told(change)
        paired = [] if told else [row for row in change.lines if len(row.quotes) > 1]
        if paired:
            self._compared(paired)
        is_open = change.state == "undetermined"
        below = [self._listed(row, self._beside(row, is_open), told) for row in change.lines if row not in paired]
        if paired and below:
            _space(below[0])
        for index, (key, text) in enumerate(facts):
            line = self.paragraphs.line("Briefing Fact")
            if paired and not index and not below:
                _space(line)
            self.paragraphs.fact(line, key, text)

    def _is_told(self, change: Change) -> bool:
        """True where the text with tracked changes is that of one commitment on each side, which needs no second printing."""
        return (
            self.tracked
            and len(change.lines) == 1
            and all(
                quote.text.strip(_STOPS) == side.text.strip(_STOPS)
                for quote, side in zip(change.lines[0].quotes, change.sides, strict=False)
            )
        )

    def _listed(self, line: Line, beside: Sequence[str], told: bool) -> Text:
        """A commitment in a paragraph. told: its words stand above. beside: what else is said of it."""
        text = self.paragraphs.line("Briefing Commitment")
        self._status(text, line)
        text.add_run(" ")
        if told:
            text.add_run(" → ".join(quote.name for quote in line.quotes)).bold = True
        else:
            self._quoted(text, line.quotes[0])
        for reason in beside:
            text.add_run(self.words("separator"))
            text.add_run(reason).italic = True
        return text

    def _compared(self, lines: Sequence[Line]) -> None:
        """Commitments and their counterparts side by side, each pair in a row of a table."""
        words = self.words
        beside = [self._beside(row) for row in lines]
        # What would be empty all the way down takes no room.
        why = any(beside)
        header = [words("status"), words("old"), words("new"), *([words("why")] if why else [])]
        grid = self.tables.grid(header, (20, 32, 32, 20)[: len(header)])
        for row, reasons in zip(lines, beside, strict=True):
            self._commitment(grid, row, reasons)

    def _beside(self, line: Line, is_open: bool = False) -> list[str]:
        """What stands beside a commitment: reasons, notes, and the reviewer's remark where there are no comments.

        is_open: among what cannot be told, where the reason is said once in front of all.
        """
        notes = [note for note in line.notes if not is_open or note != self.words("why_undetermined")]
        return [*line.reasons, *notes, *([line.remark] if line.remark and not self.tracked else [])]

    def _commitment(self, grid: Any, line: Line, beside: Sequence[str]) -> None:
        """One row of a comparison. beside: what stands in the last cell."""
        row = grid.add_row()
        self.tables.keep_together(row, sum(len(quote.text) for quote in line.quotes))
        cells = row.cells
        self._status(self.paragraphs.first(cells[0]), line)
        for cell, quote in zip(cells[1:3], line.quotes, strict=True):
            self._quoted(self.paragraphs.first(cell), quote)
        for index, reason in enumerate(beside):
            place = self.paragraphs.line("Briefing Cell", within=cells[3]) if index else self.paragraphs.first(cells[3])
            place.add_run(reason)

    def _status(self, text: Text, line: Line) -> None:
        """What became of a commitment and how sure that is, with the comment on it."""
        text.add_run(line.label).bold = True
        if line.sureness:
            text.add_run(f"{self.words('separator')}{line.sureness}")
        if line.doubtful and self.tracked:
            self.revisions.comment(text._p[-1], text._p[-1], self.words("doubtful_line"))
        elif line.remark and self.tracked:
            self.revisions.comment(text._p[-1], text._p[-1], line.remark)

    def _quoted(self, line: Text, quote: Quote) -> None:
        line.add_run(f"{quote.name} ").bold = True
        self.paragraphs.tagged(line, (Run(quote.text, SAME),) if self.tracked else quote.runs)


def _space(line: Text) -> None:
    line.paragraph_format.space_before = Pt(4)
