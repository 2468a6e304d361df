"""Briefings: one result in four formats, with the same words and numbers, and nothing of a plan's text taken for code."""

from __future__ import annotations

import dataclasses
import functools
import html as escaping
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import plancmp
from plancmp import json_cache
from plancmp.analysis import selection
from plancmp.errors import DocumentError, UsageError
from plancmp.lexicon import loader
from plancmp.model import Plan, Status
from plancmp.outcomes.result import PlanDiff
from plancmp.report import blocks, briefing, docx_writer, html_page, markdown_page, xlsx_writer

DATE = "2026-01-31"
HOSTILE = (
    '=HYPERLINK("http://localhost:9/x","y") <script>document.title="owned"</script> <img src="http://localhost:9/p.png"> '
    "[red]a[/red] [link](javascript:alert(1)) | a | `code` *b* _c_ ~~d~~ $e$ &amp; # f \x1b[31m \u202e </article></script> "
    "https://localhost:9/ @someone ﷐\ufffe 商标法"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def comparison() -> PlanDiff:
    return plancmp.diff(plancmp.load("2021"), plancmp.load("2024"))


@pytest.fixture(scope="module")
def brief(comparison: PlanDiff) -> blocks.Briefing:
    return briefing.compose(comparison, author="A. Author", client="Client & Co", date=DATE)


@pytest.fixture(scope="module")
def hostile(comparison: PlanDiff) -> PlanDiff:
    """The comparison with text that tries to be markup, a formula or a program, everywhere that a plan can put text."""

    def spoiled(plan: Plan) -> Plan:
        section = dataclasses.replace(plan.tasks[0].section[0], heading=HOSTILE, number="=1")
        tasks = tuple(
            dataclasses.replace(
                task,
                text=HOSTILE + task.text,
                section=(section,),
                bodies=tuple(
                    dataclasses.replace(body, id=None, name=HOSTILE, as_printed=HOSTILE) for body in task.bodies
                ),
            )
            for task in plan.tasks
        )
        return dataclasses.replace(plan, title=HOSTILE, issuer=HOSTILE, tasks=tasks, warnings=(HOSTILE,))

    signals = [
        dataclasses.replace(s, old_text=HOSTILE, new_text=HOSTILE) for link in comparison.links for s in link.signals
    ]
    links = tuple(dataclasses.replace(link, signals=tuple(signals[:2]), note=HOSTILE) for link in comparison.links)
    return dataclasses.replace(
        comparison, old=spoiled(comparison.old), new=spoiled(comparison.new), links=links, notes=(HOSTILE,)
    )


def text_of_html(page: str) -> str:
    return escaping.unescape(re.sub(r"<[^>]+>", "", page))


def text_of_markdown(source: str) -> str:
    markdown_it = pytest.importorskip("markdown_it")
    return text_of_html(markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(source))


def text_of_docx(path: Path) -> str:
    document = pytest.importorskip("docx").Document(str(path))
    return "\n".join("".join(p.xpath(".//w:t/text()")) for p in document.element.body.iter() if p.tag.endswith("}p"))


def rows_of_xlsx(path: Path) -> dict[str, list[tuple]]:
    book = pytest.importorskip("openpyxl").load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def said_of(comparison: PlanDiff) -> list[tuple[set[str], str, float]]:
    """For every link and every task without one: what must be printed about it, its status, its confidence."""
    tasks = {task.ref: task for plan in (comparison.old, comparison.new) for task in plan.tasks}
    found = []
    for link in comparison.links:
        words = {link.old, link.new, tasks[link.old].full_text, tasks[link.new].full_text, f"{link.confidence:.2f}"}
        words |= {text for signal in link.signals for text in (signal.old_text, signal.new_text) if text}
        words |= {"softened"} if link.softened and link.status is Status.CONTINUED else set()
        found.append((words | {str(link.status).capitalize()}, str(link.status), link.confidence))
    for outcome in comparison.tasks:
        if outcome.links:
            continue
        task = tasks[outcome.ref]
        words = {outcome.ref, task.full_text, str(outcome.status).capitalize(), f"{outcome.confidence:.2f}"}
        if outcome.nearest:
            words.add(f"no counterpart found; nearest {outcome.nearest[0]}, {outcome.nearest[1]:.2f}")
        words |= {"one-off"} if outcome.note == "one-off" else set()
        found.append((words, str(outcome.status), outcome.confidence))
    return found


# -- the same in every format


def test_html_says_everything(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    articles = re.findall(r"<article.*?</article>", html_page.html(brief), re.DOTALL)
    assert len(articles) == len(said_of(comparison))
    texts = [text_of_html(article) for article in articles]
    for words, _, _ in said_of(comparison):
        assert any(all(docx_writer in text for docx_writer in words) for text in texts), words


def test_markdown_says_everything(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    parts = [text_of_markdown(part) for part in markdown_page.markdown(brief).split('<a id="c')]
    for words, _, _ in said_of(comparison):
        assert any(all(docx_writer in text for docx_writer in words) for text in parts), words


def test_word_says_everything(comparison: PlanDiff, brief: blocks.Briefing, tmp_path: Path) -> None:
    docx_writer.write(brief, tmp_path / "brief.docx")
    text = text_of_docx(tmp_path / "brief.docx")
    for words, _, _ in said_of(comparison):
        assert all(docx_writer in text for docx_writer in words), words


def test_workbook_says_everything(comparison: PlanDiff, brief: blocks.Briefing, tmp_path: Path) -> None:
    xlsx_writer.write(brief, tmp_path / "brief.xlsx")
    book = rows_of_xlsx(tmp_path / "brief.xlsx")
    assert list(book) == ["Summary", "Changes", "Dropped", "New", "Undetermined", "Bodies", "Method"]
    for words, status, confidence in said_of(comparison):
        name = status.capitalize() if status in ("dropped", "new", "undetermined") else "Changes"
        wanted = words - {f"{confidence:.2f}"}
        rows = [row for row in book[name] if confidence in row]
        assert any(all(docx_writer in "\n".join(map(str, row)) for docx_writer in wanted) for row in rows), words


def test_counts_are_those_of_the_comparison(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    counts = {row[0]: row[1:] for row in brief.table("counts").rows}
    for status in map(str, Status):
        sides = (comparison.summary["old_tasks"].get(status, 0), comparison.summary["new_tasks"].get(status, 0))
        assert counts[status.capitalize()] == sides
    flow = next(block for block in brief.blocks if isinstance(block, blocks.Flow))
    assert sum(stream.count for stream in flow.streams) == len(brief.changes)
    assert sum(row[-1] for row in flow.table.rows) == len(brief.changes)


def test_every_format_states_the_gap_and_the_settings(
    comparison: PlanDiff, brief: blocks.Briefing, tmp_path: Path
) -> None:
    docx_writer.write(brief, tmp_path / "brief.docx")
    xlsx_writer.write(brief, tmp_path / "brief.xlsx")
    book = "\n".join(
        str(cell) for rows in rows_of_xlsx(tmp_path / "brief.xlsx").values() for row in rows for cell in row
    )
    texts = [
        text_of_html(html_page.html(brief)),
        text_of_markdown(markdown_page.markdown(brief)),
        text_of_docx(tmp_path / "brief.docx"),
        book,
    ]
    wanted = [
        *comparison.notes,
        comparison.encoder,
        plancmp.__version__,
        comparison.old.source.sha256,
        DATE,
        "A. Author",
    ]
    wanted += [comparison.old.issuer, comparison.new.issued, "Client & Co", *map(str, comparison.config)]
    for text in texts:
        assert not [docx_writer for docx_writer in wanted if docx_writer not in text]
        assert "abolished" not in text.lower()


def test_the_same_briefing_is_the_same_bytes(comparison: PlanDiff, tmp_path: Path) -> None:
    for number in ("1", "2"):
        again = briefing.compose(comparison, date=DATE)
        docx_writer.write(again, tmp_path / f"{number}.docx")
        xlsx_writer.write(again, tmp_path / f"{number}.xlsx")
        (tmp_path / f"{number}.html").write_text(html_page.html(again))
        (tmp_path / f"{number}.md").write_text(markdown_page.markdown(again))
    for ending in ("docx", "xlsx", "html", "md"):
        assert (tmp_path / f"1.{ending}").read_bytes() == (tmp_path / f"2.{ending}").read_bytes()


# -- selections, languages


def test_only_keeps_what_was_asked_for(comparison: PlanDiff) -> None:
    shown = briefing.compose(comparison, only={"2021-2022:30", "2021-2022:9"}, topic="Kunlun", date=DATE)
    assert [change.name for change in shown.changes] == ["2021-2022:9", "2021-2022:30 → 2024:31"]
    assert shown.title.startswith("Kunlun in 2021-2022 and 2024")
    assert "1 of" in next(
        block.text for block in shown.blocks if isinstance(block, blocks.Paragraph) and "selection" in block.text
    )
    chosen = selection.select(comparison, selection.Filter(statuses=("softened",)))
    assert {change.old.ref for change in briefing.compose(comparison, only=chosen).changes if change.old} == {
        link.old for link in comparison.links if link.softened
    }


def test_a_briefing_of_nothing_can_be_written(comparison: PlanDiff, tmp_path: Path) -> None:
    nothing = briefing.compose(comparison, only=set(), date=DATE)
    docx_writer.write(nothing, tmp_path / "brief.docx")
    xlsx_writer.write(nothing, tmp_path / "brief.xlsx")
    assert "<article" not in html_page.html(nothing)
    assert markdown_page.markdown(nothing)


def test_both_languages_have_the_same_words() -> None:
    table = loader.table("wording")
    assert table["en"].keys() == table["zh"].keys()
    for key, english in table["en"].items():
        if key != "phrases":
            assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", table["zh"][key])), key


def test_chinese_leaves_no_english_fixed_words(comparison: PlanDiff) -> None:
    shown = briefing.compose(comparison, lang="zh", date=DATE)
    own = " ".join(reason for change in shown.changes for reason in change.reasons)
    own = re.sub(r"“.*?”(?= →|$| )", "", own)
    assert not re.findall(r"stage:|at full strength|acting on it|joined by|not taken up|no longer named", own)
    assert next(block.text for block in shown.blocks if isinstance(block, blocks.Paragraph)).startswith(
        "2021-2022 的文本止于"
    )
    assert 'lang="zh-CN"' in html_page.html(shown)


def test_an_unknown_language_is_refused(comparison: PlanDiff) -> None:
    with pytest.raises(UsageError, match="language"):
        briefing.compose(comparison, lang="xx")


# -- hostile text


def test_hostile_text_is_only_text_in_html(hostile: PlanDiff) -> None:
    page = html_page.html(briefing.compose(hostile, date=DATE, topic=HOSTILE, author=HOSTILE))
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "\x1b" not in page
    assert not re.findall(r"<[^>]*\b(?:src|srcset|action|style|on\w+)=", page)
    assert not [target for target in re.findall(r'href="([^"]*)"', page) if not target.startswith("#")]
    assert blocks.clean(HOSTILE) in text_of_html(page)


def test_hostile_text_is_only_text_in_markdown(hostile: PlanDiff) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    source = markdown_page.markdown(briefing.compose(hostile, date=DATE, topic=HOSTILE))
    page = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)
    allowed = "a|h[1-6]|p|blockquote|ul|li|strong|em|del|ins|table|thead|tbody|tr|th|td"
    assert not [
        tag
        for tag in re.findall(r"<(/?[^>]+)>", page)
        if not re.fullmatch(rf"/?(?:{allowed})(?: (?:href|id)=\"#?[\w.-]*\")?", tag)
    ]
    assert blocks.clean(HOSTILE) in text_of_html(page)
    tables = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    assert {row.count("<td>") + row.count("<th>") for row in tables} <= {3, 4, 5}


@pytest.mark.parametrize(
    "text", ["# a", "- a", "+ a", "1. a", "12) a", "=", "--- ", "> a", "    code", "| a |", "```", "![a](b)"]
)
def test_leading_characters_are_no_markdown(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    page = markdown_it.MarkdownIt("commonmark").enable("table").render(f"> {markdown_page.escape_markdown(blocks.clean(text))}")
    assert re.sub(r"\s+", " ", page).strip() == f"<blockquote> <p>{escaping.escape(text.strip())}</p> </blockquote>"


def test_hostile_text_is_only_text_in_word_and_excel(hostile: PlanDiff, tmp_path: Path) -> None:
    shown = briefing.compose(hostile, date=DATE, topic=HOSTILE, author=HOSTILE, client="\tx")
    docx_writer.write(shown, tmp_path / "brief.docx")
    xlsx_writer.write(shown, tmp_path / "brief.xlsx")
    assert blocks.clean(HOSTILE) in text_of_docx(tmp_path / "brief.docx")
    book = pytest.importorskip("openpyxl").load_workbook(tmp_path / "brief.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert not [
        cell.value for cell in cells if isinstance(cell.value, str) and cell.value.startswith(tuple("=+-@\t\r"))
    ]
    assert not [cell.hyperlink.target for cell in cells if cell.hyperlink and cell.hyperlink.target]


def test_a_cell_never_holds_more_than_excel_takes(comparison: PlanDiff, tmp_path: Path) -> None:
    first, *others = comparison.old.tasks
    long = dataclasses.replace(first, text="revise the law " * 5000)
    old = dataclasses.replace(comparison.old, tasks=(long, *others))
    xlsx_writer.write(briefing.compose(dataclasses.replace(comparison, old=old), date=DATE), tmp_path / "brief.xlsx")
    assert max(len(str(cell)) for row in rows_of_xlsx(tmp_path / "brief.xlsx")["Changes"] for cell in row) <= 32767


# -- Word


def test_word_uses_words_own_means(brief: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    docx_writer.write(brief, tmp_path / "brief.docx")
    document = docx.Document(str(tmp_path / "brief.docx"))
    used = {line.style.name for line in document.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Heading 3", "List Bullet"} <= used
    assert all(table.rows[0]._tr.xpath("./w:trPr/w:tblHeader") for table in document.tables)
    footer = document.sections[-1].footer._element
    assert [code.strip() for code in footer.xpath(".//w:instrText/text()")] == ["PAGE", "NUMPAGES"]
    removed, added = document.styles["Removed text"], document.styles["Added text"]
    assert removed.font.strike
    assert added.font.underline
    assert document.styles["Normal"].element.xpath(".//w:rFonts/@w:eastAsia") == [docx_writer.EAST_ASIAN]
    targets = set(document.element.xpath("//w:bookmarkStart/@w:name"))
    assert set(document.element.xpath("//w:hyperlink/@w:anchor")) <= targets
    assert len(targets) == len(document.element.xpath("//w:bookmarkStart"))


def test_a_template_gives_its_styles_and_not_its_text(brief: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    firm = docx.Document()
    firm.styles["Heading 1"].font.name = "Garamond"
    firm.sections[0].header.paragraphs[0].text = "Firm LLP"
    firm.add_paragraph("Text of the template")
    firm.save(str(tmp_path / "firm.docx"))
    docx_writer.write(brief, tmp_path / "brief.docx", template=tmp_path / "firm.docx")
    made = docx.Document(str(tmp_path / "brief.docx"))
    assert made.styles["Heading 1"].font.name == "Garamond"
    assert made.sections[0].header.paragraphs[0].text == "Firm LLP"
    assert "Text of the template" not in text_of_docx(tmp_path / "brief.docx")


def test_a_template_that_is_none_is_refused(brief: blocks.Briefing, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no template"):
        docx_writer.write(brief, tmp_path / "brief.docx", template=tmp_path / "nowhere.docx")
    (tmp_path / "note.docx").write_text("not a document")
    with pytest.raises(DocumentError, match="no Word document"):
        docx_writer.write(brief, tmp_path / "brief.docx", template=tmp_path / "note.docx")
    assert not (tmp_path / "brief.docx").exists()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with pytest.raises(TypeError):
        json_cache.write_bytes(tmp_path / "a", "text, not bytes")  # type: ignore[arg-type]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "before")]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_the_document(brief: blocks.Briefing, tmp_path: Path) -> None:
    docx_writer.write(brief, tmp_path / "brief.docx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [
        str(SOFFICE),
        "--headless",
        profile,
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "brief.docx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    assert (tmp_path / "brief.pdf").read_bytes().startswith(b"%PDF")


# -- a real browser


@pytest.fixture(scope="module")
def dom(comparison: PlanDiff, tmp_path_factory: pytest.TempPathFactory):
    """The page as a browser has it after the script has run; the filters stand in the address, as when one shares it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    folder = tmp_path_factory.mktemp("page")

    @functools.cache
    def load(page: str, state: str = "") -> str:
        path = folder / "page.html"
        path.write_text(page, "utf-8")
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
        done = subprocess.run(
            [*command, "--dump-dom", f"{path.as_uri()}#{state}"], check=True, capture_output=True, timeout=120
        )
        return done.stdout.decode("utf-8", "replace")

    return load


def shown_in(page: str) -> list[str]:
    return [tag for tag in re.findall(r"<article[^>]*>", page) if not re.search(r"\shidden\b", tag)]


def test_filters_work_in_a_browser(comparison: PlanDiff, brief: blocks.Briefing, dom) -> None:
    page = html_page.html(brief)
    everything = dom(page)
    assert len(shown_in(everything)) == len(brief.changes)
    assert f"{len(brief.changes)} of {len(brief.changes)} shown" in everything
    assert not re.search(r"<form[^>]*\shidden\b", everything)
    dropped = shown_in(dom(page, "?status=st-dropped"))
    assert len(dropped) == comparison.summary["old_tasks"]["dropped"]
    softened = shown_in(dom(page, "?status=st-softened&view=inline"))
    assert len(softened) == sum(link.softened for link in comparison.links)
    kunlun = shown_in(dom(page, "?words=kunlun%20special"))
    assert 0 < len(kunlun) < 6
    token = re.search(r'<option value="(b\d+)">Ministry of Public Security</option>', page)
    assert token
    police = [c for c in brief.changes if any("Ministry of Public Security" in side.body_names for side in c.sides)]
    assert len(shown_in(dom(page, f"?body={token.group(1)}"))) == len(police)
    nothing = dom(page, "?status=st-new&section=s0")
    assert not shown_in(nothing)
    assert 'class="inline"' in dom(page, "?view=inline")


def test_nothing_of_a_plan_runs_and_no_request_leaves_the_page(
    hostile: PlanDiff, dom, listener: tuple[int, list[str]]
) -> None:
    port, asked = listener
    page = html_page.html(briefing.compose(hostile, date=DATE)).replace("localhost:9", f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in page
    # Even where escaping failed, the page's policy would let neither a script nor an image through.
    leak = f'<img src="http://127.0.0.1:{port}/leak"><script>document.title="owned"</script>'
    for source in (page, page.replace("</main>", leak + "</main>")):
        assert "<title>owned" not in dom(source)
    assert asked == []
