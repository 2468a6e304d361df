"""A briefing as a Word document, in Word's own styles: headings, tables with repeated header rows, page numbers.

A firm's template brings its styles, page, letterhead and footer; styles that it lacks are added, those that it has are
kept. What changed in a task is tracked as Word tracks it: accepted it is the new text, rejected the old one.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from .. import files
from ..errors import DocumentError, MissingExtra, UsageError
from ..lexicon import loader
from ..text import fold, printable
from . import archive
from .blocks import (
    Block,
    Briefing,
    Cell,
    Change,
    Flow,
    Heading,
    Legend,
    Line,
    Paragraph,
    Points,
    Quote,
    Table,
    Words,
    plain,
    wide,
)
from .markup import body_lines
from .word_diff import ADDED, REMOVED, SAME, Run

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph as Text

_MOST_TEMPLATE_BYTES = 100_000_000
LATIN, EAST_ASIAN = "Calibri", "Microsoft YaHei"
_MARKS = {"removed": "Removed text", "added": "Added text", "moved": "Moved text"}
# How changes are marked: as Word tracks them, or by the look of the words.
MARKS = ("tracked", "formatting")
# Who is named as the author of tracked changes and comments where the briefing names none.
_AUTHOR = "plancmp"
# A row of a table with fewer letters is never broken over two pages.
_UNBROKEN = 1500


def write(briefing: Briefing, path: Path, template: Path | None = None, marks: str = "tracked") -> None:
    """Write the briefing. template: a .docx or .dotx whose styles, page, header and footer it takes; its text is left out.
    marks: tracked or formatting.

    Raises UsageError where the template does not exist, DocumentError where it is no Word document.
    """
    try:
        import docx
    except ImportError:
        raise MissingExtra("a Word document needs python-docx", "pip install python-docx") from None

    document = docx.Document(_template(template)) if template else docx.Document()
    _empty(document)
    drawing = _Drawing(document, briefing, tracked=marks == "tracked")
    drawing.styles(own=template is None)
    drawing.properties()
    drawing.draw()
    out = io.BytesIO()
    try:
        document.save(out)
    except ValueError as error:
        # A zip archive knows no time before 1980.
        raise DocumentError(f"the Word document cannot be put together: {error}", "set the computer's clock") from None
    files.write_output(path, archive.sealed(archive.without_timestamps(out.getvalue())))


def _template(path: Path) -> io.BytesIO:
    """The template as a document; a .dotx says of itself that it is a template, which python-docx does not open."""
    if not path.is_file():
        raise UsageError(f"there is no template {printable(str(path))}", "give the path of a .docx or .dotx file")
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            if sum(entry.file_size for entry in old.infolist()) > _MOST_TEMPLATE_BYTES:
                raise DocumentError(
                    f"{printable(str(path))} would expand to more than {_MOST_TEMPLATE_BYTES // 1_000_000} MB",
                    "take the pictures out of the template",
                )
            for entry in old.infolist():
                data = old.read(entry)
                if entry.filename.endswith(".rels"):
                    data = _without_external(data, entry.filename.endswith("/document.xml.rels"))
                if entry.filename == "[Content_Types].xml":
                    data = data.replace(b"wordprocessingml.template.main+xml", b"wordprocessingml.document.main+xml")
                new.writestr(entry, data)
            new.getinfo("word/document.xml")
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ElementTree.ParseError) as error:
        name = printable(str(path))
        raise DocumentError(f"{name} is no Word document: {error}", "save it as .docx or .dotx in Word") from None
    out.seek(0)
    return out


def _without_external(relationships: bytes, of_body: bool) -> bytes:
    """The relationships of a part of a template without ways out of the file: what they name would be fetched by Word.

    Hyperlinks of the letterhead stay, those of the body go with its text; any other target is replaced by a name that
    leads nowhere, for the part may refer to the relationship.
    """
    root = ElementTree.fromstring(relationships)
    for relationship in list(root):
        if relationship.get("TargetMode") == "External":
            is_link = relationship.get("Type", "").endswith("/hyperlink")
            if is_link and of_body:
                root.remove(relationship)
            elif not is_link:
                relationship.set("Target", "removed")
    inside: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return inside


def _empty(document: Document) -> None:
    """Take out the body's text; the last section, which holds page size and header, stays."""
    body = document.element.body
    for element in list(body):
        if not element.tag.endswith("}sectPr"):
            body.remove(element)


class _Drawing:
    """One document while it is being drawn."""

    def __init__(self, document: Document, briefing: Briefing, tracked: bool) -> None:
        self.document, self.briefing, self.tracked = document, briefing, tracked
        self.words: Words = briefing.words
        self.author = briefing.author or _AUTHOR
        try:
            self.day = datetime.datetime.fromisoformat(briefing.date).replace(tzinfo=None)
        except ValueError:
            self.day = datetime.datetime(1980, 1, 1)
        self.bookmarks = self.changes = 0
        self.ids: dict[str, str] = {}
        self.body = "Normal"

    # Styles

    def styles(self, own: bool) -> None:
        """The styles that the drawing uses. own: without a template, fonts and sizes are set here."""
        from docx.enum.style import WD_STYLE_TYPE
        from docx.enum.text import WD_UNDERLINE
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Pt, RGBColor

        for name in ("Title", "Heading 1", "Heading 2", "Heading 3", "List Bullet", "Table Grid", "Caption"):
            if name not in self.document.styles:
                of = WD_STYLE_TYPE.TABLE if name == "Table Grid" else WD_STYLE_TYPE.PARAGRAPH
                self.document.styles.add_style(name, of, builtin=True)
        colours = {"removed": (0xB3, 0x26, 0x1E), "added": (0x0F, 0x6B, 0x2B), "moved": (0x1F, 0x4E, 0x86)}
        lines = {"added": WD_UNDERLINE.SINGLE, "moved": WD_UNDERLINE.DOTTED}
        for mark, name in _MARKS.items():
            style = self._added(name, WD_STYLE_TYPE.CHARACTER)
            if style is not None:
                style.font.color.rgb = RGBColor(*colours[mark])
                style.font.underline = lines.get(mark)
                style.font.strike = True if mark == "removed" else None
        for name, size, bold in (
            ("Citation", 8, False),
            ("Side", 9, True),
            ("Fact", 9.5, False),
            ("Cell", 8.5, False),
            ("Tracked", 10, False),
            ("Contents", 9, False),
        ):
            style = self._added(f"Briefing {name}", WD_STYLE_TYPE.PARAGRAPH)
            if style is not None:
                style.base_style = self.document.styles["Normal"]
                style.font.size, style.font.bold = Pt(size), bold
                style.paragraph_format.space_after = Pt(2)
                style.paragraph_format.space_before = Pt(2 if name == "Cell" else 0)
        warning = self._added("Briefing Warning", WD_STYLE_TYPE.PARAGRAPH)
        if warning is not None:
            warning.base_style = self.document.styles["Normal"]
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", "FFF4D6")):
                shade.set(qn(f"w:{name}"), value)
            warning.element.get_or_add_pPr().append(shade)
        placeholder = self._added("Briefing Placeholder", WD_STYLE_TYPE.PARAGRAPH)
        if placeholder is not None:
            placeholder.base_style = self.document.styles["Normal"]
            placeholder.font.italic = True
            placeholder.font.color.rgb = RGBColor(0x8A, 0x5A, 0x00)
        if own:
            self._own_look()
        elif "Body Text" in self.document.styles:
            self.body = "Body Text"
        self._east_asian(own)
        self.ids = {style.name: style.style_id for style in self.document.styles}

    def _added(self, name: str, kind: Any) -> Any:
        """A new style, or None where the template has one of the name."""
        return None if name in self.document.styles else self.document.styles.add_style(name, kind)

    def _own_look(self) -> None:
        from docx.shared import Cm, Pt, RGBColor

        styles = self.document.styles
        styles["Normal"].font.name, styles["Normal"].font.size = LATIN, Pt(9.5)
        styles["Normal"].paragraph_format.space_after = Pt(5)
        styles["List Bullet"].font.size, styles["List Bullet"].paragraph_format.space_after = Pt(8.5), Pt(2)
        sizes = {"Title": 15, "Heading 1": 11.5, "Heading 2": 11, "Heading 3": 10.5}
        for name, size in sizes.items():
            style = styles[name]
            style.font.name, style.font.size = LATIN, Pt(size)
            style.font.color.rgb = RGBColor(0x1C, 0x20, 0x24)
            style.paragraph_format.keep_with_next = True
            if name != "Title":
                style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(size - 2), Pt(3)
        for section in self.document.sections:
            section.page_width, section.page_height = Cm(21), Cm(29.7)
            section.left_margin = section.right_margin = Cm(2)
            section.top_margin = section.bottom_margin = Cm(1.5)

    def _east_asian(self, own: bool) -> None:
        """Chinese text gets a Chinese font: on every style of one's own, on a template's only where it names none."""
        from docx.oxml.ns import qn

        for style in self.document.styles:
            properties = style.element.find(qn("w:rPr"))
            fonts = properties.find(qn("w:rFonts")) if properties is not None else None
            if fonts is None and style.name == "Normal":
                fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            if fonts is None:
                continue
            if own:
                for name in [name for name in fonts.attrib if name.endswith("Theme")]:
                    del fonts.attrib[name]
                fonts.set(qn("w:ascii"), LATIN)
                fonts.set(qn("w:hAnsi"), LATIN)
            if own or not any(qn(f"w:{name}") in fonts.attrib for name in ("eastAsia", "eastAsiaTheme")):
                fonts.set(qn("w:eastAsia"), EAST_ASIAN)
        # Without it Chinese punctuation is set as in Japanese or traditional Chinese.
        for language in self.document.styles.element.iter(qn("w:lang")):
            language.set(qn("w:eastAsia"), "zh-CN")

    def properties(self) -> None:
        """Title, author and dates, so that the same briefing is the same file."""
        core = self.document.core_properties
        core.title, core.author, core.last_modified_by = self.briefing.title[:255], self.briefing.author[:255], ""
        core.comments, core.keywords, core.revision = "", "", 1
        core.language = self.words("lang")
        core.created = core.modified = self.day

    # Blocks

    def draw(self) -> None:
        self._footer()
        self._line("Title", self.briefing.title)
        waiting = self.briefing.contents
        for block in self.briefing.blocks:
            if waiting and isinstance(block, Heading):
                self._contents()
                waiting = False
            self._block(block)

    def _contents(self) -> None:
        """The parts and their sections, each a link."""
        self._line(self.body).add_run(self.words("contents")).bold = True
        for block in self.briefing.blocks:
            if isinstance(block, Heading) and block.level <= 2:
                line = self._line("Briefing Contents")
                if block.level == 2:
                    from docx.shared import Cm

                    line.paragraph_format.left_indent = Cm(0.8)
                self._link(line, block.text.rpartition(" › ")[2], block.anchor)

    def _block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._bookmarked(self._line(f"Heading {block.level}"), block.text, block.anchor)
        elif isinstance(block, Paragraph):
            if block.text:
                styles = {
                    "warning": "Briefing Warning",
                    "small": "Briefing Citation",
                    "placeholder": "Briefing Placeholder",
                }
                self._line(styles.get(block.kind, self.body), block.text)
        elif isinstance(block, Points):
            for name, text, anchor in block.points:
                line = self._line("List Bullet")
                if anchor:
                    self._link(line, name, anchor)
                elif name:
                    line.add_run(name).bold = True
                line.add_run(f"{self.words('colon')}{text}" if name else text)
        elif isinstance(block, Legend):
            if not self.tracked:
                self.tagged(self._line(self.body), block.runs)
        elif isinstance(block, Flow):
            self._table(block.summary)
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._change(block)

    def _change(self, change: Change) -> None:
        """A task or a pair: a heading, its text with tracked changes, each commitment in a row, then bodies and notes."""
        words = self.words
        heading = self._line("Heading 3")
        self._bookmarked(heading, f"{change.name}{words('colon')}{change.label}", change.anchor)
        if self.tracked:
            self._tracked(change.tracked)
            for remark in change.remarks:
                self._comment(heading, heading._p[0 if heading._p.pPr is None else 1], heading._p[-1], remark)
        citation = self._line("Briefing Citation", words("semicolon").join(side.place for side in change.sides))
        citation.paragraph_format.keep_with_next = True
        both = len(change.sides) > 1
        beside = [self._beside(row, change) for row in change.lines]
        # What would be empty all the way down takes no room.
        why = any(reasons and len(row.quotes) > 1 for row, reasons in zip(change.lines, beside, strict=True))
        header = [words("status"), *((words("old"), words("new")) if both else (words("commitment_text"),))]
        header += [words("why")] if why else []
        grid = self._grid(header, (20, 32, 32, 20)[: len(header)] if both else (24, 80))
        for row, reasons in zip(change.lines, beside, strict=True):
            self._commitment(grid, row, reasons)
        bodies, remarks = list(body_lines(change, words)), () if self.tracked else change.remarks
        facts = [("bodies", words("semicolon").join(bodies))] if bodies else []
        facts += [("note", note) for note in (*remarks, *change.notes)]
        for index, (key, text) in enumerate(facts):
            line = self._line("Briefing Fact")
            if not index:
                self._space(line)
            self._fact(line, key, text)
        if not facts:
            self._line("Briefing Fact")

    def _space(self, line: Text) -> None:
        from docx.shared import Pt

        line.paragraph_format.space_before = Pt(4)

    def _beside(self, line: Line, change: Change) -> list[str]:
        """What stands beside a commitment: reasons, notes, and the reviewer's remark where there are no comments.

        Why it cannot be told is said once, in front of all that cannot.
        """
        notes = [
            note for note in line.notes if change.state != "undetermined" or note != self.words("why_undetermined")
        ]
        return [*line.reasons, *notes, *([line.remark] if line.remark and not self.tracked else [])]

    def _commitment(self, grid: Any, line: Line, beside: Sequence[str]) -> None:
        """One row of a change. beside: what stands in the last cell, or under the words of a commitment without another."""
        row = grid.add_row()
        self._unbroken(row, sum(len(quote.text) for quote in line.quotes))
        cells = row.cells
        first = self._first(cells[0])
        first.add_run(line.label).bold = True
        if line.sureness:
            first.add_run(f"{self.words('separator')}{line.sureness}")
        if len(line.quotes) > 1:
            for cell, quote in zip(cells[1:3], line.quotes, strict=True):
                self._quote(cell, quote)
            last = self._first(cells[3]) if len(cells) > 3 else None
            for index, reason in enumerate(beside):
                (last if last is not None and not index else self._line("Briefing Cell", within=cells[3])).add_run(
                    reason
                )
        else:
            only = cells[1] if len(cells) == 2 else cells[1].merge(cells[-1])
            self._quote(only, line.quotes[0])
            for reason in beside:
                self._line("Briefing Cell", within=only).add_run(reason).italic = True
        if line.doubtful and self.tracked:
            self._comment(first, first._p[-1], first._p[-1], self.words("doubtful_line"))
        elif line.remark and self.tracked:
            self._comment(first, first._p[-1], first._p[-1], line.remark)

    def _quote(self, cell: Any, quote: Quote) -> None:
        line = self._first(cell)
        line.add_run(f"{quote.name} ").bold = True
        self.tagged(line, (Run(quote.text, SAME),) if self.tracked else quote.runs)

    def _unbroken(self, row: Any, letters: int) -> None:
        from docx.oxml import OxmlElement

        if letters < _UNBROKEN:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))

    # Tracked changes and comments

    def _tracked(self, runs: Sequence[Run]) -> None:
        """A text in which what was removed and added are Word's own tracked changes."""
        from docx.oxml import OxmlElement

        line = self._line("Briefing Tracked")
        kinds = {run.kind for run in runs}
        if len(kinds) == 1 and kinds <= {ADDED, REMOVED}:
            # The end of the paragraph goes with its text.
            mark = OxmlElement("w:rPr")
            mark.append(self._revision(kinds.pop()))
            line._p.get_or_add_pPr().append(mark)
        before = None
        for index, run in enumerate(runs):
            piece = line.add_run(run.text)
            self._language(piece)
            element = piece._r
            if run.kind in (ADDED, REMOVED):
                element = self._revision(run.kind)
                line._p.append(element)
                element.append(piece._r)
                if run.kind == REMOVED:
                    self._as_deleted(piece._r)
            if run.kind == ADDED and before is not None and is_variant(runs[index - 1].text, run.text):
                self._comment(line, before, element, self.words("variant"))
            before = element if run.kind == REMOVED else None

    def _revision(self, kind: str) -> Any:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        element = OxmlElement("w:ins" if kind == ADDED else "w:del")
        element.set(qn("w:id"), str(self.changes))
        element.set(qn("w:author"), self.author)
        element.set(qn("w:date"), self.day.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.changes += 1
        return element

    def _as_deleted(self, run: Any) -> None:
        """The text of a run as deleted text."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        for text in run.findall(qn("w:t")):
            deleted = OxmlElement("w:delText")
            deleted.text = text.text
            deleted.set(qn("xml:space"), "preserve")
            run.replace(text, deleted)

    def _comment(self, line: Text, first: Any, last: Any, text: str) -> None:
        """A comment on what stands between two elements of a paragraph."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        initials = "".join(word[0] for word in self.author.split()[:3] if word[0].isalnum())
        comment = self.document.comments.add_comment(text=text, author=self.author, initials=initials)
        comment._comment_elm.set(qn("w:date"), self.day.strftime("%Y-%m-%dT%H:%M:%SZ"))
        start, end = OxmlElement("w:commentRangeStart"), OxmlElement("w:commentRangeEnd")
        reference = OxmlElement("w:commentReference")
        for element in (start, end, reference):
            element.set(qn("w:id"), str(comment.comment_id))
        run = OxmlElement("w:r")
        run.append(reference)
        first.addprevious(start)
        last.addnext(end)
        end.addnext(run)

    def _language(self, run: Any) -> None:
        """The language of a run, so that spelling and quotation marks follow it."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
        run._r.get_or_add_rPr().append(language)

    # Tables

    def _table(self, table: Table) -> None:
        if not table.rows:
            return
        if not table.header:
            for row in table.rows:
                line = self._line("Briefing Fact")
                line.add_run(f"{row[0]}{self.words('colon')}").bold = True
                line.add_run(" ".join(map(plain, row[1:])))
            return
        rows: tuple[Sequence[Cell], ...] = (table.header, *table.rows)
        widths = table.widths or [
            min(max(*(wide(plain(row[column])) for row in rows), 15), 48) for column in range(len(table.header))
        ]
        grid = self._grid(table.header, widths)
        for row in table.rows:
            added = grid.add_row()
            self._unbroken(added, max(len(plain(value)) for value in row))
            for cell, value in zip(added.cells, row, strict=True):
                for index, text in enumerate(plain(value).split("\n")):
                    line = self._first(cell) if not index else self._line("Briefing Cell", within=cell)
                    line.add_run(text)
        self._line("Briefing Fact")

    def _grid(self, header: Sequence[str], shares: Sequence[float]) -> Any:
        """A table as wide as the text, with a header row that repeats on every page."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Emu

        section = self.document.sections[-1]
        page, margins = section.page_width or 7560000, (section.left_margin or 0) + (section.right_margin or 0)
        width = page - margins
        grid = self.document.add_table(rows=1, cols=len(header))
        # Looking a style up by name each time is slow.
        grid._tbl.tblStyle_val = self.ids["Table Grid"]
        grid.autofit = False
        for column, cell, share in zip(grid.columns, grid.rows[0].cells, shares, strict=True):
            column.width = cell.width = Emu(int(width * share / sum(shares)))
        for cell, text in zip(grid.rows[0].cells, header, strict=True):
            line = self._first(cell)
            line.add_run(text).bold = True
            line.paragraph_format.keep_with_next = True
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EEF0F3")):
                shade.set(qn(f"w:{name}"), value)
            cell._tc.get_or_add_tcPr().append(shade)
        repeated = OxmlElement("w:tblHeader")
        grid.rows[0]._tr.get_or_add_trPr().append(repeated)
        return grid

    # Small parts

    def _first(self, cell: Any) -> Text:
        line: Text = cell.paragraphs[0]
        line._p.style = self.ids["Briefing Cell"]
        return line

    def _line(self, style: str, text: str = "", within: Any = None) -> Text:
        """A new paragraph in the body or a cell. Its style is set by id: looking it up by name each time is slow."""
        line: Text = (within or self.document).add_paragraph(text)
        line._p.style = self.ids[style]
        return line

    def _fact(self, line: Text, key: str, text: str) -> None:
        line.add_run(f"{self.words(key)}{self.words('colon')}").bold = True
        line.add_run(text)

    def tagged(self, line: Text, runs: Iterable[Run]) -> None:
        for run in runs:
            piece = line.add_run(run.text)
            if run.kind in _MARKS:
                piece._r.style = self.ids[_MARKS[run.kind]]
            self._language(piece)

    def _bookmarked(self, line: Text, text: str, anchor: str) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (start, end):
            mark.set(qn("w:id"), str(self.bookmarks))
        start.set(qn("w:name"), _bookmark(anchor))
        self.bookmarks += 1
        line._p.append(start)
        line.add_run(text)
        line._p.append(end)

    def _link(self, line: Text, text: str, anchor: str) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), _bookmark(anchor))
        run = line.add_run(text)
        run.underline = True
        link.append(run._r)
        line._p.append(link)

    def _footer(self) -> None:
        """`Page 3 of 12` as fields, in a footer that a template has not filled."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

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

    def _field(self, line: Text, code: str) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

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


def is_variant(removed: str, added: str) -> bool:
    """True where the two are one Chinese term in the words of different translators (lexicon/translations.toml)."""
    pair = {fold(removed.strip(" ,.;:")), fold(added.strip(" ,.;:"))}
    return any(pair <= {fold(form) for form in group["forms"]} for group in loader.table("translations")["group"])


def _bookmark(anchor: str) -> str:
    """A name that Word takes: letters, digits and underscores, at most 40."""
    return ("b_" + "".join(char if char.isalnum() and char.isascii() else "_" for char in anchor))[:40]
