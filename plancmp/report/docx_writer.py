"""A briefing as a Word document, in Word's own styles: headings, tables with repeated header rows, page numbers.

A firm's template brings its styles, page and letterhead; styles that it lacks are added, those that it has are kept.
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
from ..text import printable
from . import archive
from .blocks import Block, Briefing, Change, Flow, Heading, Legend, Paragraph, Points, Side, Table, Words, wide
from .word_diff import Run

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph as Line

_MOST_TEMPLATE_BYTES = 100_000_000
LATIN, EAST_ASIAN = "Calibri", "Microsoft YaHei"
_MARKS = {"removed": "Removed text", "added": "Added text", "moved": "Moved text"}


def write(briefing: Briefing, path: Path, template: Path | None = None) -> None:
    """Write the briefing. template: a .docx or .dotx whose styles, page and header it takes; its text is left out.

    Raises UsageError where the template does not exist, DocumentError where it is no Word document.
    """
    try:
        import docx
    except ImportError:
        raise MissingExtra("a Word document needs python-docx", "pip install python-docx") from None

    document = docx.Document(_template(template)) if template else docx.Document()
    _empty(document)
    drawing = _Drawing(document, briefing)
    drawing.styles(own=template is None)
    drawing.properties()
    drawing.draw()
    out = io.BytesIO()
    try:
        document.save(out)
    except ValueError as error:
        # A zip archive knows no time before 1980.
        raise DocumentError(f"the Word document cannot be put together: {error}", "set the computer's clock") from None
    files.write_output(path, archive.without_timestamps(out.getvalue()))


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
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _empty(document: Document) -> None:
    """Take out the body's text; the last section, which holds page size and header, stays."""
    body = document.element.body
    for element in list(body):
        if not element.tag.endswith("}sectPr"):
            body.remove(element)


class _Drawing:
    """One document while it is being drawn."""

    def __init__(self, document: Document, briefing: Briefing) -> None:
        self.document, self.briefing = document, briefing
        self.words: Words = briefing.words
        self.bookmarks = 0
        self.ids: dict[str, str] = {}

    # -- styles

    def styles(self, own: bool) -> None:
        """The styles that the drawing uses. own: without a template, fonts and sizes are set here."""
        from docx.enum.style import WD_STYLE_TYPE
        from docx.enum.text import WD_UNDERLINE
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
            ("Citation", 8.5, False),
            ("Side", 9, True),
            ("Fact", 9.5, False),
            ("Cell", 9.5, False),
        ):
            style = self._added(f"Briefing {name}", WD_STYLE_TYPE.PARAGRAPH)
            if style is not None:
                style.base_style = self.document.styles["Normal"]
                style.font.size, style.font.bold = Pt(size), bold
                style.paragraph_format.space_after = Pt(3)
                style.paragraph_format.space_before = Pt(0)
        warning = self._added("Briefing Warning", WD_STYLE_TYPE.PARAGRAPH)
        if warning is not None:
            warning.base_style = self.document.styles["Normal"]
            warning.font.bold = True
        if own:
            self._own_look()
        self._east_asian(own)
        self.ids = {style.name: style.style_id for style in self.document.styles}

    def _added(self, name: str, kind: Any) -> Any:
        """A new style, or None where the template has one of the name."""
        return None if name in self.document.styles else self.document.styles.add_style(name, kind)

    def _own_look(self) -> None:
        from docx.shared import Cm, Pt, RGBColor

        styles = self.document.styles
        styles["Normal"].font.name, styles["Normal"].font.size = LATIN, Pt(10.5)
        styles["Normal"].paragraph_format.space_after = Pt(6)
        sizes = {"Title": 22, "Heading 1": 16, "Heading 2": 12.5, "Heading 3": 11}
        for name, size in sizes.items():
            style = styles[name]
            style.font.name, style.font.size = LATIN, Pt(size)
            style.font.color.rgb = RGBColor(0x1C, 0x20, 0x24)
            style.paragraph_format.keep_with_next = True
            if name != "Title":
                style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(size), Pt(4)
        for section in self.document.sections:
            section.page_width, section.page_height = Cm(21), Cm(29.7)
            section.left_margin = section.right_margin = Cm(2.2)
            section.top_margin = section.bottom_margin = Cm(2.2)

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
        try:
            day = datetime.datetime.fromisoformat(self.briefing.date)
        except ValueError:
            day = datetime.datetime(1980, 1, 1)
        core.created = core.modified = day.replace(tzinfo=None)

    # -- blocks

    def draw(self) -> None:
        self._footer()
        self._line("Title", self.briefing.title)
        waiting: list[Change] = []
        for block in self.briefing.blocks:
            if waiting and not (isinstance(block, Change) and len(block.sides) == 1):
                self._alone(waiting)
                waiting = []
            if isinstance(block, Change) and len(block.sides) == 1:
                waiting.append(block)
            else:
                self._block(block)
        if waiting:
            self._alone(waiting)

    def _block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._bookmarked(self._line(f"Heading {block.level}"), block.text, block.anchor)
        elif isinstance(block, Paragraph):
            self._line("Briefing Warning" if block.kind == "warning" else "Normal", block.text)
        elif isinstance(block, Points):
            for name, text, anchor in block.points:
                line = self._line("List Bullet")
                self._link(line, name, anchor)
                line.add_run(f": {text}")
        elif isinstance(block, Legend):
            self.tagged(self._line("Normal"), block.runs)
        elif isinstance(block, Flow):
            self._table(block.table)
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._pair(block)

    def _pair(self, change: Change) -> None:
        """A link: a heading, both texts side by side under a header row, then the reasons."""
        from docx.shared import Pt

        self._bookmarked(self._line("Heading 3"), f"{change.name}: {change.label}", change.anchor)
        grid = self._grid((self.words("old"), self.words("new")), (1, 1))
        cells = grid.add_row().cells
        for cell, side in zip(cells, change.sides, strict=True):
            self._side(cell, side)
        line = self._line("Briefing Fact")
        line.paragraph_format.space_before = Pt(5)
        self._fact(line, "confidence", change.confidence_words)
        for reason in change.reasons:
            self._fact(self._line("Briefing Fact"), "reason", reason)
        if change.bodies:
            self._fact(self._line("Briefing Fact"), "bodies", change.bodies)
        for note in change.notes:
            self._fact(self._line("Briefing Fact"), "note", note)

    def _alone(self, changes: Sequence[Change]) -> None:
        """Tasks without a counterpart, one a row."""
        from docx.oxml import OxmlElement

        words = self.words
        grid = self._grid((words("task"), words("text"), words("note")), (3, 9, 5))
        for change in changes:
            row, side = grid.add_row(), change.sides[0]
            cells = row.cells
            if len(side.text) < 1000:
                row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            self._bookmarked(self._first(cells[0]), side.ref, change.anchor)
            for text in (change.label, f"{words('confidence')} {change.confidence_words}"):
                self._line("Briefing Cell", text, cells[0])
            self._side(cells[1], side)
            for number, note in enumerate(change.notes):
                line = self._first(cells[2]) if not number else self._line("Briefing Cell", within=cells[2])
                line.add_run(note)
        self._line("Briefing Fact")

    def _side(self, cell: Any, side: Side) -> None:
        self.tagged(self._first(cell), side.runs)
        self._line("Briefing Citation", side.citation, cell)
        if side.bodies:
            line = self._line("Briefing Citation", within=cell)
            self._fact(line, "bodies", ", ".join(side.bodies))

    def _table(self, table: Table) -> None:
        if not table.rows:
            return
        if not table.header:
            for row in table.rows:
                line = self._line("Briefing Fact")
                line.add_run(f"{row[0]}: ").bold = True
                line.add_run(" ".join(map(str, row[1:])))
            return
        rows: tuple[Sequence[object], ...] = (table.header, *table.rows)
        widths = [max(wide(str(row[column])) for row in rows) for column in range(len(table.header))]
        grid = self._grid(table.header, [min(max(width, 15), 48) for width in widths])
        for row in table.rows:
            for cell, value in zip(grid.add_row().cells, row, strict=True):
                self._first(cell).add_run(str(value))
        self._line("Briefing Fact")

    def _grid(self, header: Sequence[str], shares: Sequence[float]) -> Any:
        """A table as wide as the text, with a header row that repeats on every page."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Emu

        section = self.document.sections[-1]
        page, margins = section.page_width or 7560000, (section.left_margin or 0) + (section.right_margin or 0)
        width = page - margins
        grid = self.document.add_table(rows=1, cols=len(header), style="Table Grid")
        grid.autofit = False
        for column, cell, share in zip(grid.columns, grid.rows[0].cells, shares, strict=True):
            column.width = cell.width = Emu(int(width * share / sum(shares)))
        for cell, text in zip(grid.rows[0].cells, header, strict=True):
            self._first(cell).add_run(text).bold = True
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EEF0F3")):
                shade.set(qn(f"w:{name}"), value)
            cell._tc.get_or_add_tcPr().append(shade)
        repeated = OxmlElement("w:tblHeader")
        grid.rows[0]._tr.get_or_add_trPr().append(repeated)
        return grid

    # -- small parts

    def _first(self, cell: Any) -> Line:
        line = cell.paragraphs[0]
        line._p.style = self.ids["Briefing Cell"]
        return line

    def _line(self, style: str, text: str = "", within: Any = None) -> Line:
        """A new paragraph in the body or a cell. Its style is set by id: looking it up by name each time is slow."""
        line = (within or self.document).add_paragraph(text)
        line._p.style = self.ids[style]
        return line

    def _fact(self, line: Line, key: str, text: str) -> None:
        line.add_run(f"{self.words(key)}: ").bold = True
        line.add_run(text)

    def tagged(self, line: Line, runs: Iterable[Run]) -> None:
        for run in runs:
            piece = line.add_run(run.text)
            if run.kind in _MARKS:
                piece._r.style = self.ids[_MARKS[run.kind]]

    def _bookmarked(self, line: Line, text: str, anchor: str) -> None:
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

    def _link(self, line: Line, text: str, anchor: str) -> None:
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

    def _field(self, line: Line, code: str) -> None:
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


def _bookmark(anchor: str) -> str:
    """A name that Word takes: letters, digits and underscores, at most 40."""
    return ("b_" + "".join(char if char.isalnum() and char.isascii() else "_" for char in anchor))[:40]
