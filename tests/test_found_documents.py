"""Plans and notices as they are found: as the sites of offices print them, and in other people's Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import mangled_documents

from plancmp.documents import reader, web_page
from plancmp.errors import DocumentError
from plancmp.plans import catalogue, metadata, parser

PAGE = """<html><body><table><tr><td>
<table><tr><td><b>索 引 号：</b></td><td>000014349/2031-1</td><td>主题分类：</td><td>港口</td></tr>
<tr><td>发文机关：</td><td>国务院办公厅</td><td>成文日期：</td><td>2031年03月05日</td></tr>
<tr><td>标　　题：</td><td colspan="3">国务院办公厅关于推进港口棚屋和渔网高质量建设工作的意见</td></tr>
<tr><td>发文字号：</td><td>国办发〔2031〕9号</td><td>发布日期：</td><td>2031年03月15日</td></tr></table></td></tr></table>
<table><tr><td><table><tr><td><p>国务院办公厅关于推进港口棚屋</p><p>和渔网高质量建设工作的意见</p><p>国办发〔2031〕9号</p>
<p>各省、自治区、直辖市人民政府：</p><p>为推进港口建设，提出如下意见。</p><p>一、建设棚屋</p>
<p>（一）修建棚屋。在每个港口修建棚屋，配备照明设施。（交通运输部、各省级人民政府负责）</p>
<p>（二）修补渔网。建立渔网修补制度。（负责部门：农业农村部；适用范围：沿海港口，以下除另行标注外均为所有港口）</p>
<p>二、保障措施</p><p>（三）加强领导。建立工作机制，定期通报情况。（交通运输部牵头，财政部等有关部门、单位配合）</p>
<p>国务院办公厅</p><p>2031年3月5日</p><p>（此件公开发布）</p></td></tr><tr><td>扫一扫在手机打开当前页</td></tr></table></td></tr></table>
</body></html>"""


def test_a_notice_as_the_site_of_an_office_prints_it(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    plan = catalogue.from_file(tmp_path / "page.html")
    assert plan.title == "国务院办公厅关于推进港口棚屋和渔网高质量建设工作的意见"
    assert (plan.issuer, plan.issued) == ("国务院办公厅", "2031-03-05")
    assert [task.text[:5] for task in plan.tasks] == ["修建棚屋。", "修补渔网。", "加强领导。"]
    # Neither the signature nor what the site adds belongs to the last task; a scope and a remark are no bodies.
    assert plan.tasks[-1].text.endswith("定期通报情况。")
    assert "沿海港口" in plan.tasks[1].text
    assert [[body.id for body in task.bodies] for task in plan.tasks] == [
        ["MOT", "X-PROVINCES"], ["MARA"], ["MOT", "MOF", "X-RELEVANT"]
    ]  # fmt: skip
    assert [body.id for body in plan.tasks[2].bodies if body.lead] == ["MOT"]
    assert plan.warnings == ()


def test_a_title_on_several_lines_without_an_index() -> None:
    head = "国务院关于在港口全面推行\n棚屋登记的意见\n国发〔2031〕5号\n\n各省人民政府：\n为做好登记，提出如下意见。\n\n"
    assert (
        metadata.guess(head + "一、登记棚屋。\n二、登记渔网。\n")["title"] == "国务院关于在港口全面推行棚屋登记的意见"
    )


def test_the_title_in_the_front_matter_of_markdown() -> None:
    block = '---\ntitle: "Action Plan of the Port"\nlayout: page\n---\n\n'
    assert metadata.guess(block + "Welcome.\n\n- Build a shed.\n")["title"] == "Action Plan of the Port"
    assert metadata.guess(block + "# Port Plan 2031\n\n- Build a shed.\n")["title"] == "Port Plan 2031"


def test_a_regulation_is_warned_about() -> None:
    text = "中华人民共和国国务院令\n第707号\n\n第一章　总则\n" + "".join(
        f"第{n}条　渔民登记棚屋的，应当提交第{n}号材料，由港口办公室审查。\n" for n in "一二三四五六七八"
    )
    assert any(
        "a law or a regulation" in doubt for doubt in parser.parse(text, "x", title="中华人民共和国国务院令").doubts
    )


def test_the_first_column_of_a_table_without_a_head_for_tasks_holds_them() -> None:
    rows = "\n".join(
        f"| Build shed {n} at the northern pier | Completion | Report | June 203{n} |" for n in range(1, 5)
    )
    head = "| **Milestone** | **Measurement** | **Reporting Mechanism** | **Target Date** |\n|---|---|---|---|\n"
    plan = parser.parse(f"# Port Action Plan\n\n## Action 1: Sheds\n\n{head}{rows}\n", "x")
    assert [task.text[:12] for task in plan.tasks] == [f"Build shed {n}" for n in range(1, 5)]
    assert all("Target Date: June" in task.text for task in plan.tasks)
    assert not any(task.bodies for task in plan.tasks)


def test_a_heading_without_a_space_and_an_item_that_is_a_heading() -> None:
    text = "##Port Plan\n\n####Action 01: Sheds\n\n- Build a shed at the pier.\n- Repair the old shed.\n\n"
    plan = parser.parse(
        text + "####Action 02: Nets\n\n* ### Mend the nets of the harbour\n* ### Sell the old nets\n", "x"
    )
    assert [task.text for task in plan.tasks][-2:] == ["Mend the nets of the harbour", "Sell the old nets"]
    assert not any("#" in task.full_text for task in plan.tasks)


def test_a_table_with_a_long_cell_is_data_where_other_rows_are_too() -> None:
    cells = "".join(
        f"<tr><td>{n}</td><td><p>Build shed {n}.</p><p>Repair it.</p></td><td>Port Office</td></tr>"
        for n in range(1, 6)
    )
    lines = web_page.read_html(f"<table><tr><td>No.</td><td>Task</td><td>Lead</td></tr>{cells}</table>")
    assert {line.row for line in lines} == set(range(1, 7))


@pytest.mark.parametrize("kind", mangled_documents.FORMATS)
def test_mangled_files_of_every_format_are_read_without_a_loss(kind: str, tmp_path: Path) -> None:
    texts = mangled_documents.sources()
    for seed in range(9_000_000, 9_000_006):
        path = tmp_path / f"x.{kind}"
        path.write_bytes(mangled_documents.as_file(seed, mangled_documents.document(seed, texts, size=2000), kind))
        try:
            text = reader.read(path).markdown
        except DocumentError:
            continue
        assert not mangled_documents.lost(text, parser.parse(text, "x")), seed
