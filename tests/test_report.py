"""Briefings: one result in four formats, with the same words and numbers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from briefing_cases import (
    DATE,
    HOSTILE,
    HOSTILE_FILTER,
    LABELS,
    rows_of_xlsx,
    text_of_docx,
    text_of_html,
    text_of_markdown,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import plancmp
from plancmp import json_cache
from plancmp.analysis import selection
from plancmp.errors import UsageError
from plancmp.model import Decision, Status
from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    archive,
    blocks,
    briefing,
    docx_writer,
    html_page,
    markdown_page,
    output,
    xlsx_writer,
)


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


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with pytest.raises(TypeError):
        json_cache.write_bytes(tmp_path / "a", "text, not bytes")  # type: ignore[arg-type]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "before")]
