"""The screen at fixed widths."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import all_plans
import pytest
from rich.cells import cell_len
from rich.style import Style

import plancmp
from plancmp.analysis import history
from plancmp.analysis.telling import most_telling
from plancmp.commitments import references
from plancmp.model import Status
from plancmp.outcomes.result import PlanDiff
from plancmp.report import output
from plancmp.report.output import Options, Views
from plancmp.report.terminal import bodies, comparison, explanation, plans, screen
from plancmp.report.terminal import history as drawing

WIDTHS = [80, 100, 120, 200]


def result() -> PlanDiff:
    return plancmp.diff(plancmp.load("2021"), plancmp.load("2024"))


def drawn(capsys: pytest.CaptureFixture[str], width: int, summary: bool = False, **how) -> list[str]:
    def table(columns: int, plain: bool):
        return comparison.diff(result(), comparison.Layout(columns, brackets=plain, **how), summary)

    output.deliver(Views(table), Options(width=width))
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("how", [{}, {"full": True}, {"undetermined": True}, {"sort": "confidence"}], ids=str)
def test_no_line_is_wider_than_asked_and_none_is_squeezed(
    capsys: pytest.CaptureFixture[str], width: int, how: dict
) -> None:
    lines = drawn(capsys, width, **how)
    assert max(map(cell_len, lines)) <= width
    # A column squeezed to a few letters shows as many lines with next to nothing on them.
    thin = [line for line in lines if 0 < len(line.strip()) <= 4]
    assert len(thin) < len(lines) / 20


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_screen_holds_plans_gap_counts_and_what_is_most_telling(
    capsys: pytest.CaptureFixture[str], width: int
) -> None:
    lines = drawn(capsys, width)
    text = " ".join(" ".join(lines[:40]).split())
    gap, counts, telling, table = (
        text.index(words) for words in ("stops at task 64", "escalated", "Most telling", "1(1) Improve")
    )
    assert gap < counts < telling < table
    assert "64 of 115 tasks" in text
    assert "translations" in text
    assert "Nothing in sections 3(2) to 7 of 2024 can be called new" in text
    counted = Counter(fate.state for fate in result().old_commitments)
    for state, words in (("escalated", "escalated"), ("softened", "softened"), ("dropped", "no counterpart found")):
        assert f"{counted[state]} {words}" in text
    assert "No counterpart found" in text


def test_the_whole_answer_is_not_long(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(drawn(capsys, 120)) <= 400
    assert len(drawn(capsys, 80, summary=True)) < 16


@pytest.mark.parametrize("width", WIDTHS)
def test_every_changed_dropped_and_new_commitment_is_shown(capsys: pytest.CaptureFixture[str], width: int) -> None:
    lines = drawn(capsys, width)
    shown = "\n".join(lines)
    found = result()
    signs = Counter(match for line in lines for match in re.findall(r"^.{8}([▲▼✗])", line))
    counted = Counter(fate.state for fate in found.old_commitments)
    assert signs == {"▲": counted["escalated"], "▼": counted["softened"], "✗": counted["dropped"]}
    for link in found.links:
        old, new = found.task(link.old).number, found.task(link.new).number
        assert re.search(rf"^ {old} → .*\b{new}\b", shown, re.MULTILINE), link
    for fate in found.new_commitments:
        if fate.status is Status.NEW:
            assert f"{found.task(fate.task).number}({fate.letter}) " in shown


def test_what_cannot_be_told_is_a_count_and_a_list_where_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    found = result()
    open_ones = [fate for fate in found.new_commitments if fate.status is Status.UNDETERMINED]
    assert f"{len(open_ones)} commitments of 2024 cannot be told" in "\n".join(drawn(capsys, 100))
    listed = "\n".join(drawn(capsys, 100, undetermined=True))
    assert all(f"{found.task(fate.task).number}({fate.letter}) " in listed for fate in open_ones)


def test_doubtful_fates_carry_their_mark(capsys: pytest.CaptureFixture[str]) -> None:
    lines = drawn(capsys, 120)
    marked = sum(bool(re.match(r".{8}[▲▼✗]\?", line)) for line in lines)
    assert marked == sum(
        f.doubtful for f in result().old_commitments if f.state in ("escalated", "softened", "dropped")
    )


def test_a_doubtful_drop_names_its_nearest_beside_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    found = result()
    lines = drawn(capsys, 100)
    doubtful = [f for f in found.old_commitments if f.state == "dropped" and f.doubtful and f.nearest]
    assert doubtful
    shown = Counter(name for line in lines for name in re.findall(r"^.{8}✗\?.* nearest: (\S+)$", line))
    assert shown == Counter(found.name(found.fate(fate.nearest[0])) for fate in doubtful)


def test_no_reason_says_twice_what_is_added() -> None:
    for fate in result().commitments:
        quoted = re.findall(r"“[^”]+”", comparison.reason_of(fate))
        assert len(quoted) == len(set(quoted)), fate.ref


def test_a_headline_does_not_begin_with_its_subject_again() -> None:
    for item in most_telling(result()):
        assert not item.reason.casefold().startswith(item.subject.casefold())


def test_the_head_says_that_plans_are_compared_backwards_or_with_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    for pair, says in (((new, old), "Read backwards"), ((new, new), "Both are the same plan")):
        found = plancmp.diff(*pair)
        output.deliver(
            Views(lambda w, plain, found=found: comparison.diff(found, comparison.Layout(w))), Options(width=120)
        )
        head = capsys.readouterr().out
        assert says in " ".join(head.split())
    assert {fate.state for fate in found.commitments} == {"continued"}
    assert len(found.old_commitments) == len(found.new_commitments) == len(result().new_commitments)
    assert sum(found.summary["old_commitments"].values()) == len(found.old_commitments)
    assert "✗" not in head.partition("Both are")[2].replace("✗ 0", "")


def test_full_shows_whole_texts_and_marks_changed_words(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(" ".join(drawn(capsys, 200, full=True)).split())
    assert all(" ".join(fate.text.split()) in text for fate in result().old_commitments if not fate.counterparts)
    assert "{+" in text
    assert "[-" in text


def test_one_line_a_commitment(capsys: pytest.CaptureFixture[str]) -> None:
    output.deliver(Views(lambda width, plain: comparison.one_line(result())), Options(width=80))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [fate.ref for fate in result().commitments]
    assert all(
        line.split("\t")[1].rstrip("?") == fate.state for line, fate in zip(lines, result().commitments, strict=True)
    )


def test_counts_by_section_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    output.deliver(Views(lambda width, plain: comparison.stat(result(), width)), Options(width=100))
    text = capsys.readouterr().out
    counted = Counter(fate.state for fate in result().commitments)
    assert sum(map(int, re.findall(r"✗ +(\d+)(?!\d| no)", text))) == counted["dropped"]
    assert max(map(cell_len, text.splitlines())) <= 100


def test_no_view_uses_a_colour_of_its_own() -> None:
    own = re.compile(r"[\"'](?:bold )?(?:dim|black|red|green|yellow|blue|magenta|cyan|white|bright_\w+)[\"']")
    for path in Path(screen.__file__).parent.glob("*.py"):
        assert not own.search(path.read_text("utf-8")), path


def test_colours_hold_on_black_and_on_white() -> None:
    def contrast(one: float, other: float) -> float:
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)

    for style in (screen.GREEN, screen.BLUE, screen.VIOLET, screen.RED, screen.MAGENTA, screen.GREY):
        channels = [value / 255 for value in Style.parse(style).color.get_truecolor()]
        linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert min(contrast(luminance, 0), contrast(luminance, 1)) >= 4.5, style


@pytest.mark.parametrize("query", ["trade secrets", "kunlun", "2021:1d"])
def test_a_history_shows_the_fate_of_each_commitment_that_matches(
    capsys: pytest.CaptureFixture[str], query: str
) -> None:
    found = history.history(query)
    output.deliver(Views(lambda w, plain: drawing.history(found, w)), Options(width=500))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    told = 0
    for entry in found.entries:
        assert len(entry.matched) == len(entry.matched_status)
        assert {ancestor.of for ancestor in entry.ancestors} <= set(entry.matched)
        for ref, status in zip(entry.matched, entry.matched_status, strict=True):
            name = references.shown(ref).partition(":")[2]
            own = [ancestor for ancestor in entry.ancestors if ancestor.of == ref]
            for ancestor in own:
                words = f"{references.shown(ancestor.ref)}, "
                assert any(line.startswith(f"{name} ") and ancestor.state in line and words in line for line in lines)
            if not own and status is not None:
                assert any(name in line and line.endswith(str(status)) for line in lines)
            told += 1
    assert told


@pytest.mark.parametrize("width", [80, 120, 200])
def test_other_views_keep_to_the_width(capsys: pytest.CaptureFixture[str], width: int) -> None:
    from plancmp.analysis.bodies import responsibilities
    from plancmp.analysis.explanation import explain

    old, new = plancmp.load("2021"), plancmp.load("2024")
    views = [
        lambda w, plain: plans.plans(all_plans.load_all(), w),
        lambda w, plain: plans.tasks(new, new.tasks, w),
        lambda w, plain: plans.task(old, old.tasks[29], [result()], None, w),
        lambda w, plain: explanation.explanation(explain(old, old.tasks[29], new, new.tasks[30]), w, plain),
        lambda w, plain: bodies.responsibilities(responsibilities(old, new), w, False),
    ]
    for view in views:
        output.deliver(Views(view), Options(width=width))
        assert max(map(cell_len, capsys.readouterr().out.splitlines())) <= width
