"""The pictures in docs/, from the real plans: what the terminal shows, as SVG, and pages of documents, as PNG.

python tools/pictures.py

Documents are drawn by LibreOffice (Writer and Calc), their pages by pdftoppm, web pages by Chromium; a picture whose program
is not installed stays as it is. Needs Pillow.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image
from rich.console import Console

import plancmp
from plancmp.analysis import explanation, history, selection
from plancmp.report import blocks, briefing, docx_writer, history_page, html_page, xlsx_writer
from plancmp.report.terminal import comparison
from plancmp.report.terminal import explanation as explanation_view
from plancmp.report.terminal import history as history_view

DOCS = Path(__file__).resolve().parent.parent / "docs"


def picture(name: str, title: str, parts, most: int = 400) -> None:
    """Draw the first `most` lines of the parts at 100 columns."""
    console = Console(
        record=True, width=100, file=(DOCS / ".pictures").open("w"), force_terminal=True, color_system="truecolor"
    )
    shown = Console(width=100, force_terminal=True, color_system="truecolor", highlight=False)
    with shown.capture() as captured:
        for part in parts:
            shown.print(part)
    from rich.text import Text

    for line in captured.get().splitlines()[:most]:
        console.print(Text.from_ansi(line), soft_wrap=True)
    (DOCS / f"{name}.svg").write_text(console.export_svg(title=title), "utf-8")
    (DOCS / ".pictures").unlink()


def pages(
    name: str,
    write: Callable[[blocks.Briefing, Path], None],
    ending: str,
    made: blocks.Briefing,
    shown: Sequence[int],
) -> None:
    """Pages of a Word document or a workbook side by side. shown: their numbers, from 1."""
    office = shutil.which("soffice")
    if office is None or shutil.which("pdftoppm") is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        write(made, path / f"{name}{ending}")
        profile = f"-env:UserInstallation={(path / 'profile').as_uri()}"
        command = [office, "--headless", profile, "--convert-to", "pdf", "--outdir", folder]
        subprocess.run([*command, str(path / f"{name}{ending}")], check=True, capture_output=True, timeout=300)
        if not (path / f"{name}.pdf").exists():
            return
        drawn = []
        for number in shown:
            page = ["-r", "75", "-f", str(number), "-l", str(number), "-singlefile", "-png", str(path / f"{name}.pdf")]
            subprocess.run(["pdftoppm", *page, str(path / str(number))], check=True, timeout=120)
            drawn.append(Image.open(path / f"{number}.png").convert("RGB"))
        _save(name, drawn)


def screens(name: str, page: str, widths: Sequence[int], height: int = 1800) -> None:
    """The top of a web page in windows of these widths, side by side."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "page.html").write_text(page, "utf-8")
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=5000",
            f"--user-data-dir={path / 'p'}",
        ]
        drawn = []
        for width in widths:
            file = path / f"{width}.png"
            command = [browser, *options, f"--window-size={width},{height}", f"--screenshot={file}"]
            subprocess.run([*command, (path / "page.html").as_uri()], check=True, capture_output=True, timeout=120)
            drawn.append(Image.open(file).convert("RGB"))
        _save(name, drawn)


def _save(name: str, drawn: Sequence[Image.Image]) -> None:
    """The pictures side by side, with a grey line between them."""
    gap = 4
    width, height = sum(part.width + gap for part in drawn) - gap, max(part.height for part in drawn)
    whole = Image.new("RGB", (width, height), "#cccccc")
    left = 0
    for part in drawn:
        whole.paste(part, (left, 0))
        left += part.width + gap
    whole.quantize(64).save(DOCS / f"{name}.png", optimize=True)


def main() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    result = plancmp.diff(old, new)
    chosen = selection.select(result, selection.Filter(section="2(1)"))
    layout = comparison.Layout(100, brackets=False)
    picture("diff", "plancmp diff 2021 2024 --section 2(1)", comparison.diff(chosen, layout), 62)
    shown = explanation.explain(old, old.tasks[29], new, new.tasks[30])
    picture("explain", "plancmp explain 2021:30 2024:31", explanation_view.explanation(shown, 100, False))
    picture("history", 'plancmp history "sword net"', history_view.history(history.history("sword net"), 100))
    secrets = selection.Filter(topic="trade secrets")
    alert = briefing.compose(selection.select(result, secrets), length="alert", wanted=secrets)
    report = briefing.compose(result, length="report")
    by_section = briefing.compose(chosen, length="report", wanted=selection.Filter(section="2(1)"))
    pages("briefing-word", docx_writer.write, ".docx", alert, [1, 2])
    pages("report-word", docx_writer.write, ".docx", report, [6, 7])
    pages("workbook", xlsx_writer.write, ".xlsx", report, [1, 4])
    screens("briefing-page", html_page.html(by_section), [1200, 390])
    screens("history-page", history_page.history_html(history.history("trade secrets")), [1200])


if __name__ == "__main__":
    main()
