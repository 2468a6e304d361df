"""The screen at fixed widths."""

from __future__ import annotations

import re

import all_plans
import pytest
from rich.cells import cell_len

import plancmp
from plancmp.analysis import selection
from plancmp.report import output
from plancmp.report.output import Options, Views
from plancmp.report.terminal import bodies, comparison, explanation, plans

RESULT = None


def drawn(capsys: pytest.CaptureFixture[str], width: int, **how) -> list[str]:
    result = plancmp.diff(plancmp.load("2021"), plancmp.load("2024"))
    chosen = selection.select(result, selection.Filter())
    output.deliver(
        Views(lambda w, plain: comparison.diff(result, chosen, w, brackets=plain, **how)), Options(width=width)
    )
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_asked_and_none_is_squeezed(capsys: pytest.CaptureFixture[str], width: int) -> None:
    lines = drawn(capsys, width)
    assert max(map(cell_len, lines)) <= width
    # A column squeezed to a few letters shows as many lines with next to nothing on them.
    thin = [line for line in lines if 0 < len(line.strip()) <= 4]
    assert len(thin) < len(lines) / 20


@pytest.mark.parametrize("width", [80, 120, 200])
def test_head_gap_and_counts_come_first(capsys: pytest.CaptureFixture[str], width: int) -> None:
    text = " ".join(" ".join(drawn(capsys, width)).split())
    gap, counts, body = text.index("stops at task 64"), text.index("continued"), text.index("▲ escalated")
    assert gap < counts < body
    assert "64 of 115 tasks" in text
    assert re.search(r"2021-2022: \d+ continued \(\d+ softened\), \d+ escalated, \d+ dropped\.", text)
    assert re.search(r"2024: \d+ new, \d+ undetermined\.", text)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_link_and_every_task_without_one_is_shown(capsys: pytest.CaptureFixture[str], width: int) -> None:
    lines = drawn(capsys, width)
    result = plancmp.diff(plancmp.load("2021"), plancmp.load("2024"))
    shown = "\n".join(lines)
    for link in result.links:
        old, new = link.old.split(":")[1], link.new.split(":")[1]
        assert re.search(rf"\b{old} → {new}\b", shown), link
    assert shown.count("no counterpart found; nearest") == result.summary["old_tasks"]["dropped"]
    assert len(re.findall(r"^\+ \d+ ", shown, re.MULTILINE)) == result.summary["new_tasks"]["new"]
    assert len(re.findall(r"^\? \d+ ", shown, re.MULTILINE)) == result.summary["new_tasks"]["undetermined"]


def test_signs_tell_the_status_without_colour(capsys: pytest.CaptureFixture[str]) -> None:
    shown = "\n".join(drawn(capsys, 80))
    for sign in ("▲ escalated", "▼ softened", "= continued", "✗ dropped"):
        assert sign in shown
    assert "[-" in shown
    assert "{+" in shown
    assert "昆仑 2024" in " ".join(shown.split())


def test_doubtful_links_stand_apart_and_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    result = plancmp.diff(plancmp.load("2021"), plancmp.load("2024"))
    shown = "\n".join(drawn(capsys, 80))
    assert any(link.doubtful for link in result.links)
    part = shown[shown.index("Doubtful links") : shown.index("New in 2024")]
    for link in result.links:
        mark = f"{link.old.split(':')[1]} → {link.new.split(':')[1]}"
        assert bool(re.search(rf"\b{mark}\b", part)) == link.doubtful
    assert len(re.findall(r"0\.\d\d\?", part)) == sum(link.doubtful for link in result.links)


def test_summary_is_only_the_head(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(drawn(capsys, 80, summary=True)) < 20


def test_full_shows_whole_texts(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(" ".join(drawn(capsys, 200, full=True)).split())
    last = plancmp.load("2024").task("104")
    assert last is not None
    assert last.text[-60:] in text


@pytest.mark.parametrize("width", [80, 120, 200])
def test_other_views_keep_to_the_width(capsys: pytest.CaptureFixture[str], width: int) -> None:
    from plancmp.analysis.bodies import responsibilities
    from plancmp.analysis.explanation import explain

    old, new = plancmp.load("2021"), plancmp.load("2024")
    views = [
        lambda w, plain: plans.plans(all_plans.load_all(), w),
        lambda w, plain: plans.tasks(new, new.tasks, w),
        lambda w, plain: plans.task(old, old.tasks[29], []),
        lambda w, plain: explanation.explanation(explain(old, old.tasks[29], new, new.tasks[30]), w, plain),
        lambda w, plain: bodies.responsibilities(responsibilities(old, new), w, False),
    ]
    for view in views:
        output.deliver(Views(view), Options(width=width))
        assert max(map(cell_len, capsys.readouterr().out.splitlines())) <= width
