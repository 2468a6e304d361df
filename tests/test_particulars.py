"""What documents say of themselves."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from plancmp.lexicon import loader
from plancmp.plans.metadata import guess

ROOT = Path(__file__).parent.parent
SAMPLES = Path(__file__).parent / "samples"


# What each bundled text says; the rest of its plan.toml comes from elsewhere.
SAID = {
    "14fyp": {"title", "issuer", "issued", "covers", "series", "language"},
    "2008": {"language"},
    "2021-2022": {"covers", "series", "language", "declared_tasks"},
    "2023": {"title", "issuer", "issued", "covers", "series", "language"},
    "2024": {"title", "issued", "covers", "series", "language", "declared_tasks"},
}


@pytest.mark.parametrize("plan_id", SAID)
def test_bundled_sources(plan_id: str) -> None:
    directory = ROOT / "data" / plan_id
    known = tomllib.loads((directory / "plan.toml").read_text("utf-8"))
    found = guess((directory / "source.txt").read_text("utf-8"))
    for key in SAID[plan_id]:
        if key == "issuer":
            assert loader.find_body(found[key]) == loader.find_body(known[key]) or found[key] == known[key]
        else:
            assert str(found[key]) == str(known[key]), key
    for key in {"issued", "declared_tasks", "issuer"} - SAID[plan_id]:
        assert not found[key] or plan_id == "2024", key


def test_the_cut_plan_has_no_date_and_no_issuer() -> None:
    found = guess((ROOT / "data/2021-2022/source.txt").read_text("utf-8"))
    assert found["title"].startswith("The outline for building a strong intellectual property country")
    assert (found["issued"], found["issuer"]) == ("", "")


def test_release_sentence_names_the_issuer() -> None:
    found = guess((ROOT / "data/2024/source.txt").read_text("utf-8"))
    assert found["issuer"].startswith("Office of the Inter-Ministerial Joint Meeting")


@pytest.mark.parametrize(
    ("file", "title", "issued", "year"),
    [
        ("zh-2023.txt", "2023年知识产权强国建设纲要和“十四五”规划实施推进计划", "2023-06-26", 2023),
        ("zh-2024.txt", "2024年知识产权强国建设推进计划", "2024-05-08", 2024),
    ],
)
def test_chinese_notices(file: str, title: str, issued: str, year: int) -> None:
    found = guess((SAMPLES / file).read_text("utf-8"))
    assert (found["title"], found["issued"], found["covers"]) == (title, issued, [year, year])
    assert found["issuer"].endswith("部际联席会议办公室")
    assert (found["series"], found["language"]) == ("promotion", "zh")


@pytest.mark.parametrize(
    ("words", "issued"),
    [
        ("2023年6月26日", "2023-06-26"),
        ("二〇二三年六月二十六日", "2023-06-26"),
        ("June 26, 2023", "2023-06-26"),
        ("26 June 2023", "2023-06-26"),
        ("2023年2月30日", ""),
        ("发布时间：2023-06-26", "2023-06-26"),
        ("由国务院于2023年6月26日印发", "2023-06-26"),
        ("Updated: 9 09,2022", ""),
        ("自2023年6月26日起施行的办法", ""),
    ],
)
def test_dates(words: str, issued: str) -> None:
    assert guess(f"某某推进计划\n{words}\n一、总则\n1.推进工作。")["issued"] == issued


@pytest.mark.parametrize(
    ("title", "covers", "series"),
    [
        ("河南省“十四五”知识产权保护和运用规划", [2021, 2025], "five-year"),
        ("“十五五”国家知识产权保护和运用规划", [2026, 2030], "five-year"),
        ("知识产权强国建设纲要和“十四五”规划实施年度推进计划（2021—2022年）", [2021, 2022], "promotion"),
        ("2025年全国知识产权行政保护工作方案", [2025, 2025], "administrative protection"),
        ("Intellectual Property Annual Promotion Plan 2025", [2025, 2025], "promotion"),
        ("专利转化运用专项行动方案（2023－2025年）", [2023, 2025], ""),
        ("知识产权工作要点", [], ""),
    ],
)
def test_years_and_series(title: str, covers: list[int], series: str) -> None:
    found = guess(f"{title}\n\n一、总则\n（一）目标\n1.推进工作。（司法部负责）")
    assert (found["title"], found["covers"], found["series"]) == (title, covers, series)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("该计划明确7个方面115项重点任务", 115),
        ("7 categories 115 items! The plan was printed", 115),
        ("the 110-point Plan", 110),
        ("a plan with 96 specific measures", 96),
        ("The plan", None),
    ],
)
def test_declared_tasks(line: str, count: int | None) -> None:
    assert guess(f"{line}\n1. Improve the system\n(1) Laws\n1. Promote 300 tasks.")["declared_tasks"] == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n" * 1000,
        "（" * 100_000,
        "a" * 1_000_000,
        "《" * 100_000,
        "2023年" * 100_000,
        " releases the plan" * 50_000,
    ],
)
def test_odd_texts_give_nothing_wrong(text: str) -> None:
    found = guess(text)
    assert (found["issued"], found["declared_tasks"]) == ("", None)
