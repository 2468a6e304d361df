"""The document that a briefing is written into: empty, with a firm's styles or with those of its own."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_UNDERLINE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from ..errors import DocumentError, UsageError
from ..text import printable

_MOST_TEMPLATE_BYTES = 100_000_000
LATIN, EAST_ASIAN = "Calibri", "Microsoft YaHei"
# The style of words that were changed, by the kind of their change.
MARK_STYLES = {"removed": "Removed text", "added": "Added text", "moved": "Moved text"}


def empty_document(template: Path | None) -> Document:
    """A document without text; the last section, which holds page size and header, is the template's.

    Raises UsageError where the template does not exist, DocumentError where it is no Word document.
    """
    document = docx.Document(_readable(template)) if template else docx.Document()
    body = document.element.body
    for element in list(body):
        if not element.tag.endswith("}sectPr"):
            body.remove(element)
    return document


def _readable(path: Path) -> io.BytesIO:
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


def add_styles(document: Document, own: bool) -> str:
    """Add the styles that the writer uses where the document lacks them; returns the name of that of running text.

    own: without a template, fonts and sizes are set here.
    """
    styles = document.styles
    body = "Normal"
    for name in ("Title", "Heading 1", "Heading 2", "Heading 3", "List Bullet", "Table Grid", "Caption"):
        if name not in styles:
            of = WD_STYLE_TYPE.TABLE if name == "Table Grid" else WD_STYLE_TYPE.PARAGRAPH
            styles.add_style(name, of, builtin=True)
    colours = {"removed": (0xB3, 0x26, 0x1E), "added": (0x0F, 0x6B, 0x2B), "moved": (0x1F, 0x4E, 0x86)}
    lines = {"added": WD_UNDERLINE.SINGLE, "moved": WD_UNDERLINE.DOTTED}
    for mark, name in MARK_STYLES.items():
        style = _added(document, name, WD_STYLE_TYPE.CHARACTER)
        if style is not None:
            style.font.color.rgb = RGBColor(*colours[mark])
            style.font.underline = lines.get(mark)
            style.font.strike = True if mark == "removed" else None
    for name, size, bold in (
        ("Citation", 8, False),
        ("Side", 9, True),
        ("Fact", 8.5, False),
        ("Cell", 8.5, False),
        ("Commitment", 8.5, False),
        ("Tracked", 9.5, False),
        ("Contents", 9, False),
    ):
        style = _added(document, f"Briefing {name}", WD_STYLE_TYPE.PARAGRAPH)
        if style is not None:
            style.base_style = styles["Normal"]
            style.font.size, style.font.bold = Pt(size), bold
            style.paragraph_format.space_after = Pt(2)
            style.paragraph_format.space_before = Pt(1 if name == "Cell" else 0)
            style.paragraph_format.left_indent = Pt(10) if name == "Commitment" else None
    warning = _added(document, "Briefing Warning", WD_STYLE_TYPE.PARAGRAPH)
    if warning is not None:
        warning.base_style = styles["Normal"]
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", "FFF4D6")):
            shade.set(qn(f"w:{name}"), value)
        warning.element.get_or_add_pPr().append(shade)
    placeholder = _added(document, "Briefing Placeholder", WD_STYLE_TYPE.PARAGRAPH)
    if placeholder is not None:
        placeholder.base_style = styles["Normal"]
        placeholder.font.italic = True
        placeholder.font.color.rgb = RGBColor(0x8A, 0x5A, 0x00)
    if own:
        _own_look(document)
    elif "Body Text" in styles:
        body = "Body Text"
    _east_asian(document, own)
    return body


def _added(document: Document, name: str, kind: Any) -> Any:
    """A new style, or None where the template has one of the name."""
    return None if name in document.styles else document.styles.add_style(name, kind)


def _own_look(document: Document) -> None:
    styles = document.styles
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
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(1.5)


def _east_asian(document: Document, own: bool) -> None:
    """Chinese text gets a Chinese font: on every style of one's own, on a template's only where it names none."""
    for style in document.styles:
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
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
