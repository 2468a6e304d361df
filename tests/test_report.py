"""Briefings: one result in four formats, with the same words and numbers, and nothing of a plan's text taken for code."""

from __future__ import annotations

import dataclasses
import functools
import html as escaping
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plancmp
from plancmp import json_cache
from plancmp.analysis import bodies, selection, telling
from plancmp.errors import DocumentError, UsageError
from plancmp.lexicon import loader
from plancmp.model import Decision, Plan, Signal, Status
from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    archive,
    blocks,
    briefing,
    docx_writer,
    facts,
    findings,
    html_page,
    list_pages,
    markdown_page,
    output,
    word_diff,
    xlsx_writer,
)

DATE = "2026-01-31"
HOSTILE = (
    '=HYPERLINK("http://localhost:9/x","y") <script>document.title="owned"</script> <img src="http://localhost:9/p.png"> '
    "[red]a[/red] [link](javascript:alert(1)) | a | `code` *b* _c_ ~~d~~ $e$ &amp; # f \x1b[31m \u202e </article></script> "
    "https://localhost:9/ @someone ﷐\ufffe 商标法"
)
HOSTILE_FILTER = selection.Filter(topic=HOSTILE)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def comparison() -> PlanDiff:
    return plancmp.diff(plancmp.load("2021"), plancmp.load("2024"))


@pytest.fixture(scope="module")
def brief(comparison: PlanDiff) -> blocks.Briefing:
    return briefing.compose(comparison, author="A. Author", client="Client & Co", date=DATE)


SECRETS = selection.Filter(topic="trade secrets")


@pytest.fixture(scope="module")
def secrets(comparison: PlanDiff) -> PlanDiff:
    return selection.select(comparison, SECRETS)


@pytest.fixture(scope="module")
def short(secrets: PlanDiff) -> blocks.Briefing:
    """A briefing with every kind of block that is quickly drawn."""
    return briefing.compose(secrets, wanted=SECRETS, author="A. Author", client="Client & Co", date=DATE)


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

    links = tuple(dataclasses.replace(link, note=HOSTILE) for link in comparison.links)
    signal = Signal("intensity", "up", HOSTILE, HOSTILE, HOSTILE)
    fates = tuple(
        dataclasses.replace(
            fate,
            text=HOSTILE + fate.text,
            counterparts=tuple(dataclasses.replace(c, signals=(signal,)) for c in fate.counterparts),
        )
        for fate in comparison.commitments
    )
    return dataclasses.replace(
        comparison,
        old=spoiled(comparison.old),
        new=spoiled(comparison.new),
        links=links,
        commitments=fates,
        notes=(HOSTILE,),
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


LABELS = {
    "escalated": "Escalated",
    "continued": "Continued",
    "softened": "Softened",
    "dropped": "No counterpart found",
    "new": "New",
    "undetermined": "Cannot be told",
}


def bare(text: str) -> str:
    """Text without the ellipsis of a stitched quotation, and with single spaces."""
    return " ".join(text.replace("…", " ").split())


def said_of(comparison: PlanDiff) -> list[tuple[str, str, str, str]]:
    """Every commitment of the JSON: its task, its name as shown, its words, and the word for what became of it."""
    found = []
    for item in comparison.to_dict()["commitments"]:
        letter = item["ref"].removeprefix(item["task"])
        name = f"{item['task'].partition(':')[2]}({letter})"
        state = "softened" if item["softened"] else item["status"]
        found.append((item["task"], name, bare(blocks.clean(item["text"])), LABELS[state]))
    return found


def assert_all_said(comparison: PlanDiff, parts: list[tuple[str, list[str]]]) -> None:
    """parts: for each change its heading and its lines; every commitment must stand in a line of a change of its task."""
    spoken = [(heading, [bare(line) for line in lines]) for heading, lines in parts]
    missing = [
        (task, name, label)
        for task, name, text, label in said_of(comparison)
        if not any(
            re.search(rf"(?<![\d.]){re.escape(task)}(?![\d.])", heading)
            and any(f"{name} {text}" in line and line.startswith(label) for line in lines)
            for heading, lines in spoken
        )
    ]
    assert not missing


# The same in every format


def test_html_says_every_commitment(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    articles = re.findall(r"<article.*?</article>", html_page.html(brief), re.DOTALL)
    assert len(articles) == len(brief.changes)
    parts = []
    for article in articles:
        lines = re.findall(r'<div class="line.*?(?=<div class="line|<dl class="facts)', article, re.DOTALL)
        shown = [re.sub(r'<span class="which">.*?</span>', "", line) for line in lines]
        texts = [text_of_html(re.sub(r'<span aria-hidden="true">.</span>', "", line)).strip() for line in shown]
        parts.append((text_of_html(article.partition("</header>")[0]), texts))
    assert_all_said(comparison, parts)


def test_markdown_says_every_commitment(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    page = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown_page.markdown(brief))
    parts = [
        (
            text_of_html(part.partition("</h4>")[0]),
            [text_of_html(re.sub("</td>", " ", row)).strip() for row in re.findall(r"<tr>.*?</tr>", part, re.DOTALL)],
        )
        for part in page.split("<h4>")[1:]
    ]
    assert_all_said(comparison, parts)


@pytest.mark.parametrize("marks", docx_writer.MARKS)
def test_word_says_every_commitment(comparison: PlanDiff, brief: blocks.Briefing, tmp_path: Path, marks: str) -> None:
    docx = pytest.importorskip("docx")
    docx_writer.write(brief, tmp_path / "brief.docx", marks=marks)
    parts: list[tuple[str, list[str]]] = []
    for element in docx.Document(str(tmp_path / "brief.docx")).element.body:
        if element.tag.endswith("}p") and element.xpath("./w:pPr/w:pStyle[@w:val='Heading3']"):
            parts.append(("".join(element.xpath(".//w:t/text()")), []))
        elif element.tag.endswith("}tbl") and parts:
            for row in element.xpath("./w:tr"):
                cells = [
                    " ".join("".join(p.xpath(".//w:t/text()")) for p in c.xpath("./w:p")) for c in row.xpath("./w:tc")
                ]
                parts[-1][1].append(" ".join(cells))
    assert_all_said(comparison, parts)


def test_workbook_has_a_row_for_every_commitment(comparison: PlanDiff, brief: blocks.Briefing, tmp_path: Path) -> None:
    xlsx_writer.write(brief, tmp_path / "brief.xlsx")
    book = rows_of_xlsx(tmp_path / "brief.xlsx")
    assert list(book) == ["Summary", "Commitments", "Bodies", "Method"]
    header, *rows = book["Commitments"]
    assert len(rows) == len(comparison.commitments)
    at = {name: header.index(name) for name in ("Plan", "Ref", "Status", "Text", "Your remark", "Reason")}
    assert [(f"{row[at['Plan']]}:{row[at['Ref']]}", bare(row[at["Text"]]), row[at["Status"]]) for row in rows] == [
        (f"{task.partition(':')[0]}:{name}", text, label) for task, name, text, label in said_of(comparison)
    ]
    for row, fate in zip(rows, comparison.commitments, strict=True):
        assert all(s.note in row[at["Reason"]] for c in fate.counterparts for s in c.signals)
        assert not row[at["Your remark"]]
    caveats = "\n".join(str(cell) for row in book["Summary"] for cell in row)
    assert "unofficial translations" in caveats
    assert "stops at task 64" in caveats


def test_what_is_said_of_a_link_comes_from_the_result(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    changes = {change.name: change for change in brief.changes}
    for link in comparison.links:
        change = changes[f"{link.old} → {link.new}"]
        outcomes = [comparison.outcome(ref) for ref in (link.old, link.new)]
        assert change.state == link.state
        assert ("partly dropped" in change.label) == any(outcome.partly_dropped for outcome in outcomes)
        assert ("partly new" in change.label) == any(outcome.partly_new for outcome in outcomes)
        assert bool(link.split) == any(note.startswith("Also taken up by") for note in change.notes)
        assert bool(link.merge) == any(note.startswith("Also takes up") for note in change.notes)
        assert bool(link.newly_named) == ("newly named: " in change.bodies)
        assert bool(link.no_longer_named) == ("no longer named: " in change.bodies)


def test_quotations_are_verbatim(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    for change in brief.changes:
        for line in change.lines:
            for quote, side in ((line.old, change.old), (line.new, change.new)):
                if quote:
                    assert side
                    assert all(piece.strip() in side.text for piece in quote.text.split("…"))
                    assert "".join(run.text for run in quote.runs) == quote.text


@pytest.mark.parametrize(
    ("words", "source", "quotation"),
    [
        ("Revise the law A", "Revise the law A and the law B.", "Revise the law A"),
        ("Revise the law B", "Revise the law A and the law B.", "Revise … the law B"),
        ("Revise … the law B", "Revise the law A and the law B.", "Revise … the law B"),
        ("Do what nobody wrote", "Revise the law A.", "Do what nobody wrote"),
    ],
)
def test_a_stitched_quotation_has_an_ellipsis(words: str, source: str, quotation: str) -> None:
    assert blocks.verbatim(words, source) == quotation


def test_counts_are_of_what_is_shown(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    wanted = selection.Filter(topic="trade secrets")
    for shown, result in (
        (brief, comparison),
        (briefing.compose(chosen := selection.select(comparison, wanted), wanted=wanted, date=DATE), chosen),
    ):
        counts = {row[0]: row[1:] for row in shown.table("counts").rows}
        for status in map(str, Status):
            sides = tuple(
                result.summary[key].get(status, 0)
                for key in ("old_commitments", "new_commitments", "old_tasks", "new_tasks")
            )
            assert counts[LABELS[status]] == sides
        flow = next(block for block in shown.blocks if isinstance(block, blocks.Flow))
        paired = {c.ref for fate in result.old_commitments for c in fate.counterparts}
        new_alone = [fate for fate in result.new_commitments if fate.ref not in paired]
        assert sum(stream.count for stream in flow.streams) == len(result.old_commitments) + len(new_alone)
        assert sum(row[-1] for row in flow.table.rows) == sum(stream.count for stream in flow.streams)
    said = " ".join(block.text for block in shown.blocks if isinstance(block, blocks.Paragraph))
    selected = chosen.selection
    assert selected
    for shown_count, total in selected.values():
        assert re.search(rf"\b{shown_count} of the {total} commitments", said)
    assert shown.title.startswith("Trade secrets, ")


def test_every_format_states_the_gap_and_the_settings(
    comparison: PlanDiff, short: blocks.Briefing, tmp_path: Path
) -> None:
    docx_writer.write(short, tmp_path / "brief.docx")
    xlsx_writer.write(short, tmp_path / "brief.xlsx")
    book = "\n".join(
        str(cell) for rows in rows_of_xlsx(tmp_path / "brief.xlsx").values() for row in rows for cell in row
    )
    texts = [
        text_of_html(html_page.html(short)),
        text_of_markdown(markdown_page.markdown(short)),
        text_of_docx(tmp_path / "brief.docx"),
        book,
    ]
    wanted = [
        "stops at task 64 in section 3(2)",
        comparison.encoder,
        plancmp.__version__,
        comparison.old.source.sha256,
        "31 January 2026",
        "A. Author",
    ]
    wanted += [comparison.old.issuer, "16 May 2024", "Client & Co", *map(str, comparison.config)]
    for text in texts:
        assert not [part for part in wanted if part not in text]
        assert "abolished" not in text.lower()
        assert "would stand there is undetermined" not in text


def test_the_same_briefing_is_the_same_bytes(secrets: PlanDiff, tmp_path: Path) -> None:
    for number in ("1", "2"):
        again = briefing.compose(secrets, date=DATE)
        docx_writer.write(again, tmp_path / f"{number}.docx")
        xlsx_writer.write(again, tmp_path / f"{number}.xlsx")
        (tmp_path / f"{number}.html").write_text(html_page.html(again))
        (tmp_path / f"{number}.md").write_text(markdown_page.markdown(again))
    for ending in ("docx", "xlsx", "html", "md"):
        assert (tmp_path / f"1.{ending}").read_bytes() == (tmp_path / f"2.{ending}").read_bytes()


def test_a_selection_shows_what_was_asked_for(comparison: PlanDiff) -> None:
    refs = {fate.ref for fate in comparison.commitments if fate.task in ("2021-2022:30", "2021-2022:9")}
    shown = briefing.compose(comparison.only(refs), date=DATE)
    assert [change.name for change in shown.changes] == ["2021-2022:9", "2021-2022:30 → 2024:31"]
    for statuses in (("softened",), ("dropped",), ("new", "undetermined")):
        wanted = selection.Filter(statuses=statuses)
        chosen = selection.select(comparison, wanted)
        lines = briefing.compose(chosen, wanted=wanted).lines
        assert {line.state for line in lines} - {"continued", "escalated"} <= set(statuses)
        assert {fate.ref for fate in chosen.commitments} <= {quote.ref for line in lines for quote in line.quotes}


@pytest.mark.parametrize(("old", "new"), [("2008", "14fyp"), ("2024", "2021")])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_every_commitment_chosen_is_shown(old: str, new: str, data: st.DataObject) -> None:
    result = plancmp.diff(plancmp.load(old), plancmp.load(new))
    refs = data.draw(st.sets(st.sampled_from([fate.ref for fate in result.commitments]), min_size=1, max_size=40))
    shown = briefing.compose(result.only(refs), length="report", date=DATE)
    for change in shown.changes:
        for line in change.lines:
            assert not refs.isdisjoint(quote.ref for quote in line.quotes)
    alone = [line.quotes[0].ref for line in shown.lines if len(line.quotes) == 1]
    assert len(alone) == len(set(alone))
    assert refs <= {quote.ref for line in shown.lines for quote in line.quotes}
    assert len(shown.sheets[0].rows) == len(refs)
    briefing.compose(result.only(refs), length="alert", date=DATE)


def test_the_title_names_the_filter(comparison: PlanDiff) -> None:
    wanted = selection.Filter(
        topic="trade secrets", section="2", body="SAMR", statuses=("dropped",), min_confidence=0.5
    )
    chosen = selection.select(comparison, wanted)
    for length in briefing.LENGTHS:
        shown = briefing.compose(chosen, wanted=wanted, length=length, date=DATE)
        said = f"{shown.title} {' '.join(b.text for b in shown.blocks if isinstance(b, blocks.Paragraph))}".lower()
        for words in ("trade secrets", "section 2", "samr", "no counterpart found", "0.5"):
            assert words in said, (length, words)


@pytest.mark.parametrize("length", briefing.LENGTHS)
def test_a_briefing_of_nothing_can_be_written(comparison: PlanDiff, tmp_path: Path, length: str) -> None:
    nothing = briefing.compose(comparison.only(()), length=length, date=DATE)
    docx_writer.write(nothing, tmp_path / "brief.docx")
    xlsx_writer.write(nothing, tmp_path / "brief.xlsx")
    assert "<article" not in html_page.html(nothing)
    assert markdown_page.markdown(nothing)


def test_both_languages_have_the_same_words() -> None:
    table = loader.table("wording")
    assert table["en"].keys() == table["zh"].keys()
    for key, english in table["en"].items():
        if isinstance(english, str):
            assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", table["zh"][key])), key


def test_chinese_leaves_no_english_fixed_words(comparison: PlanDiff) -> None:
    shown = briefing.compose(comparison, lang="zh", date=DATE)
    caveat = next(block.text for block in shown.blocks if isinstance(block, blocks.Paragraph))
    assert caveat.startswith("2021-2022 的文本止于")
    assert "2021年12月27日" in str(shown.table("plans").rows)
    assert "知识产权强国建设纲要" in str(shown.table("plans").rows)
    assert 'lang="zh-CN"' in html_page.html(shown)
    own = [b.text for b in shown.blocks if isinstance(b, blocks.Paragraph | blocks.Heading)]
    own += [text for b in shown.blocks if isinstance(b, blocks.Points) for _, text, _ in b.points]
    own += [change.label + change.bodies + "".join((*change.notes, *change.remarks)) for change in shown.changes]
    own += [text for line in shown.lines for text in (line.label, line.sureness, *line.notes)]
    headings = {blocks.section_path(task.section) for plan in (comparison.old, comparison.new) for task in plan.tasks}
    unquoted = [re.sub(r"“[^”]*”", "", text) for text in own if text not in headings]
    english = [text for text in unquoted if re.search(r"(?:\b[a-z]{2,}\b[ ,]+){3}", text)]
    assert not english


@pytest.mark.parametrize(
    ("old", "new"), [("2021", "2024"), ("2023", "2024"), ("2008", "14fyp"), ("14fyp", "2024"), ("2024", "2021")]
)
def test_every_note_of_a_signal_has_chinese_words(old: str, new: str) -> None:
    result = plancmp.diff(plancmp.load(old), plancmp.load(new))
    words = blocks.words_of("zh")
    notes = {signal.note for link in result.links for signal in link.signals}
    assert notes
    for note in (*notes, *result.notes):
        chinese = words.phrase(note)
        assert re.search(r"[\u4e00-\u9fff]", chinese), note
        assert not re.search(
            r"\b(?:was|is|to be|became|added|gone|newly|longer|commitments|more)\b(?![^“]*”)",
            chinese.partition("：")[0],
        ), chinese


def test_made_up_notes_have_chinese_words() -> None:
    words = blocks.words_of("zh")
    done = [entry["done"] for entry in loader.table("stages")["stage"]]
    notes = [
        f"was to be {before}, is now to be {after}" for before in (*done, "acted on") for after in (*done, "acted on")
    ]
    notes += ["the number is gone", "a number is set", "the date is gone", "a date is set", "20 became 30"]
    notes += ["5 of 6 commitments not taken up", "“further” became “fully”", "“fully” is added", "“fully” is gone"]
    for note in notes:
        chinese = words.phrase(note)
        assert not re.search(r"[a-z]{3}", re.sub(r"“[^”]*”", "", chinese)), chinese
    assert set(words.table["stages"]) == {*done, "acted on"}


def test_a_sentence_begins_with_a_capital_letter_in_english_only() -> None:
    assert blocks.words_of("en").sentence("the 2024 plan") == "The 2024 plan"
    assert blocks.words_of("zh").sentence("zh-2024 计划") == "zh-2024 计划"


def test_an_unknown_language_is_refused(comparison: PlanDiff) -> None:
    with pytest.raises(UsageError, match="language"):
        briefing.compose(comparison, lang="xx")


def test_hostile_text_is_only_text_in_html(hostile: PlanDiff) -> None:
    page = html_page.html(briefing.compose(hostile, date=DATE, wanted=HOSTILE_FILTER, author=HOSTILE))
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "\x1b" not in page
    assert not re.findall(r"<[^>]*\b(?:src|srcset|action|style|on\w+)=", page)
    assert not [target for target in re.findall(r'href="([^"]*)"', page) if not target.startswith("#")]
    assert blocks.clean(HOSTILE) in text_of_html(page)


def test_hostile_text_is_only_text_in_markdown(hostile: PlanDiff) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    source = markdown_page.markdown(briefing.compose(hostile, date=DATE, wanted=HOSTILE_FILTER))
    page = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)
    allowed = "a|h[1-6]|p|blockquote|ul|li|strong|em|del|ins|table|thead|tbody|tr|th|td|br"
    assert not [
        tag
        for tag in re.findall(r"<(/?[^>]+)>", page)
        if not re.fullmatch(rf"/?(?:{allowed})(?: (?:href|id)=\"#?[\w.-]*\")?", tag)
    ]
    assert blocks.clean(HOSTILE) in text_of_html(page)
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        assert len({row.count("<td>") + row.count("<th>") for row in rows}) == 1
        assert len(rows) > 1


@pytest.mark.parametrize(
    "text", ["# a", "- a", "+ a", "1. a", "12) a", "=", "--- ", "> a", "    code", "| a |", "```", "![a](b)"]
)
def test_leading_characters_are_no_markdown(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    page = (
        markdown_it.MarkdownIt("commonmark")
        .enable("table")
        .render(f"> {markdown_page.escape_markdown(blocks.clean(text))}")
    )
    assert re.sub(r"\s+", " ", page).strip() == f"<blockquote> <p>{escaping.escape(text.strip())}</p> </blockquote>"


def test_hostile_text_is_only_text_in_word_and_excel(hostile: PlanDiff, tmp_path: Path) -> None:
    shown = briefing.compose(hostile, date=DATE, wanted=HOSTILE_FILTER, author=HOSTILE, client="\tx")
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
    first, *others = comparison.commitments
    long = dataclasses.replace(first, text="revise the law " * 5000)
    spoiled = dataclasses.replace(comparison, commitments=(long, *others))
    xlsx_writer.write(briefing.compose(spoiled, date=DATE), tmp_path / "brief.xlsx")
    assert max(len(str(cell)) for row in rows_of_xlsx(tmp_path / "brief.xlsx")["Commitments"] for cell in row) <= 32767


def test_word_uses_words_own_means(short: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    docx_writer.write(short, tmp_path / "brief.docx")
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


def accepted(line: Any) -> str:
    """What a paragraph with tracked changes reads when all are accepted."""
    return "".join(line.xpath(".//w:t[not(ancestor::w:del)]/text()"))


def rejected(line: Any) -> str:
    """What it reads when all are rejected."""
    return "".join(line.xpath(".//w:delText/text() | .//w:t[not(ancestor::w:ins)]/text()"))


texts = st.text(st.sampled_from("ab cd, “Kunlun” 昆仑法律 The the. (x)"), max_size=60)


@given(texts, texts)
def test_a_tracked_text_gives_both_texts_letter_for_letter(old: str, new: str) -> None:
    runs = word_diff.tracked(old, new)
    assert "".join(run.text for run in runs if run.kind != word_diff.REMOVED) == new
    assert "".join(run.text for run in runs if run.kind != word_diff.ADDED) == old
    assert all(run.text for run in runs)


def test_word_tracks_what_changed(comparison: PlanDiff, brief: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    docx_writer.write(brief, tmp_path / "brief.docx")
    document = docx.Document(str(tmp_path / "brief.docx"))
    style = document.styles["Briefing Tracked"].style_id
    tracked = document.element.body.xpath(f"./w:p[w:pPr/w:pStyle[@w:val='{style}']]")
    assert len(tracked) == len(brief.changes)
    for line, change in zip(tracked, brief.changes, strict=True):
        old, new = (
            blocks.clean(comparison.task(side.ref).full_text) if side else "" for side in (change.old, change.new)
        )
        if change.old and change.new:
            assert (accepted(line), rejected(line)) == (new, old)
        elif change.state == "dropped" and not comparison.outcome(change.name).links:
            assert (accepted(line), rejected(line)) == ("", old)
        elif change.state == "new" and not comparison.outcome(change.name).links:
            assert (accepted(line), rejected(line)) == (new, "")
        else:
            assert accepted(line) == rejected(line) == old + new
    marks = document.element.xpath("//w:ins | //w:del")
    key = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    assert {mark.get(f"{key}author") for mark in marks} == {"A. Author"}
    assert {mark.get(f"{key}date") for mark in marks} == {f"{DATE}T00:00:00Z"}
    assert len({mark.get(f"{key}id") for mark in marks}) == len(marks)


def test_word_comments_on_doubts_reviewers_and_translators(comparison: PlanDiff, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    first = dataclasses.replace(comparison.links[0], note="Seen with the client.", decided_by="reviewer")
    of_reviewer = dataclasses.replace(
        comparison.old_commitments[8].counterparts[0],
        decided_by="reviewer",
        note="So says the gazette.",
        doubtful=False,
    )
    fate = dataclasses.replace(comparison.old_commitments[8], counterparts=(of_reviewer,))
    fates = tuple(fate if known.ref == fate.ref else known for known in comparison.commitments)
    noted = dataclasses.replace(comparison, links=(first, *comparison.links[1:]), commitments=fates)
    docx_writer.write(briefing.compose(noted, date=DATE), tmp_path / "brief.docx")
    document = docx.Document(str(tmp_path / "brief.docx"))
    said = [comment.text for comment in document.comments]
    doubtful = sum(link.doubtful for link in noted.links if link.decided_by == "model")
    assert sum(text.startswith("Doubtful: these") for text in said) == doubtful > 0
    assert "Reviewer: Seen with the client." in said
    assert "Reviewer: So says the gazette." in said
    assert any(text.startswith("Translation variant") for text in said)
    assert {comment.author for comment in document.comments} == {"plancmp"}
    for kind in ("commentRangeStart", "commentRangeEnd", "commentReference"):
        assert sorted(map(int, document.element.xpath(f"//w:{kind}/@w:id"))) == list(range(len(said)))


def test_a_translation_variant_is_one_term() -> None:
    assert docx_writer.is_variant("anti-monopoly", "antitrust")
    assert docx_writer.is_variant("results ", "achievements")
    assert not docx_writer.is_variant("results", "antitrust")
    assert not docx_writer.is_variant("trade mark", "patent")


def test_marks_by_formatting_leave_nothing_to_accept(short: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    docx_writer.write(short, tmp_path / "brief.docx", marks="formatting")
    document = docx.Document(str(tmp_path / "brief.docx"))
    assert not document.element.xpath("//w:ins | //w:del")
    assert not list(document.comments)
    used = set(document.element.xpath("//w:rStyle/@w:val"))
    assert {document.styles[name].style_id for name in ("Removed text", "Added text")} <= used


# The alert


def prose_of(shown: blocks.Briefing) -> str:
    return "\n".join(b.text for b in shown.blocks if isinstance(b, blocks.Paragraph) and b.kind == "lead")


def test_an_alert_is_plain_and_says_nothing_internal(comparison: PlanDiff, secrets: PlanDiff, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    for result, wanted in ((comparison, selection.Filter()), (secrets, SECRETS)):
        alert = briefing.compose(result, length="alert", wanted=wanted, date=DATE, command="plancmp brief")
        docx_writer.write(alert, tmp_path / "alert.docx")
        document = docx.Document(str(tmp_path / "alert.docx"))
        assert not document.element.xpath("//w:ins | //w:del")
        assert not list(document.comments)
        for text in (
            text_of_docx(tmp_path / "alert.docx"),
            text_of_html(html_page.html(alert).partition("<body")[2].partition("<script")[0]),
        ):
            for plan in (comparison.old, comparison.new):
                assert plan.source.sha256 not in text
                assert plan.source.file not in text
            assert not re.search(r"\b[01]\.\d", text)
            assert not [
                word
                for word in (*comparison.config, comparison.encoder, "plancmp", "decide again", "confidence")
                if re.search(rf"\b{word}\b(?! from)", text) and word not in ("sure", "near", "threshold")
            ]
        assert "abolished" not in text
        assert len(alert.table("changes").rows) <= 12


def test_an_alert_names_what_is_gone_and_new(comparison: PlanDiff, secrets: PlanDiff) -> None:
    whole = markdown_page.markdown(briefing.compose(comparison, length="alert", date=DATE))
    for fate in comparison.old_commitments:
        if fate.status is Status.DROPPED:
            assert f"{comparison.task(fate.task).number}({fate.letter})" in whole, fate.ref
    alert = briefing.compose(secrets, length="alert", wanted=SECRETS, date=DATE)
    assert alert.title.startswith(
        "Trade secrets in 2024: no counterpart found for the provisions on the protection of trade secrets"
    )
    shown = {row[1 if row[1] != "–" else 2].split()[0] for row in alert.table("changes").rows}
    assert shown == {
        f"{secrets.task(f.task).number}({f.letter})"
        for f in (*secrets.old_commitments, *secrets.new_commitments)
        if f.task.startswith("2021") or not f.counterparts
    }
    counted = secrets.selection
    assert counted
    assert f"{counted['old'][0]} of the {counted['old'][1]} commitments of the 2021-2022 plan" in prose_of(alert)
    assert (
        "promised to promote the revision of the provisions on the protection of trade secrets (task 1(d)); no counterpart was found"
        in prose_of(alert)
    )


def test_every_finding_has_its_pinpoint(comparison: PlanDiff, secrets: PlanDiff) -> None:
    for result in (comparison, secrets):
        said = findings.Findings(facts.Facts(result, blocks.words_of("en")))
        for change in (*telling.most_telling(result), *findings.telling_of(result)):
            sentence = said.sentence(change)
            assert sentence[0] == sentence[0].upper()
            for fate in change.fates:
                assert f"{result.task(fate.task).number}({fate.letter})" in sentence
            if change.counterpart:
                partner = result.fate(change.counterpart.ref)
                assert f"{result.task(partner.task).number}({partner.letter})" in sentence
                assert change.counterpart.doubtful == ("doubtful" in sentence)


def test_caveats_say_what_they_touch(comparison: PlanDiff, secrets: PlanDiff) -> None:
    of_secrets, of_all = (" ".join(facts.Facts(r, blocks.words_of("en")).caveats()) for r in (secrets, comparison))
    assert "nothing here rests on the missing part" in of_secrets
    open_count = comparison.summary["new_commitments"]["undetermined"]
    assert f"of {open_count} commitments of the 2024 plan it cannot be told whether they are new" in of_all
    for text in (of_secrets, of_all):
        assert "unofficial translations" in text
        assert "It does not mean that the work was given up" in text
    changed = [fate for fate in secrets.old_commitments if fate.state in ("escalated", "softened")]
    by_word = [fate for fate in changed if fate.counterparts[0].signals[0].kind == "intensity"]
    names = ", ".join(f"{secrets.task(fate.task).number}({fate.letter})" for fate in by_word)
    assert f"rest on one word: {len(by_word)} ({names})" in of_secrets
    same = plancmp.diff(comparison.new, comparison.new)
    assert facts.Facts(same, blocks.words_of("en")).caveats()[0].startswith("Both texts")


def test_placeholders_can_be_left_out(secrets: PlanDiff) -> None:
    for placeholders in (True, False):
        alert = briefing.compose(secrets, length="alert", date=DATE, placeholders=placeholders)
        assert ("firm's own words" in markdown_page.markdown(alert).replace("\\", "")) == placeholders


def test_a_pinned_commitment_makes_the_headline(comparison: PlanDiff, secrets: PlanDiff) -> None:
    pinned = briefing.compose(comparison, length="alert", pin="2021-2022:1d", date=DATE)
    assert (
        pinned.title
        == "From 2021-2022 to 2024: no counterpart found for the provisions on the protection of trade secrets"
    )
    assert pinned.blocks == briefing.compose(comparison, length="alert", date=DATE).blocks
    for fate in secrets.commitments:
        title = briefing.compose(secrets, length="alert", wanted=SECRETS, pin=fate.ref, date=DATE).title
        assert title.startswith("Trade secrets in 2024: ")
    with pytest.raises(UsageError, match="2021-2022:1a makes no headline"):
        briefing.compose(secrets, length="alert", wanted=SECRETS, pin="2021-2022:1a", date=DATE)


@pytest.mark.parametrize("length", briefing.LENGTHS)
def test_a_plan_against_itself_is_counted_once_on_each_side(length: str) -> None:
    plan = plancmp.load("2024")
    result = plancmp.diff(plan, plan)
    count = len(result.commitments) // 2
    assert len(result.old_commitments) == len(result.new_commitments) == count
    for side in ("old", "new"):
        assert sum(result.summary[f"{side}_commitments"].values()) == count
        assert sum(result.summary[f"{side}_tasks"].values()) == len(plan.tasks)
    shown = briefing.compose(result, length=length, date=DATE)
    if length != "annex":
        assert f"{count} are taken up in the 2024 plan" in str(shown.blocks)
        assert f"{count} take up an earlier one" in str(shown.blocks)
        assert len(shown.sheets[0].rows) == 2 * count
    if length == "report":
        lines = [(line.old.ref, line.new.ref) for line in shown.lines]
        assert len(lines) == len(set(lines))
        assert {old for old, _ in lines} == {fate.ref for fate in result.commitments}


def test_a_headline_of_ones_own_goes_first(secrets: PlanDiff) -> None:
    assert briefing.compose(secrets, length="alert", date=DATE, headline="Ours").title == "Ours"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Promote the revision of the law A", "promote the revision of the law A"),
        ("We will severely punish crimes", "severely punish crimes"),
        ("Study and revise the law A", "study and revise the law A"),
        ("Promote the revision of … the law B", "promote the revision of the law B"),
        ("Research will be conducted on the law A", None),
        ("Study of the law A", None),
        ("The standards are applied", None),
        ("推动专利法修改", None),
    ],
)
def test_a_promise_stands_behind_promised_to(text: str, said: str | None) -> None:
    assert findings.promise(text) == said


@pytest.mark.parametrize(
    ("subject", "plural"),
    [
        ("regulations on the protection of varieties", True),
        ("revision of the regulations", False),
        ("measures", True),
        ("analysis of risks", False),
        ("work progress", False),
        ("policies", True),
    ],
)
def test_the_head_of_a_subject_decides_its_number(subject: str, plural: bool) -> None:
    assert findings.is_plural(subject) is plural


def test_a_chinese_alert_is_chinese(comparison: PlanDiff, secrets: PlanDiff) -> None:
    for result, wanted in ((comparison, selection.Filter()), (secrets, SECRETS)):
        alert = briefing.compose(result, length="alert", wanted=wanted, lang="zh", date=DATE)
        said = [alert.title, *(b.text for b in alert.blocks if isinstance(b, blocks.Paragraph | blocks.Heading))]
        said += [row[-1] for row in alert.table("changes").rows]
        said += [text for _, text, _ in alert.blocks[-1].points]
        english = [text for text in said if re.search(r"[a-z]{3}", re.sub(r"“[^”]*”|trade secrets", "", text))]
        assert not english


# Files that a person has edited


@pytest.mark.parametrize("ending", ["docx", "xlsx"])
def test_an_edited_file_is_not_overwritten(secrets: PlanDiff, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"brief.{ending}"
    shown = briefing.compose(secrets, date=DATE)
    write = docx_writer.write if ending == "docx" else xlsx_writer.write
    assert not archive.edited_since(path)
    write(shown, path)
    assert not archive.edited_since(path)
    if ending == "docx":
        document = pytest.importorskip("docx").Document(str(path))
        document.save(str(path))
        assert not archive.edited_since(path)
        document.paragraphs[3].add_run(" A lawyer's word.")
        document.save(str(path))
    else:
        book = pytest.importorskip("openpyxl").load_workbook(path)
        book.worksheets[1]["I2"] = "A lawyer's word."
        book.save(path)
    assert archive.edited_since(path)
    kept = path.read_bytes()
    views = output.Views(lambda width, plain: (), **{ending: lambda to: write(shown, to)})
    with pytest.raises(UsageError, match="edited since"):
        output.deliver(views, output.Options(path=path))
    assert path.read_bytes() == kept
    output.deliver(views, output.Options(path=path, overwrite=True))
    assert not archive.edited_since(path)


def test_accepting_a_tracked_change_is_an_edit(secrets: PlanDiff, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    path = tmp_path / "brief.docx"
    docx_writer.write(briefing.compose(secrets, date=DATE), path)
    document = docx.Document(str(path))
    inserted = document.element.body.xpath("//w:ins[w:r]")[0]
    for run in list(inserted):
        inserted.addprevious(run)
    inserted.getparent().remove(inserted)
    document.save(str(path))
    assert archive.edited_since(path)


def test_a_seal_keeps_the_properties_of_a_template(secrets: PlanDiff, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    docx.Document().save(str(tmp_path / "plain.docx"))
    (tmp_path / "firm.docx").write_bytes(archive.sealed((tmp_path / "plain.docx").read_bytes()))
    docx_writer.write(briefing.compose(secrets, date=DATE), tmp_path / "brief.docx", template=tmp_path / "firm.docx")
    docx.Document(str(tmp_path / "brief.docx"))
    assert not archive.edited_since(tmp_path / "brief.docx")


# The annex


def test_the_annex_repeats_the_briefing(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from plancmp.cli.main import main

    first = tmp_path / "first.md"
    given = ["brief", "2021", "2024", "--topic", "trade secrets", "--status", "dropped,new", "--no-placeholders"]
    given += ["--author", "A. Author", "--length", "annex", "--date", DATE, "-o", str(first)]
    assert CliRunner().invoke(main, given).exit_code == 0
    text = text_of_markdown(first.read_text())
    line = next(line for line in text.splitlines() if line.startswith("plancmp brief"))
    before = first.read_bytes()
    first.unlink()
    assert CliRunner().invoke(main, shlex.split(line)[1:]).exit_code == 0
    assert first.read_bytes() == before


def test_the_annex_lists_decisions(comparison: PlanDiff) -> None:
    decision = Decision("30", "31", Status.CONTINUED, True, "weaker, as I read it", "B. Reviewer", "2026-01-30")
    annex = briefing.compose(comparison, length="annex", date=DATE, decisions=[decision])
    row = annex.table("decisions").rows[0]
    assert row == ("30 → 31", "Softened", "B. Reviewer", "2026-01-30", "weaker, as I read it")


# Languages of runs


def test_what_is_in_another_language_says_so() -> None:
    text = "the action “昆仑2024” <b> & more"
    assert html_page.foreign(text, "en") == ('the action “<span lang="zh-CN">昆仑</span>2024” &lt;b&gt; &amp; more')
    said = html_page.foreign("新增：“promote the revision of the law”。", "zh-CN")
    assert said == '新增：“<span lang="en">promote the revision of the law</span>”。'
    assert html_page.foreign("plain words only", "en") == "plain words only"


# Workbooks


def test_every_workbook_begins_with_caveats_and_has_room_for_remarks(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    found = bodies.responsibilities(plancmp.load("2021"), plancmp.load("2024"))
    xlsx_writer.write(list_pages.of_bodies(found), tmp_path / "bodies.xlsx")
    xlsx_writer.write(list_pages.of_history(plancmp.history("trade secrets")), tmp_path / "history.xlsx")
    for name, caveat in (("bodies", "stops at task 64"), ("history", "silence proves nothing")):
        book = openpyxl.load_workbook(tmp_path / f"{name}.xlsx")
        first, *lists = book.worksheets
        assert caveat in " ".join(str(cell.value) for row in first.iter_rows() for cell in row)
        assert lists
        for sheet in lists:
            assert "Your remark" in [cell.value for cell in sheet[1]]
            assert sheet.freeze_panes == "A2"
            assert sheet.auto_filter.ref
            assert sheet.page_setup.orientation == "landscape"
    rows = list(openpyxl.load_workbook(tmp_path / "bodies.xlsx").worksheets[1].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [change.id for change in found.changes]


def test_what_is_printed_of_a_workbook_can_be_read(brief: blocks.Briefing, tmp_path: Path) -> None:
    xlsx_writer.write(brief, tmp_path / "brief.xlsx")
    sheet = pytest.importorskip("openpyxl").load_workbook(tmp_path / "brief.xlsx")["Commitments"]
    last = openpyxl_column(sheet.print_area)
    letters = sum(sheet.column_dimensions[chr(65 + column)].width for column in range(last))
    # A landscape page of A4 holds about 135 letters of 10 points; at three quarters of that they are 7.5 points high.
    assert letters <= 200
    assert sheet.page_setup.fitToHeight == 0


def openpyxl_column(area: str) -> int:
    """The number of the last column of a print area such as `'Sheet'!$A$1:$I$400`."""
    return ord(area.rpartition(":")[2].strip("$")[0]) - 64


def test_a_template_gives_its_styles_and_not_its_text(short: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    firm = docx.Document()
    firm.styles["Heading 1"].font.name = "Garamond"
    firm.sections[0].header.paragraphs[0].text = "Firm LLP"
    firm.add_paragraph("Text of the template")
    firm.save(str(tmp_path / "firm.docx"))
    docx_writer.write(short, tmp_path / "brief.docx", template=tmp_path / "firm.docx")
    made = docx.Document(str(tmp_path / "brief.docx"))
    assert made.styles["Heading 1"].font.name == "Garamond"
    assert made.sections[0].header.paragraphs[0].text == "Firm LLP"
    assert "Text of the template" not in text_of_docx(tmp_path / "brief.docx")


def test_a_template_gives_its_body_text_and_keeps_its_footer(short: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    firm = docx.Document()
    assert "Body Text" in firm.styles
    firm.sections[0].footer.paragraphs[0].text = "Firm LLP, privileged"
    firm.save(str(tmp_path / "firm.docx"))
    docx_writer.write(short, tmp_path / "brief.docx", template=tmp_path / "firm.docx")
    made = docx.Document(str(tmp_path / "brief.docx"))
    assert [line.text for line in made.sections[0].footer.paragraphs] == ["Firm LLP, privileged"]
    said = next(block.text for block in short.blocks if isinstance(block, blocks.Paragraph) and block.kind == "body")
    assert {line.style.name for line in made.paragraphs if line.text == said} == {"Body Text"}


def test_a_template_that_is_none_is_refused(short: blocks.Briefing, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no template"):
        docx_writer.write(short, tmp_path / "brief.docx", template=tmp_path / "nowhere.docx")
    (tmp_path / "note.docx").write_text("not a document")
    with pytest.raises(DocumentError, match="no Word document"):
        docx_writer.write(short, tmp_path / "brief.docx", template=tmp_path / "note.docx")
    assert not (tmp_path / "brief.docx").exists()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with pytest.raises(TypeError):
        json_cache.write_bytes(tmp_path / "a", "text, not bytes")  # type: ignore[arg-type]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "before")]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_the_documents_and_alerts_are_short(
    comparison: PlanDiff, secrets: PlanDiff, brief: blocks.Briefing, tmp_path: Path
) -> None:
    from pdfminer.pdfpage import PDFPage

    docx_writer.write(brief, tmp_path / "full.docx")
    docx_writer.write(briefing.compose(comparison, length="alert", date=DATE), tmp_path / "alert.docx")
    docx_writer.write(briefing.compose(secrets, length="alert", wanted=SECRETS, date=DATE), tmp_path / "topic.docx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    files = [str(tmp_path / f"{name}.docx") for name in ("full", "alert", "topic")]
    command = [str(SOFFICE), "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    pages = {}
    for name in ("full", "alert", "topic"):
        with open(tmp_path / f"{name}.pdf", "rb") as file:
            pages[name] = sum(1 for _ in PDFPage.get_pages(file))
    assert pages["full"] > 10
    assert pages["alert"] <= 4
    assert pages["topic"] <= 2


# A real browser


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


def lines_in(page: str) -> int:
    """How many lines of commitments a reader sees."""
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    shown = [article for article in articles if shown_in(article)]
    lines = [tag for article in shown for tag in re.findall(r'<div class="line [^>]*>', article)]
    return sum(not re.search(r"\shidden\b", tag) for tag in lines)


def test_filters_work_in_a_browser(comparison: PlanDiff, brief: blocks.Briefing, dom) -> None:
    page = html_page.html(brief)
    everything = dom(page)
    assert len(shown_in(everything)) == len(brief.changes)
    assert f"{len(brief.lines)} of {len(brief.lines)} shown" in everything
    assert not re.search(r"<form[^>]*\shidden\b", everything)
    dropped = dom(page, "?status=st-dropped")
    assert lines_in(dropped) == comparison.summary["old_commitments"]["dropped"]
    assert "Filter: No counterpart found." in dropped
    softened = dom(page, "?status=st-softened&view=inline")
    assert lines_in(softened) == sum(line.state == "softened" for line in brief.lines)
    kunlun = shown_in(dom(page, "?words=kunlun%20special"))
    assert 0 < len(kunlun) < 6
    token = re.search(r'<option value="(b\d+)">Ministry of Public Security</option>', page)
    assert token
    police = [c for c in brief.changes if any("Ministry of Public Security" in side.body_names for side in c.sides)]
    assert len(shown_in(dom(page, f"?body={token.group(1)}"))) == len(police)
    nothing = dom(page, "?status=st-dropped&words=nowhere-in-any-plan")
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
