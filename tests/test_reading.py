"""What the reader makes of small files in every format, and of files it has to refuse."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plancmp.documents import layout, pdf, reader
from plancmp.documents.reader import Document, read
from plancmp.errors import DocumentError

docx = pytest.importorskip("docx")

ENGLISH = ["Annual plan", "I. Protection", "1. Improve the law on trade marks, by 2025.", "(2) Train 500 examiners."]
CHINESE = ["知识产权强国建设推进计划", "一、完善制度", "1.推进商标法修订,2025年底前完成。", "(二)加强保护。"]
TEXTS = pytest.mark.parametrize("lines", [ENGLISH, CHINESE], ids=["english", "chinese"])
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def refused(path: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert "\n" not in caught.value.message
    assert "\n" not in (caught.value.hint or "")
    assert path.name in caught.value.message
    return caught.value


def lines_of(found: Document) -> list[str]:
    return [line for line in found.text.split("\n") if line.strip()]


def word_file(body: str, **parts: str) -> bytes:
    """A Word file with the given XML between <w:body> and </w:body>; parts are further files of its word folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", content)
    return buffer.getvalue()


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def pdf_file(pages: list[list[tuple[float, float, str]]], font: str = "Helvetica", **options: object) -> bytes:
    """A PDF with each text drawn in 12 points at its x and y, in points from the lower left corner."""
    pytest.importorskip("reportlab")
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    if font == "STSong-Light":
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, **options)
    for page in pages:
        canvas.setFont(font, 12)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def test_importing_the_reader_loads_no_parser() -> None:
    heavy = "{'docx', 'lxml', 'pdfminer', 'selectolax', 'charset_normalizer'} & set(sys.modules)"
    code = f"import sys, plancmp.documents.reader; sys.exit(str({heavy}) if {heavy} else 0)"
    subprocess.run([sys.executable, "-c", code], check=True)


# Text


@TEXTS
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_keeps_its_lines_in_every_encoding(file, lines, encoding, newline) -> None:
    source = ["", *lines, "", "  indented\tand\u3000spaced ", ""]
    data = newline.join(source).encode(encoding)
    found = read(file("plan.txt", data))
    assert found.text.split("\n") == source
    assert found.format == "txt"
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.encoding is not None
    assert data.decode(found.encoding) == newline.join(source)


def test_big_endian_text_with_its_mark(file) -> None:
    assert read(file("plan.txt", "\ufeff计划\n".encode("utf-16-be"))).text == "计划\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), min_size=1, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_line_numbers_survive_any_characters(tmp_path, lines) -> None:
    text = "\r\n".join(["1. start", *lines])
    path = tmp_path / "plan.md"
    path.write_bytes(text.encode())
    found = read(path)
    assert found.format == "md"
    assert found.text.split("\n") == ["1. start", *lines]


def test_other_encodings_are_guessed_and_noted(file) -> None:
    text = "Les mesures prévues améliorent la propriété intellectuelle à l’échelle régionale, où c’est utile.\n" * 9
    found = read(file("plan.txt", text.encode("cp1252")))
    assert "prévues améliorent la propriété" in found.text
    assert found.notes == (f"The encoding {found.encoding} was guessed.",)


def test_stray_bytes_in_utf8_are_replaced_and_noted(file) -> None:
    found = read(file("plan.txt", ("知识产权强国建设" * 9 + "\n").encode() + b"\xff\n" + "计划".encode()))
    assert found.text.split("\n")[1:] == ["\ufffd", "计划"]
    assert "1 bytes are not valid UTF-8" in found.notes[0]


def test_content_beats_the_ending(file) -> None:
    assert read(file("a.txt", "<!DOCTYPE html><p>one<p>two")).text == "one\ntwo"
    assert read(file("b.txt", word_file(paragraph("one")))).format == "docx"
    found = read(file("c.docx", "1. plain text"))
    assert found.format == "txt"
    assert "plain text" in found.notes[0]
    assert read(file("e.txt", "<!---->" * 5000 + "text")).format == "txt"
    assert read(file("d.md", "About files that begin with %PDF- and <html>")).format == "md"


# HTML


@TEXTS
def test_html_blocks_are_lines(file, lines) -> None:
    body = "".join(f"<p>{line}</p>\n" for line in lines)
    assert read(file("plan.html", f"<html><body>{body}</body></html>")).text.split("\n") == lines


def test_html_is_read_as_a_browser_shows_it(file) -> None:
    page = """<html><head><title>no</title><style>no</style></head><body><script>no</script><!-- no -->
    <h1>One <b>and
       a</b>&nbsp;half</h1>text<br>after a break<div>in <i>a</i> div<p>nested</div>
    <table><tr><td>cell 1<td>cell 2</table><pre>
 kept  as

it is
</pre><noscript>no</noscript>知识<ruby>产<rt>chan</rt></ruby>
    权</body>"""
    assert read(file("plan.html", page)).text.split("\n") == [
        "One and a\xa0half",
        "text",
        "after a break",
        "in a div",
        "nested",
        "cell 1",
        "cell 2",
        " kept  as",
        "",
        "it is",
        "知识产权",
    ]


def test_html_list_numbers_are_written_out_once(file) -> None:
    page = "<ol start=3><li>three<li><p>four<li value=9>9. nine<ol type=a><li>sub</ol></ol><ul><li>bullet</ul>"
    assert read(file("plan.htm", page)).text.split("\n") == ["3. three", "4. four", "9. nine", "a. sub", "bullet"]


@pytest.mark.parametrize("charset", ["gb2312", "GBK", "gb18030", "big5", "utf-8"])
def test_html_obeys_its_charset(file, charset) -> None:
    page = f'<html><meta http-equiv="Content-Type" content="text/html; charset={charset}"><p>中文</p></html>'
    assert read(file("plan.html", page.encode(charset))).text == "中文"


def test_html_fetches_no_entity_and_runs_no_script(file, tmp_path) -> None:
    (tmp_path / "secret").write_text("secret")
    page = (
        f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
        '<p>a&x;b</p><script>document.write("secret")</script><iframe src="secret"></iframe>'
    )
    assert "secret" not in read(file("plan.html", page)).text


def test_deeply_nested_html(file) -> None:
    assert read(file("plan.html", "<div>" * 20_000 + "deep")).text == "deep"


# Word


@TEXTS
def test_word_paragraphs_and_cells_are_lines(tmp_path, lines) -> None:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    document.add_paragraph("end")
    path = tmp_path / "plan.docx"
    document.save(str(path))
    found = read(path)
    assert lines_of(found) == [*lines, "left", "right", "end"]
    assert (found.format, found.encoding, found.notes) == ("docx", None, ())


def test_word_text_in_controls_links_changes_and_boxes(file) -> None:
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        f"<w:sdt><w:sdtContent>{paragraph('in a control')}</w:sdtContent></w:sdt>"
        f"<w:p>{run.format('a ')}<w:hyperlink>{run.format('link')}</w:hyperlink><w:ins>{run.format(' new')}</w:ins>"
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        f"<w:p>{run.format('host')}<w:r><w:txbxContent>{paragraph('in a box')}</w:txbxContent></w:r></w:p>"
        f"<w:moveFrom>{paragraph('moved away')}</w:moveFrom>"
    )
    found = read(file("plan.docx", word_file(body)))
    assert found.text.split("\n") == ["in a control", "a link new", "b\tc", "host", "in a box"]
    assert found.notes == ("1 tracked deletions were left out.",)


def test_word_numbers_are_written_out(file) -> None:
    def level(depth: int, style: str, pattern: str, link: str = "") -> str:
        return (
            f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>{link}'
            f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        )

    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">'
        + level(0, "chineseCounting", "%1、", '<w:pStyle w:val="Section"/>')
        + level(1, "decimal", "%1.%2.")
        + level(2, "upperRoman", "(%3)")
        + level(3, "bullet", "\uf0b7")
        + level(4, "klingon", "%5.")
        + '</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="8"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="11"/></w:lvlOverride></w:num></w:numbering>'
    )
    styles = (
        f'<w:styles {W}><w:style w:styleId="Section"><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="Sub"><w:basedOn w:val="Section"/></w:style>'
        '<w:style w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style></w:styles>'
    )

    def numbered(text: str, depth: int, list_id: int = 7) -> str:
        return paragraph(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>')

    body = (
        paragraph("甲", '<w:pStyle w:val="Section"/>')
        + numbered("x", 1)
        + numbered("y", 1)
        + numbered("deep", 2)
        + paragraph("乙", '<w:pStyle w:val="Sub"/>')
        + numbered("z", 1)
        + numbered("point", 3)
        + numbered("odd", 4)
        + numbered("丙", 0, 8)
        + numbered("none", 0, 0)
        + paragraph("plain", '<w:pStyle w:val="Loop"/>')
    )
    found = read(file("plan.docx", word_file(body, numbering=numbering, styles=styles)))
    assert found.text.split("\n") == [
        "一、甲",
        "一.1. x",
        "一.2. y",
        "(I) deep",
        "二、乙",
        "二.1. z",
        "point",
        "odd",
        "十一、丙",
        "none",
        "plain",
    ]
    assert found.notes == ("1 automatic numbers could not be computed.",)


@pytest.mark.parametrize(
    ("style", "number", "shown"),
    [
        ("decimalZero", 7, "07"),
        ("lowerRoman", 1994, "mcmxciv"),
        ("upperLetter", 28, "BB"),
        ("chineseCountingThousand", 10, "十"),
        ("chineseCounting", 42, "四十二"),
        ("decimalEnclosedCircleChinese", 3, "③"),
        ("ideographTraditional", 1, None),
    ],
)
def test_number_formats(style, number, shown) -> None:
    assert layout.ordinal(style, number) == shown


# PDF


def test_pdf_paragraphs_are_put_together_again(file) -> None:
    wide = "This long paragraph fills its lines up to the margin and goes on over the edge of"
    page = [
        (72, 760, "Annual plan"),
        (72, 730, wide),
        (72, 715, "the line, which is then well-"),
        (72, 690, "1. Improve the implementation of the law on trade marks in all provinces imple-"),
        (72, 675, "mentation being reviewed twice every year, and cooperation of offices in long-"),
        (72, 660, "term plans. End."),
        (300, 30, "- 1 -"),
    ]
    second = [(72, 760, "(2) Train 500 examiners."), (72, 735, "Another line."), (300, 30, "- 2 -")]
    found = read(file("plan.pdf", pdf_file([page, second])))
    assert found.text.split("\n") == [
        "Annual plan",
        f"{wide} the line, which is then well-",
        "1. Improve the implementation of the law on trade marks in all provinces implementation being reviewed twice "
        "every year, and cooperation of offices in long-term plans. End.",
        "(2) Train 500 examiners.",
        "Another line.",
    ]
    assert found.notes == ("2 page numbers and repeated page headers or footers were left out.",)


def test_chinese_pdf_with_indented_paragraphs(file) -> None:
    long = "推进商标法修订并加强知识产权保护体系建设完善审查制度" * 3
    rows, top = [(250.0, 800.0, CHINESE[0])], 770.0
    for number in range(1, 9):
        rows += [(96, top, f"{number}.{long[:36]}"), (72, top - 18, long[36:74]), (72, top - 36, "按期完成。")]
        top -= 54
    found = read(file("plan.pdf", pdf_file([rows], "STSong-Light")))
    assert found.text.split("\n") == [CHINESE[0], *(f"{n}.{long[:74]}按期完成。" for n in range(1, 9))]


def test_pdf_table_cells_are_lines(file) -> None:
    rows = [
        (72, 700, "1. A paragraph above the table that is as wide as the page allows."),
        (72, 650, "Office"),
    ]
    rows += [(300, 650, "Deadline"), (72, 630, "Patents"), (300, 630, "June 2025")]
    found = read(file("plan.pdf", pdf_file([rows])))
    assert found.text.split("\n")[1:] == ["Office", "Deadline", "Patents", "June 2025"]


# Refusals


def test_not_a_file(tmp_path) -> None:
    assert "folder" in refused(tmp_path).message
    assert "no such file" in refused(tmp_path / "missing.txt").message
    assert "cannot be opened" in refused(tmp_path / ("x" * 5000)).message
    os.mkfifo(tmp_path / "pipe")
    assert "regular file" in refused(tmp_path / "pipe").message
    assert "regular file" in refused(Path("/dev/zero")).message


def test_permission_denied(file, monkeypatch) -> None:
    def deny(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = file("plan.txt", "text")
    monkeypatch.setattr(Path, "open", deny)
    assert "permission denied" in refused(path).message


def test_too_large(file, monkeypatch) -> None:
    monkeypatch.setattr(reader, "MAX_FILE_BYTES", 10)
    assert "larger than" in refused(file("plan.txt", "a" * 11)).message
    assert read(file("plan.txt", "a" * 10)).text == "a" * 10


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"", "is empty"),
        ("blank.txt", b" \r\n\t\n", "only white space"),
        ("mark.txt", b"\xef\xbb\xbf", "only white space"),
        ("blank.html", b"<html><script>x</script></html>", "only white space"),
        ("zeros.txt", bytes(5000), "is not a text"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "is not a text"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".doc"),
        (
            "locked.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        ("rich.doc", b"{\\rtf1 text}", "Rich Text"),
        ("cut.docx", word_file(paragraph("text"))[:-40], "damaged Word document"),
        ("other.docx", word_file("").replace(b"word/document", b"xlsx/document"), "not a Word document"),
        ("blank.docx", word_file(paragraph(" ")), "only white space"),
        ("broken.docx", word_file("<w:p>"), "damaged Word document"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type", "damaged PDF"),
    ],
)
def test_refused(file, name, content, message) -> None:
    assert message in refused(file(name, content)).message


def test_old_word_files_come_with_advice(file) -> None:
    assert "docx" in str(refused(file("plan.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))).hint)


def test_line_breaks_in_names_stay_out_of_the_message(tmp_path) -> None:
    path = tmp_path / "a\nb.txt"
    path.write_bytes(b"")
    with pytest.raises(DocumentError, match=r"a b\.txt: is empty$"):
        read(path)


def test_zip_bomb(file) -> None:
    assert "would expand" in refused(file("bomb.docx", word_file(paragraph("a"), media="0" * 50_000_000))).message


def test_zip_bomb_with_a_false_size(file) -> None:
    data = word_file(paragraph("a" * 30_000_000))
    size = len(f"<w:document {W}><w:body>{paragraph('a' * 30_000_000)}</w:body></w:document>")
    assert data.count(size.to_bytes(4, "little")) >= 2
    assert "damaged" in refused(file("bomb.docx", data.replace(size.to_bytes(4, "little"), b"\0\1\0\0"))).message


def test_encrypted_zip_member(file) -> None:
    data = bytearray(word_file(paragraph("a")))
    entry = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[entry + 8] |= 1
    assert "encrypted" in refused(file("locked.docx", bytes(data))).message


def test_billion_laughs(file) -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    xml = f"<!DOCTYPE w:document [{entities}]><w:document {W}><w:body><w:p><w:r><w:t>&a11;</w:t></w:r></w:p></w:body>"
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word_file(""))) as source, zipfile.ZipFile(bomb, "w") as target:
        target.writestr("_rels/.rels", source.read("_rels/.rels"))
        target.writestr("word/document.xml", xml + "</w:document>")
    assert "document type definition" in refused(file("laughs.docx", bomb.getvalue())).message


def test_deeply_nested_word_file(file) -> None:
    assert "damaged" in refused(file("deep.docx", word_file("<w:sdt>" * 9000 + "</w:sdt>" * 9000))).message


def test_pdf_without_text(file) -> None:
    error = refused(file("scan.pdf", pdf_file([[], []])))
    assert "without a text layer" in error.message
    assert "OCR" in str(error.hint)


def test_encrypted_pdf(file) -> None:
    pytest.importorskip("reportlab")
    from reportlab.lib.pdfencrypt import StandardEncryption

    locked = pdf_file([[(72, 700, "text")]], encrypt=StandardEncryption("secret"))
    assert "encrypted" in refused(file("locked.pdf", locked)).message
    printable = pdf_file([[(72, 700, "text")]], encrypt=StandardEncryption("", "owner"))
    assert read(file("open.pdf", printable)).text == "text"


def test_pdf_bomb(file, monkeypatch) -> None:
    monkeypatch.setattr(layout, "MAX_EXPANDED_BYTES", 1_000_000)
    stream = zlib.compress(bytes(3_000_000))
    assert "would expand" in refused(file("bomb.pdf", b"%PDF-1.4\n1 0 obj\nstream\n" + stream)).message


def test_pdf_limits(file, monkeypatch) -> None:
    path = file("plan.pdf", pdf_file([[(72, 700, "text")], [(72, 700, "more")]]))
    monkeypatch.setattr(pdf, "MAX_PDF_PAGES", 1)
    assert "more than 1 pages" in refused(path).message
    monkeypatch.setattr(pdf, "MAX_PDF_PAGE_CHARS", 3)
    assert "more text" in refused(path).message


def read_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        found = read(path)
    except DocumentError:
        refused(path)
    else:
        assert found.text.strip()


@pytest.mark.parametrize("start", [b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>", b"\xff\xfe", b"\xd0\xcf\x11\xe0"])
@given(data=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_random_bytes_are_read_or_refused(tmp_path, start, data) -> None:
    read_or_refused(tmp_path / "file.txt", start + data)


@pytest.mark.parametrize("kind", ["docx", "pdf"])
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_damaged_files_are_read_or_refused(tmp_path, kind, data) -> None:
    whole = word_file(paragraph("text")) if kind == "docx" else pdf_file([[(72, 700, "text")]])
    content = bytearray(whole)
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(content) // 2, len(content)))
    read_or_refused(tmp_path / f"file.{kind}", bytes(content[:cut]))
