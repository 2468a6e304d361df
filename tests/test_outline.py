"""The outline by the document's own marks: any consistent mark counts, in every combination; then the traps, one by one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plancmp.documents.layout import Line, markdown
from plancmp.lexicon import loader
from plancmp.model import Plan
from plancmp.plans import labels, markers, parser, understanding
from plancmp.plans.bodies import bodies_of
from plancmp.plans.clauses import take_clauses

# How a number is printed: the text before and behind the n-th member of a list.
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]
CHINESE = "一二三四五六七八九"
STYLES = {
    "1.": lambda n: f"{n}. ",
    "1)": lambda n: f"{n}) ",
    "(1)": lambda n: f"({n}) ",
    "[1]": lambda n: f"[{n}] ",
    "1:": lambda n: f"{n}: ",
    "A.": lambda n: f"{chr(64 + n)}. ",
    "a)": lambda n: f"{chr(96 + n)}) ",
    "I.": lambda n: f"{ROMAN[n - 1]}. ",
    "Action": lambda n: f"Action {n}. ",
    "Measure": lambda n: f"Measure {ROMAN[n - 1]}: ",
    "§": lambda n: f"§ {n} ",
    "①": lambda n: f"{chr(ord('①') + n - 1)} ",
    "一、": lambda n: f"{CHINESE[n - 1]}、",
    "（一）": lambda n: f"（{CHINESE[n - 1]}）",
    "第一章": lambda n: f"第{CHINESE[n - 1]}章 ",
    "第一条": lambda n: f"第{CHINESE[n - 1]}条 ",
    "任务一：": lambda n: f"任务{CHINESE[n - 1]}：",
    "<1>": lambda n: f"<{n}> ",
    "## ": lambda n: "## ",
}
VERBS = ["Build", "Repair", "Publish", "Train", "Restore"]


def read(text: str) -> Plan:
    return parser.parse(text, "x")


def written(heading: str, item: str, sizes: list[int], running: bool) -> tuple[str, list[list[str]]]:
    """A plan with this many items under each heading, and its items' words, heading by heading."""
    lines, expected, count = ["The plan of the county", ""], [], 0
    for number, size in enumerate(sizes, start=1):
        lines.append(f"{STYLES[heading](number)}Part of the {VERBS[number % 5].lower()}ers")
        expected.append([])
        for position in range(1, size + 1):
            count += 1
            words = f"{VERBS[count % 5]} {count + 11} houses in the towns of the north and the south by 2031."
            lines.append(f"{STYLES[item](count if running else position)}{words}")
            expected[-1].append(words)
    return "\n".join(lines), expected


@given(
    st.sampled_from(sorted(STYLES)),
    st.sampled_from(sorted(set(STYLES) - {"## "})),
    st.lists(st.integers(2, 4), min_size=2, max_size=4),
    st.booleans(),
)
@settings(max_examples=250, deadline=None)
def test_any_two_marks_make_headings_and_tasks(heading: str, item: str, sizes: list[int], running: bool) -> None:
    if heading == item or (running and sum(sizes) > 9):
        return
    if {heading, item} in ({"A.", "I."}, {"1.", "1:"}):
        return
    text, expected = written(heading, item, sizes, running)
    plan = read(text)
    found: dict[int, list[str]] = {}
    for task in plan.tasks:
        found.setdefault(task.section[-1].line, []).append(task.text)
    assert list(found.values()) == expected
    assert len({task.ref for task in plan.tasks}) == len(plan.tasks)


@pytest.mark.parametrize("entry", loader.markers(), ids=lambda entry: entry.example[0])
def test_every_mark_is_read_in_its_example(entry: loader.MarkerEntry) -> None:
    text, number = entry.example
    first = markers.markers_of(text)[0]
    assert first.plain_number == number
    assert text[first.offset :].strip() == text[first.offset :] != ""


@pytest.mark.parametrize("entry", loader.clause_words("label"), ids=lambda entry: entry.example[0])
def test_every_label_gives_its_role(entry: loader.ClauseWords) -> None:
    text, name = entry.example
    if entry.role in labels.BODY_ROLES - {"guide"}:
        assert name in [body.as_printed for body in bodies_of(text)[0]]
        assert take_clauses(f"Act now. {text}" if text.isascii() else f"抓紧落实。{text}")[1]
    else:
        assert bodies_of(text)[0] == []
        words = f"Act now. {text}" if text.isascii() else f"抓紧落实。{text}"
        assert entry.role == "guide" or take_clauses(words) == (words, [])


@pytest.mark.parametrize("entry", loader.clause_words("verb"), ids=lambda entry: entry.example[0])
def test_every_verb_gives_its_role(entry: loader.ClauseWords) -> None:
    text, name = entry.example
    named = {body.as_printed: body.lead for body in bodies_of(f"（{text}）")[0]}
    assert named == ({} if entry.role == "guide" else {name: entry.role == "lead"})


@pytest.mark.parametrize("entry", loader.table("clauses")["first_leads"], ids=lambda entry: entry["example"])
def test_every_rule_that_the_first_body_leads_is_found(entry: dict) -> None:
    assert loader.first_leads().search(entry["example"])


@pytest.mark.parametrize("entry", loader.table("markers")["furniture"], ids=lambda entry: entry["example"])
def test_every_kind_of_page_furniture_is_found(entry: dict) -> None:
    assert loader.furniture().search(entry["example"])


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("(Lead: Water Office; with: Fire Office, Red Cross)", ["*Water Office", "Fire Office", "Red Cross"]),
        ("Responsible: Water Office. In cooperation with: Fire Office.", ["*Water Office", "Fire Office"]),
        ("Responsible: Water Office, Fire Office", ["Water Office", "Fire Office"]),
        ("(Water Office to lead, with Fire Office)", ["*Water Office", "Fire Office"]),
        ("(the Bureau of Lighthouses and the Bureau of Buoys are responsible)", ["Bureau of Lighthouses", "Bureau of Buoys"]),
        ("(Ministry of Tourism and Culture)", ["Ministry of Tourism and Culture"]),
        ("(Ministry of Trade, Industry and Energy; Coal Office)", ["Ministry of Trade, Industry and Energy", "Coal Office"]),
        ("(Federal Ministry of Finance)", ["Federal Ministry of Finance"]),
        ("（市水利局牵头，市财政局、市农业农村局配合）", ["*市水利局", "市财政局", "市农业农村局"]),
        ("（市水利局负责，市财政局配合）", ["*市水利局", "市财政局"]),
        ("（由文化局負責，地政處協助）", ["*文化局", "地政處"]),
        ("牵头单位：市水利局；配合单位：市财政局", ["*市水利局", "市财政局"]),
        ("【责任单位】市自然资源和规划局、市住房和城乡建设局", ["市自然资源和规划局", "市住房和城乡建设局"]),
        ("（省市场监管局、省公安厅等按职责分工负责，列第一位者为牵头单位，下同）", ["省市场监管局", "省公安厅"]),
        ("（市水利局牵头，省水利厅指导）", ["*市水利局"]),
        ("（各县（区）人民政府、市发展改革委和市财政局）", ["各县（区）人民政府", "市发展改革委", "市财政局"]),
        ("(Advance Ministry of Finance of Kestria)", ["Advance Ministry of Finance of Kestria"]),
    ],
)  # fmt: skip
def test_who_leads_and_who_helps(clause: str, expected: list[str]) -> None:
    assert [("*" if body.lead else "") + body.as_printed for body in bodies_of(clause)[0]] == expected


@pytest.mark.parametrize(
    ("name", "body", "doubtful"),
    [
        ("CNIPA", "CNIPA", False),
        ("State Administration for Market Supervision", None, False),
        ("Ministry of Agriculture & Rural Affairs", "MARA", True),
        ("National Administration for Market Regulation", "SAMR", True),
        ("国家市场监督管理局", "SAMR", True),
        ("交通运输部", "MOT", False),
        ("住房城乡建设部", "MOHURD", False),
        ("省农业农村厅", None, False),
        ("Bureau of Lighthouses", None, False),
        ("Ministry of Justice of Valmeria", None, False),
    ],
)
def test_names_by_any_translator(name: str, body: str | None, doubtful: bool) -> None:
    (found,), _ = bodies_of(f"({name})")
    if name == "State Administration for Market Supervision":
        assert found.doubtful or found.id is None
        return
    assert (found.id, found.doubtful, found.as_printed) == (body, doubtful, name)


NAMES = tomllib.loads((Path(__file__).parent / "samples/body-names.toml").read_text("utf-8"))


def ids_in(name: str) -> list[str | None]:
    clause = f"({name} is responsible)" if name.isascii() else f"（{name}负责）"
    return [body.id for body in bodies_of(clause)[0]]


def test_most_renderings_of_a_known_body_have_its_id() -> None:
    right = [ids_in(name) == [body_id] for name, body_id in NAMES["renderings"].items()]
    assert sum(right) >= 0.9 * len(right)


@pytest.mark.parametrize("name", NAMES["others"])
def test_the_name_of_another_body_has_no_id(name: str) -> None:
    assert not any(ids_in(name))


def test_the_rule_inside_the_first_clause_holds_for_all_tasks() -> None:
    plan = read(
        "方案\n一、总则\n1.清理限制措施。（省财政厅、省公安厅按职责分工负责，列第一位者为牵头单位，下同）\n"
        "2.公布目录清单。（省水利厅、省财政厅）\n3.开展检查评估。（省公安厅）"
    )
    assert [[body.lead for body in task.bodies] for task in plan.tasks] == [[True, False], [True, False], [True]]


def test_a_table_gives_number_text_bodies_and_deadline() -> None:
    plan = read(
        "# List of works\n| No. | Action | Lead | Partners | Deadline |\n|---|---|---|---|---|\n| Water |||||\n"
        "| 1 | Drill 40 wells | Water Office | Red Cross | May 2026 |\n| 2 | Test them | Health Office | | 2027 |"
    )
    assert [task.number for task in plan.tasks] == ["1", "2"]
    assert [task.section[0].heading for task in plan.tasks] == ["Water", "Water"]
    assert plan.tasks[0].text == "Drill 40 wells (Deadline: May 2026)"
    assert [(body.as_printed, body.lead) for body in plan.tasks[0].bodies] == [
        ("Water Office", True),
        ("Red Cross", False),
    ]


def test_the_cells_of_spanning_groups_are_headings() -> None:
    plan = read(
        "# 分工表\n| 重点领域 | 工作任务 | 责任单位 |\n|---|---|---|\n| 控烟 | 公共场所全面禁烟 | 市卫生健康委 |\n| | 学校无烟 | 市教育局 |\n"
        "| 健身 | 建设步道20公里 | 市体育局 |"
    )
    assert [(task.section[0].heading, task.number) for task in plan.tasks] == [
        ("控烟", "1.1"),
        ("控烟", "1.2"),
        ("健身", "2.1"),
    ]


def test_items_that_start_anew_are_named_by_place_and_running_ones_by_number() -> None:
    anew = read(
        "## One\n1. Build a dam for the town.\n2. Drill wells in the hills.\n## Two\n1. Plant trees along roads."
    )
    assert [task.number for task in anew.tasks] == ["1.1", "1.2", "2.1"]
    running = read(
        "## One\n1. Build a dam for the town.\n2. Drill wells in the hills.\n## Two\n3. Plant trees along roads."
    )
    assert [task.number for task in running.tasks] == ["1", "2", "3"]


def test_sub_items_and_fields_belong_to_their_task() -> None:
    plan = read(
        "1. Improve the ports:\n(a) dredge the channel;\n(b) light the piers.\nLead: Ports Office\nDeadline: 2027\n"
        "2. Improve the roads of the island.\nLead: Roads Office\nDeadline: 2028\n"
        "3. Train the pilots of the harbour.\nLead: Ports Office\nDeadline: 2029"
    )
    assert [task.number for task in plan.tasks] == ["1", "2", "3"]
    assert "dredge" in plan.tasks[0].text
    assert "Deadline: 2027" in plan.tasks[0].text
    assert [body.as_printed for body in plan.tasks[0].bodies] == ["Ports Office"]


def test_wrapped_lines_and_hanging_indents_are_one_paragraph() -> None:
    text = "\n".join(
        f"{n}. Restore {n * 40} hectares of salt marsh and dune along the northern coast of\n   the island, of which half lie within"
        f" protected areas of the first and the\n   second category.\n"
        for n in range(1, 5)
    )
    plan = read(text)
    assert [task.number for task in plan.tasks] == ["1", "2", "3", "4"]
    assert all(task.text.endswith("second category.") for task in plan.tasks)
    assert plan.tasks[1].lines == (5, 7)


def test_contents_headers_and_navigation_are_no_tasks() -> None:
    plan = read(
        "Home > Plans\nPlan for the Port\nContents\n1. Water ........ 2\n2. Land ........ 3\n\n1. Water\n\n1.1 Dredge the channel to nine metres.\n"
        "1.2 Mark the wrecks with buoys.\nPlan for the Port   Page 2\n2. Land\n\n2.1 Pave the yard behind the sheds.\n2.2 Fence the yard.\nPrint this page | Share"
    )
    assert [task.number for task in plan.tasks] == ["1.1", "1.2", "2.1", "2.2"]
    assert all("Page" not in task.full_text and "Print" not in task.full_text for task in plan.tasks)


def test_a_format_that_states_its_outline_is_read_as_markdown() -> None:
    lines = [
        Line("Plan", heading=1),
        Line("Land the foundations", heading=2),
        Line("first", bullet=1),
        Line("deeper", bullet=2),
        Line("a|b", row=1),
        Line("c", row=1, column=2),
        Line("Bold", bold=True),
        Line("plain"),
    ]
    assert markdown(lines).split("\n") == [
        "# Plan", "## Land the foundations", "- first", "  - deeper", "| a\\|b |  | c |", "**Bold**", "plain",
    ]  # fmt: skip


def test_tasks_that_a_reader_set_right_by_hand_begin_where_he_says() -> None:
    text = "Plan\n\n## Ports\n\nWe dredge the channel.\nIt is shallow.\nWe light the piers. (Lead: Ports Office)\n\n## Roads\n\nWe pave the road.\n"
    plan = parser.parse(text, "x", task_starts=[5, 7, 11])
    assert [(task.number, task.text) for task in plan.tasks] == [
        ("1.1", "We dredge the channel. It is shallow."), ("1.2", "We light the piers."), ("2.1", "We pave the road."),
    ]  # fmt: skip
    assert [body.lead for body in plan.tasks[1].bodies] == [True]


GLOSSARY = "Glossary of Water\n" + "\n".join(
    f"{n}. {word}. {meaning}" for n, (word, meaning) in enumerate(
        [("Aquifer", "A layer of rock that holds water."), ("Basin", "The land that a river drains."), ("Weir", "A low dam across a stream.")], 1
    )
)  # fmt: skip
REPORT = "2022年工作总结\n" + "\n".join(
    f"{n}.去年共{words}，比上年增长{n}%。"
    for n, words in enumerate(["受理申请58件", "公开文件14件", "举办发布会8场", "答复建议25件"], 1)
)
LIST = "Table of contents\n" + "\n".join(f"{n}. Chapter of the book {'.' * 30} {n * 7}" for n in range(1, 9))


@pytest.mark.parametrize("text", [GLOSSARY, REPORT, LIST], ids=["glossary", "report", "contents"])
def test_what_is_no_plan_is_doubted(text: str) -> None:
    title = text.partition("\n")[0]
    plan = parser.parse(text, "x", title=title)
    assert not plan.tasks or plan.doubts


def test_a_gap_at_the_front_and_an_absurdly_long_task_are_doubted() -> None:
    late = read("\n".join(f"{n}. Build {n} houses in the old town by 2030." for n in range(40, 50)))
    assert any("begins at 40" in doubt for doubt in late.doubts)
    tasks = [f"{n}. Build {n} houses in the old town by 2030." for n in range(1, 10)]
    long = read("\n".join([*tasks, f"10. Build a bridge, {'and then another bridge over the river, ' * 100}at last."]))
    assert any("characters" in doubt for doubt in long.doubts)
    assert read("\n".join(tasks)).doubts == ()


@pytest.mark.parametrize(
    ("text", "directive"),
    [
        ("Restore 4,200 hectares of salt marsh.", True),
        ("Grants will cover 40 per cent of the cost.", True),
        ("推进农业水价综合改革，完善计量设施。", True),
        ("The weather of the coast is mild.", False),
        ("The sea was rough last year.", False),
    ],
)
def test_what_says_what_is_to_be_done(text: str, directive: bool) -> None:
    assert understanding.is_directive(text) == directive


def test_a_field_on_a_line_of_its_own_names_partners() -> None:
    plan = read(
        "Plan\n\n"
        + "\n\n".join(
            f"Action {n}. Mend {n} bridges by 2030.\n\nOwner: Bridge Office\n\nWorking with: Rail Agency"
            for n in (1, 2, 3)
        )
    )
    assert [[(b.as_printed, b.lead) for b in task.bodies] for task in plan.tasks] == [
        [("Bridge Office", True), ("Rail Agency", False)]
    ] * 3


def test_a_label_of_the_documents_own_below_each_task() -> None:
    plan = read(
        "Plan\n\n"
        + "\n\n".join(
            f"1.{n} The office shall mend bridge {n} by 2030.\n[Task of: Ministry of Bridges, Rail Division]"
            for n in range(1, 6)
        )
    )
    assert {task.text[-8:] for task in plan.tasks} == {"by 2030."}
    assert [[b.as_printed for b in task.bodies] for task in plan.tasks] == [
        ["Ministry of Bridges", "Rail Division"]
    ] * 5


def test_a_column_of_codes_is_no_task() -> None:
    rows = "".join(f"| M{n} | Mend bridge {n} of the harbour | Bridge Office |\n" for n in (1, 2, 3))
    plan = read(f"# Plan\n\n| Measure | Description | Responsible |\n|---|---|---|\n{rows}")
    assert [task.text for task in plan.tasks] == [f"Mend bridge {n} of the harbour" for n in (1, 2, 3)]


def test_a_last_sentence_that_says_who_leads() -> None:
    plan = read(
        "Plan\n\n"
        "1. Plant street trees in dry districts. The Parks Department will lead, working with the Conservation Trust.\n"
        "2. Mend the old bylaw. The Planning Office is to lead this action.\n"
        "3. Train guides. The Parks Department will lead walks through every district.\n"
    )
    assert [task.text for task in plan.tasks] == [
        "Plant street trees in dry districts.",
        "Mend the old bylaw.",
        "Train guides. The Parks Department will lead walks through every district.",
    ]
    assert [[(b.as_printed, b.lead) for b in task.bodies] for task in plan.tasks] == [
        [("Parks Department", True), ("Conservation Trust", False)], [("Planning Office", True)], [],
    ]  # fmt: skip


def test_a_list_of_questions_is_doubted() -> None:
    plan = read(
        "Card\n\n"
        + "\n\n".join(f"## {n}. Can {who} have it?\n\nYes, of course." for n, who in enumerate(["I", "we", "they"], 1))
    )
    assert not plan.tasks or any("questions" in doubt for doubt in plan.doubts)


@pytest.mark.parametrize("heading", ["## ", ""])
@pytest.mark.parametrize("item", ["- ", "• ", "1) "])
def test_a_list_of_the_themes_below_is_no_task(heading: str, item: str) -> None:
    themes = ["Cleaner rivers", "Safer roads", "Warmer schools"]
    parts = [f"{heading}{theme}\n\nWe care about them. The town will:\n\n" for theme in themes]
    tasks = ["Plant trees along both banks by 2031.", "Mend the pavements of the old town."]
    plan = read(
        "# Plan\n\nThe plan has three themes.\n\n"
        + "".join(f"{item.replace('1', str(n))}{theme}\n" for n, theme in enumerate(themes, 1))
        + "\n"
        + "\n\n".join(part + "\n".join(f"* {task}" for task in tasks) for part in parts)
    )
    assert not any(task.text.startswith(theme) and len(task.text) < 40 for task in plan.tasks for theme in themes)
    assert [task.text for task in plan.tasks] == tasks * 3
    assert all(any(theme in left.text for left in plan.leftovers) for theme in themes)


def test_a_list_whose_items_are_said_once_is_the_plan() -> None:
    plan = read(
        "Plan\n\n- Plant trees along both banks.\n- Mend the pavements.\n- Heat the schools.\n\nIssued by the town."
    )
    assert len(plan.tasks) == 3


def test_an_abbreviation_is_no_mark() -> None:
    assert not markers.markers_of("U.S. efforts abroad")
    assert [mark.value for mark in markers.markers_of("B. Smith Road is mended")] == [2]


def test_a_row_without_a_task_is_kept() -> None:
    rows = "".join(f"| {n} | Mend bridge {n} of the harbour | Bridge Office | May |\n" for n in (1, 2, 3))
    plan = read(
        f"# Plan\n\n| No. | Task | Responsible | Deadline |\n|---|---|---|---|\n{rows}| 4 | | Harbour Office | when the ice is gone |\n"
    )
    assert len(plan.tasks) == 3
    assert "Harbour Office" in [body.as_printed for body in plan.tasks[-1].bodies]
    said = " ".join([*(task.full_text for task in plan.tasks), *(left.text for left in plan.leftovers)])
    assert "when the ice is gone" in said


@pytest.mark.parametrize(("title", "stays"), [("考核指标", False), ("重点任务分工", True)])
def test_an_annex_of_indicators_is_no_list_of_tasks(title: str, stays: bool) -> None:
    plan = read(
        "# 关于加强桥梁养护的意见\n\n一、加强检查。各县要每季度检查一次桥梁。\n\n二、加快维修。各县要在年底前修好危桥。\n\n"
        "三、做好统计。各县要按月报送进度。\n\n河湾市人民政府\n\n2024年5月6日\n\n附件\n\n"
        f"{title}\n\n一、完好率为完好桥梁数与全部桥梁数之比。\n\n二、检查率为已查桥梁数与全部桥梁数之比。\n\n三、报送率为按时报送次数之比。\n"
    )
    said = " ".join(task.full_text for task in plan.tasks)
    assert "各县要按月报送进度" in said
    assert ("完好率" in said) == stays
    assert stays or any("完好率" in left.text and left.reason == "annex" for left in plan.leftovers)
