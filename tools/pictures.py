"""The pictures in docs/: what the terminal shows, as SVG, from the real plans.

python tools/pictures.py
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

import plancmp
from plancmp.analysis import explanation, history, selection
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


def main() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    result = plancmp.diff(old, new)
    chosen = selection.select(result, selection.Filter(section="2(1)"))
    picture(
        "diff",
        "plancmp diff 2021 2024 --section 2(1)",
        comparison.diff(chosen, comparison.Layout(100, brackets=False)),
        62,
    )
    shown = explanation.explain(old, old.tasks[29], new, new.tasks[30])
    picture("explain", "plancmp explain 2021:30 2024:31", explanation_view.explanation(shown, 100, False))
    picture("history", 'plancmp history "sword net"', history_view.history(history.history("sword net"), 100))


if __name__ == "__main__":
    main()
