"""The parser: first what must hold for any text, then the traps of real documents in small made-up texts, then the plans."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from plancmp.lexicon import loader
from plancmp.model import Plan
from plancmp.plans import catalogue, parser
from plancmp.text import normalise, printable

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = ("2008", "2021-2022", "14fyp", "2023", "2024")

NUMBERED = """Site navigation > News

A made-up promotion plan

Preface that promises nothing.

1. Improve the system

(1) Improve laws

1. Promote the revision of the Seed Law. (The Ministry of Agriculture and Rural Affairs is responsible)

2. Study the rules (parks, towns and stations) of 2019 fairs. (The Ministry of Commerce and the Ministry of Science and Technology are responsible.)

(2) Reform policies

3. Issue the “Opinions of the Ministry of Justice on Fairs”. (The Ministry of Finance is responsible)

2. Strengthen protection

4. Carry out checks. (The State Post Bureau is responsible) 3. Organise

5. Report yearly. (The Ministry of Finance is responsible) If several are responsible, the department listed first is the leading department.

Share this page

Contact us for offers
"""


def made_up(text: str = NUMBERED, **particulars) -> Plan:
    return parser.parse(text, "made-up", **particulars)


def numbers(plan: Plan) -> list[str]:
    return [task.number for task in plan.tasks]


def headings(plan: Plan) -> list[tuple[str, ...]]:
    return [tuple(section.number for section in path) for path in plan.sections]


def ids(plan: Plan, number: str) -> list[str | None]:
    task = plan.task(number)
    assert task is not None
    return [body.id for body in task.bodies]


def test_headings_and_tasks_in_one_style_are_told_apart() -> None:
    plan = made_up()
    assert numbers(plan) == ["1", "2", "3", "4", "5"]
    assert headings(plan) == [("1", "1"), ("1", "2"), ("2",), ("3",)]


def test_a_heading_glued_behind_a_clause_is_a_heading() -> None:
    plan = made_up()
    task = plan.task("5")
    assert task is not None
    assert [section.heading for section in task.section] == ["Organise"]


def test_a_closing_rule_glued_behind_a_clause_names_the_leads() -> None:
    plan = made_up()
    assert all(task.bodies[0].lead for task in plan.tasks)
    assert not plan.tasks[1].bodies[1].lead
    task = plan.task("5")
    assert task is not None
    assert "leading department" not in task.text


def test_navigation_preface_and_advertising_are_left_over_and_accounted_for() -> None:
    left = " ".join(left.text for left in made_up().leftovers)
    for words in ("Site navigation", "Preface", "Share this page", "Contact us"):
        assert words in left


def test_brackets_that_are_no_clause_stay_in_the_text_and_bodies_in_titles_are_not_responsible() -> None:
    plan = made_up()
    second, third = plan.task("2"), plan.task("3")
    assert second is not None
    assert third is not None
    assert "(parks, towns and stations)" in second.text
    assert second.responsibility is not None
    assert second.responsibility.endswith("responsible.)")
    assert ids(plan, "3") == ["MOF"]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (
            "(in charge of the Bureau of science, technology and industry for national defense and the post office)",
            ["SASTIND", "SPB"],
        ),
        ("(The Ministry of culture and Tourism AND the SUPREME PEOPLE’S COURT are responsible)", ["MCT", "SPC"]),
        ("(The Ministry of Finance and other departments are responsible)", ["MOF", "X-RELEVANT"]),
        ("(The\u00a0State Post\u00a0Bureau is responsible)", ["SPB"]),
        (
            "(The Central Propaganda Department, the Publicity Department of the Central Committee of the Communist Party of China are responsible)",
            ["PUBLICITY"],
        ),
        (
            "(This will be done be the Ministry of Justice under the the leadership of the Ministry of Finance with their respective responsibilities.)",
            ["MOJ", "MOF"],
        ),
        ("（国家知识产权局、司法部按职责分工负责）", ["CNIPA", "MOJ"]),
        ("（国家知识产权局牵头，最高人民法院、公安部等参与）", ["CNIPA", "SPC", "MPS"]),
    ],
)
def test_bodies_of_a_clause_in_order(clause: str, expected: list[str]) -> None:
    named, unknown = parser.bodies_of(clause)
    assert [body.id for body in named] == expected
    assert not unknown


def test_who_leads_is_read_from_the_clause() -> None:
    english, _ = parser.bodies_of(
        "(This will be done by the Ministry of Justice and the Ministry of Finance under the leadership of the Ministry of Justice.)"
    )
    assert [(body.id, body.lead) for body in english] == [("MOJ", True), ("MOF", False)]
    chinese, _ = parser.bodies_of("（国家知识产权局牵头，司法部参与）")
    assert [(body.id, body.lead) for body in chinese] == [("CNIPA", True), ("MOJ", False)]


def test_a_body_outside_the_lexicon_is_kept_as_printed_and_reported() -> None:
    plan = made_up(NUMBERED.replace("State Post Bureau", "Bureau of Lighthouses"))
    task = plan.task("4")
    assert task is not None
    assert [(body.id, body.as_printed) for body in task.bodies] == [(None, "Bureau of Lighthouses")]
    assert any("Bureau of Lighthouses" in warning and "line" in warning for warning in plan.warnings)


def test_gaps_are_found_by_the_program() -> None:
    cut = made_up(NUMBERED.split("(2) Reform")[0], declared_tasks=5)
    assert cut.missing == ((3, 5),)
    assert cut.gaps == ((0, None),)
    assert not cut.whole
    without = made_up(re.sub(r"2\. Study.*\n", "", NUMBERED))
    assert without.missing == ((2, 2),)
    assert made_up(declared_tasks=5).whole


def test_a_clause_that_is_cut_makes_the_task_incomplete() -> None:
    plan = made_up(
        NUMBERED.replace(
            "5. Report yearly. (The Ministry of Finance is responsible) If", "5. Report yearly. (The Ministry of"
        )
    )
    task = plan.task("5")
    assert task is not None
    assert not task.complete


def test_a_number_used_twice_is_reported_and_both_tasks_are_kept() -> None:
    plan = made_up(NUMBERED.replace("5. Report", "4. Report"))
    assert len(plan.tasks) == 5
    assert len({task.ref for task in plan.tasks}) == 5
    assert any("used again" in warning for warning in plan.warnings)


def test_control_characters_of_a_document_are_gone() -> None:
    plan = made_up(NUMBERED.replace("Carry out", "Carry\x1b[31m out\x07"))
    assert "\x1b" not in "".join(task.text for task in plan.tasks)


@pytest.mark.parametrize("plan_id", BUNDLED)
def test_bundled_sources_hold_together(plan_id: str) -> None:
    """Every task is found word for word between its source lines, refs are unique, and no word of the source is lost."""
    plan = catalogue.stored(plan_id)
    lines = (ROOT / "data" / plan_id / "source.txt").read_text("utf-8").split("\n")
    assert len({task.ref for task in plan.tasks}) == len(plan.tasks)
    for task in plan.tasks:
        first, last = task.lines
        source = normalise(printable(" ".join(lines[first - 1 : last])))
        if task.kind == "task":
            for sentence in re.split(r"(?<=[.]) ", task.text):
                assert sentence.strip() in source
        for body in task.bodies:
            assert body.as_printed.casefold() in source.replace("’", "'").casefold()
    kept = " ".join(
        [*(f"{t.title} {t.text} {t.responsibility}" for t in plan.tasks), *(left.text for left in plan.leftovers)]
    )
    kept += " ".join(["", *(f"{section.number} {section.heading}" for path in plan.sections for section in path)])
    words = set(re.findall(r"\w{4,}", normalise(printable(" ".join(lines)))))
    assert words <= set(re.findall(r"\w{4,}", kept))


@pytest.mark.parametrize("plan_id", BUNDLED)
def test_the_right_grammar_is_found_without_being_named(plan_id: str) -> None:
    plan = catalogue.stored(plan_id)
    text = (ROOT / "data" / plan_id / "source.txt").read_text("utf-8")
    guessed = parser.parse(text, plan_id, declared_tasks=plan.declared_tasks)
    assert [(t.ref, t.text) for t in guessed.tasks] == [(t.ref, t.text) for t in plan.tasks]


def test_counts_and_headings_of_the_promotion_plans() -> None:
    old, new = catalogue.stored("2021-2022"), catalogue.stored("2024")
    assert numbers(old) == [str(n) for n in range(1, 65)]
    assert numbers(new) == [str(n) for n in range(1, 111)]
    assert headings(old) == [
        ("1", "1"),
        ("1", "2"),
        ("1", "3"),
        ("2", "1"),
        ("2", "2"),
        ("2", "3"),
        ("3", "1"),
        ("3", "2"),
    ]
    assert headings(new)[-2:] == [("6",), ("7",)]
    assert len(headings(new)) == 15
    assert new.task("95").section[0].heading == "In-depth participation in global intellectual property governance"
    assert old.missing == ((65, 115),)
    assert old.gaps == ((7, None),)
    assert not old.task("64").complete
    assert sum(not task.complete for task in old.tasks) == 1
    assert new.whole
    assert new.warnings == ()


def test_leads_are_named_where_the_plan_names_them() -> None:
    assert not any(body.lead for task in catalogue.stored("2021-2022").tasks for body in task.bodies)
    assert all(
        task.bodies[0].lead and not any(body.lead for body in task.bodies[1:])
        for task in catalogue.stored("2024").tasks
    )


def test_bodies_of_the_promotion_plans() -> None:
    old, new = catalogue.stored("2021-2022"), catalogue.stored("2024")
    assert all(task.bodies for plan in (old, new) for task in plan.tasks)
    assert all(body.id for plan in (old, new) for task in plan.tasks for body in task.bodies)
    assert ids(old, "6") == ["CMC-EDD", "SASTIND", "CNIPA"]
    assert ids(new, "13") == ["CNIPA", "MOST", "MOF", "SASTIND", "CMC-EDD", "NSFC"]
    assert ids(new, "105") == ["JMO", "JMM"]
    assert ids(new, "9") == ["MOF", "CNIPA", "PUBLICITY", "X-RELEVANT"]
    assert [body.doubtful for body in old.task("52").bodies] == [False, False, True]


def test_structure_of_the_five_year_plan() -> None:
    plan = catalogue.stored("14fyp")
    kinds = [task.kind for task in plan.tasks]
    assert (kinds.count("task"), kinds.count("box"), kinds.count("objective"), kinds.count("indicator")) == (
        39,
        15,
        4,
        8,
    )
    assert sum(task.title is None for task in plan.tasks) == 4
    assert [t.number for t in plan.tasks if t.kind == "task"][-4:] == ["18", "19", "20", "21"]
    assert (
        plan.task("box12").title
        == "The Project to Make Public Intellectual Property Services More Information-Based and Intelligent"
    )
    assert plan.task("box5").responsibility.count("(This") == 2
    assert "agricultural cultural heritage" in plan.task("box5").text
    assert plan.task("6.2").lines > plan.task("box3").lines


@pytest.mark.parametrize(
    ("number", "lead", "expected"),
    [
        ("4.1", None, 15), ("box1", "SAMR", 4), ("6.1", "CNIPA", 4), ("box5", "CNIPA", 3), ("7.1", "CNIPA", 7), ("8.3", "CNIPA", 3),
        ("9.3", "CNIPA", 7), ("box7", "CNIPA", 5), ("11.1", "CNIPA", 4), ("box12", "CNIPA", 4), ("18", "CNIPA", 3), ("19", None, 2),
    ],
)  # fmt: skip
def test_bodies_and_leads_of_the_five_year_plan(number: str, lead: str | None, expected: int) -> None:
    task = catalogue.stored("14fyp").task(number)
    assert len(task.bodies) == expected
    assert [body.id for body in task.bodies if body.lead] == ([lead] if lead else [])


@pytest.mark.parametrize(
    ("number", "before", "after"),
    [(1, "6.3", "12"), (2, "4", "9"), (3, "2180", "3200"), (4, "3194.4", "3500"), (5, "11.6[3]", "13.0"), (6, "7.39[4]", "7.5"), (7, "80.05", "82"), (8, "-", "85")],
)  # fmt: skip
def test_indicators_of_the_five_year_plan(number: int, before: str, after: str) -> None:
    task = catalogue.stored("14fyp").task(f"indicator{number}")
    assert f"2020: {before}; 2025: {after};" in task.text


def test_structure_of_the_work_plan_of_2023() -> None:
    plan = catalogue.stored("2023")
    assert numbers(plan) == [*(str(n) for n in range(1, 15)), "r1", "r2", "r3", "r4"]
    assert not any(task.bodies for task in plan.tasks)
    assert plan.task("1").title.startswith("In-depth implementation of the")
    assert plan.task("r4").text.endswith("respecting and protecting intellectual property rights.")
    assert [path[0].heading for path in plan.sections][-1] == "Work requirements"


def test_structure_of_the_measures_of_2008() -> None:
    plan = catalogue.stored("2008")
    assert len(plan.tasks) == 26
    assert len({task.section[0].number for task in plan.tasks}) == 9
    assert [n for n in numbers(plan) if n.startswith("7.")] == ["7.1", "7.2", "7.3", "7.4"]
    assert [n for n in numbers(plan) if "." not in n] == ["1", "3", "9"]
    assert plan.task("5.4").lines[1] > plan.task("5.4").lines[0]
    assert not any(left.text == "National Intellectual Property Strategy" and left.doubtful for left in plan.leftovers)


def test_sources_are_kept_byte_for_byte_with_their_particulars() -> None:
    for plan_id in BUNDLED:
        facts = tomllib.loads((ROOT / "data" / plan_id / "plan.toml").read_text("utf-8"))
        assert {
            "title",
            "issuer",
            "issued",
            "covers",
            "series",
            "language",
            "translated_by",
            "published",
        } <= facts.keys()
    assert catalogue.stored("2024").issued == "2024-05-16"
    assert catalogue.stored("2021-2022").declared_tasks == 115
    raw = (ROOT / "data/2024/source.txt").read_bytes()
    assert catalogue.stored("2024").source.sha256 == hashlib.sha256(raw).hexdigest()


def test_every_body_of_the_lexicon_is_found_by_each_of_its_forms() -> None:
    for entry in loader.bodies().values():
        for form in (*entry.forms, *entry.forms_zh):
            assert loader.find_body(form) == entry.id or loader.find_body(form) is not None
        assert loader.find_body(entry.id) == entry.id
