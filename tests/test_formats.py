"""Plans come out of Word, HTML and PDF files line by line as they went in, and parse to the same tasks."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from rapidfuzz.fuzz import ratio

from plancmp.documents.reader import read
from plancmp.plans import parser

ROOT = Path(__file__).parents[1]
SOURCES = {path.parent.name: path for path in sorted((ROOT / "data").glob("*/source.txt"))}
SAMPLES = {path.stem: path for path in sorted((ROOT / "tests/samples").glob("zh-20*.txt"))}
SOURCES |= SAMPLES
NUMBERED = re.compile(r"[(\[(]?(\d{1,3}|[IVXⅠ-Ⅻ]+)[.、)\])]")


def squeezed(lines: Iterable[str]) -> list[str]:
    """The non-blank lines with their white space normalised."""
    return [" ".join(line.split()) for line in lines if line.strip()]


@cache
def tasks(text: str) -> list[tuple]:
    """What the parser makes of a text: names, words and bodies of its tasks."""
    plan = parser.parse(text, "plan")
    return [(task.number, task.title, task.text, [body.key for body in task.bodies]) for task in plan.tasks]


def source_lines(plan: str) -> list[str]:
    return SOURCES[plan].read_text("utf-8").split("\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each plan as a Word file and as a page, one paragraph a line."""
    docx = pytest.importorskip("docx")
    made = tmp_path_factory.mktemp("formats")
    for plan in SOURCES:
        document = docx.Document()
        for line in source_lines(plan):
            document.add_paragraph(line)
        document.save(str(made / f"{plan}.docx"))
        paragraphs = "\n".join(f"<p>{html.escape(line)}</p>" for line in source_lines(plan) if line.strip())
        head = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>A plan</title></head><body>'
        (made / f"{plan}.html").write_text(f"{head}{paragraphs}</body></html>", "utf-8")
    return made


@pytest.fixture(scope="module")
def office(folder: Path) -> Callable[[str], Path]:
    """Converts the Word files to a format with LibreOffice and returns the folder of the results."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed")

    def convert(kind: str) -> Path:
        out = folder / f"office-{kind}"
        command = [
            program,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            kind,
        ]
        files = [str(folder / f"{plan}.docx") for plan in SOURCES]
        subprocess.run([*command, "--outdir", str(out), *files], check=True, capture_output=True, timeout=120)
        return out

    return convert


@pytest.fixture(scope="module")
def browser(folder: Path) -> Path:
    """The folder of the pages as Chromium prints them."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    out = folder / "browser"
    out.mkdir()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    for plan in SOURCES:
        paths = [f"--user-data-dir={folder / 'chromium'}", f"--print-to-pdf={out / plan}.pdf"]
        page = (folder / f"{plan}.html").as_uri()
        subprocess.run([program, *options, *paths, page], check=True, capture_output=True, timeout=120)
    return out


def check(paths: dict[str, Path], least: float, record: Callable[[str, object], None]) -> None:
    """At least this share of the plans' lines is exactly one line of the reading, and numbered lines stay apart."""
    total = kept = 0
    for plan, path in paths.items():
        text, source = read(path).text, "\n".join(source_lines(plan))
        if text == source:
            # To the letter: whatever is read out of it is the same.
            total += len(squeezed(source_lines(plan)))
            kept += len(squeezed(source_lines(plan)))
            continue
        found_tasks, wanted_tasks = tasks(text), tasks(source)
        if path.suffix == ".pdf":
            # Where a paragraph ends exactly at the end of a line, its end hangs on the font that the machine has.
            assert [(task[0], task[3]) for task in found_tasks] == [(task[0], task[3]) for task in wanted_tasks], plan
            found_words, wanted_words = (" ".join(task[2] for task in side) for side in (found_tasks, wanted_tasks))
            assert ratio(found_words, wanted_words) > 99.5, plan
        else:
            assert found_tasks == wanted_tasks, plan
        if plan in SAMPLES:
            continue
        wanted, found = squeezed(source_lines(plan)), squeezed(text.split("\n"))
        preserved = Counter(wanted) & Counter(found)
        total += len(wanted)
        kept += preserved.total()
        starts = Counter(line[:30] for line in found)
        numbered = Counter(line[:30] for line in wanted if NUMBERED.match(line))
        assert not numbered - starts, plan
        headings = Counter(line for line in wanted if len(line) < 60 and NUMBERED.match(line))
        assert not headings - preserved, plan
        assert len(found) <= len(wanted) * (2 - least), plan
    record("share_of_lines", f"{kept}/{total}")
    print(f"{kept} of {total} lines preserved ({kept / total:.2%})")
    assert kept >= least * total


def test_text(record_property) -> None:
    check(SOURCES, 1.0, record_property)
    assert all(read(path).text.split("\n") == source_lines(plan) for plan, path in SOURCES.items())


def test_word(folder, record_property) -> None:
    check({plan: folder / f"{plan}.docx" for plan in SOURCES}, 1.0, record_property)


def test_html_paragraphs(folder, record_property) -> None:
    check({plan: folder / f"{plan}.html" for plan in SOURCES}, 1.0, record_property)


def test_html_preformatted(tmp_path, record_property) -> None:
    for plan in SOURCES:
        text = html.escape("\n".join(source_lines(plan)))
        (tmp_path / f"{plan}.html").write_text(f"<pre>\n{text}</pre>", "utf-8")
    check({plan: tmp_path / f"{plan}.html" for plan in SOURCES}, 1.0, record_property)


def test_gb18030(tmp_path, record_property) -> None:
    for plan in SOURCES:
        (tmp_path / f"{plan}.txt").write_bytes("\n".join(source_lines(plan)).encode("gb18030"))
    check({plan: tmp_path / f"{plan}.txt" for plan in SOURCES}, 1.0, record_property)


@pytest.mark.parametrize(("kind", "least"), [("docx", 1.0), ("html", 1.0), ("pdf", 0.99)])
def test_libreoffice(office, record_property, kind, least) -> None:
    made = office(kind)
    check({plan: made / f"{plan}.{kind}" for plan in SOURCES}, least, record_property)


def test_chromium_pdf(browser, record_property) -> None:
    check({plan: browser / f"{plan}.pdf" for plan in SOURCES}, 0.99, record_property)
