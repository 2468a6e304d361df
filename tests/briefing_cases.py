"""What the tests of briefings share: results, hostile texts, filters, and the text of each format."""

from __future__ import annotations

import dataclasses
import html as escaping
import re
import shutil
from pathlib import Path

import pytest

import plancmp
from plancmp.analysis import selection
from plancmp.model import Plan, Signal
from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    blocks,
    briefing,
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


SECRETS = selection.Filter(topic="trade secrets")


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


@pytest.fixture(scope="session")
def comparison() -> PlanDiff:
    return plancmp.diff(plancmp.load("2021"), plancmp.load("2024"))


@pytest.fixture(scope="session")
def brief(comparison: PlanDiff) -> blocks.Briefing:
    return briefing.compose(comparison, author="A. Author", client="Client & Co", date=DATE)


@pytest.fixture(scope="session")
def secrets(comparison: PlanDiff) -> PlanDiff:
    return selection.select(comparison, SECRETS)


@pytest.fixture(scope="session")
def short(secrets: PlanDiff) -> blocks.Briefing:
    """A briefing with every kind of block that is quickly drawn."""
    return briefing.compose(secrets, wanted=SECRETS, author="A. Author", client="Client & Co", date=DATE)


@pytest.fixture(scope="session")
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
