"""Briefings in Word: tracked changes, comments, templates."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

import pytest
from briefing_cases import (
    DATE,
    SECRETS,
    SOFFICE,
    assert_all_said,
    text_of_docx,
)
from hypothesis import given
from hypothesis import strategies as st

from plancmp.errors import DocumentError, UsageError
from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    archive,
    blocks,
    briefing,
    docx_revisions,
    docx_template,
    docx_writer,
    word_diff,
)


@pytest.fixture(scope="module")
def written(brief: blocks.Briefing, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The briefing as a Word document, by how changes are marked."""
    made = {marks: tmp_path_factory.mktemp("word") / f"{marks}.docx" for marks in docx_writer.MARKS}
    for marks, path in made.items():
        docx_writer.write(brief, path, marks=marks)
    return made


def said_in(line: Any, texts: list[str]) -> list[str]:
    """What a line says of a commitment; where it has no words, those are the texts with tracked changes above it."""
    runs = ["".join(run.xpath("./w:t/text()")) for run in line.xpath("./w:r[w:t]")]
    bold = [index for index, run in enumerate(line.xpath("./w:r[w:t]")) if run.xpath("./w:rPr/w:b")]
    label, names = runs[bold[0]], runs[bold[1]]
    if runs[bold[1] + 1 : bold[1] + 2] in ([], [" · "]):
        return [f"{label} {name} {text}" for name, text in zip(names.split(" → "), texts, strict=False)]
    return ["".join(runs)]


@pytest.mark.parametrize("marks", docx_writer.MARKS)
def test_word_says_every_commitment(comparison: PlanDiff, written: dict[str, Path], marks: str) -> None:
    docx = pytest.importorskip("docx")
    parts: list[tuple[str, list[str]]] = []
    texts: list[str] = []
    document = docx.Document(str(written[marks]))
    styles = {style.style_id: style.name for style in document.styles}
    for element in document.element.body:
        style = styles.get("".join(element.xpath("./w:pPr/w:pStyle/@w:val")))
        said = "".join(element.xpath(".//w:t/text()"))
        if style == "Heading 3":
            parts.append((said, []))
        elif style == "Briefing Tracked":
            texts = [text for text in (rejected(element), accepted(element)) if text]
        elif style == "Briefing Commitment":
            parts[-1][1].extend(said_in(element, texts))
        elif element.tag.endswith("}tbl") and parts:
            for row in element.xpath("./w:tr"):
                cells = [
                    " ".join("".join(p.xpath(".//w:t/text()")) for p in c.xpath("./w:p")) for c in row.xpath("./w:tc")
                ]
                parts[-1][1].append(" ".join(cells))
    assert_all_said(comparison, parts)


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
    assert document.styles["Normal"].element.xpath(".//w:rFonts/@w:eastAsia") == [docx_template.EAST_ASIAN]
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


def test_word_tracks_what_changed(comparison: PlanDiff, brief: blocks.Briefing, written: dict[str, Path]) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document(str(written["tracked"]))
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
    assert docx_revisions.is_variant("anti-monopoly", "antitrust")
    assert docx_revisions.is_variant("results ", "achievements")
    assert docx_revisions.is_variant("trade mark", "Trademark")
    assert not docx_revisions.is_variant("results", "antitrust")
    assert not docx_revisions.is_variant("trade mark", "patent")


def test_marks_by_formatting_leave_nothing_to_accept(short: blocks.Briefing, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    docx_writer.write(short, tmp_path / "brief.docx", marks="formatting")
    document = docx.Document(str(tmp_path / "brief.docx"))
    assert not document.element.xpath("//w:ins | //w:del")
    assert not list(document.comments)
    used = set(document.element.xpath("//w:rStyle/@w:val"))
    assert {document.styles[name].style_id for name in ("Removed text", "Added text")} <= used


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


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_the_documents_and_alerts_are_short(
    comparison: PlanDiff, secrets: PlanDiff, written: dict[str, Path], tmp_path: Path
) -> None:
    from pdfminer.pdfpage import PDFPage

    (tmp_path / "full.docx").write_bytes(written["tracked"].read_bytes())
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
