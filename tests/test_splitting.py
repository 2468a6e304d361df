"""Cutting tasks into commitments: what holds for every text, and what comes apart or stays together."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import plancmp
from plancmp.commitments import splitter
from plancmp.model import Commitment
from plancmp.text import is_cjk

PIECES = st.sampled_from(
    [
        "Promote the revision of the Seed Law",
        "promote",
        " and ",
        ", and ",
        ", ",
        ". ",
        "; ",
        "the Water Act",
        "study",
        "Internationalization",
        "train 300 nurses",
        "will be improved",
        "so as to",
        "In order to",
        "was",
        "U.S.",
        "No. 5",
        "(a) ",
        "“Law, and more”",
        "a system",
        "推进《甲条例》《乙办法》修订",
        "，",
        "。",
        "、",
        "以便",
        "是指",
        "(",
        "）",
        "\n",
        " ",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=200))
# What may stand between two commitments: punctuation and conjunctions.
BETWEEN = re.compile(
    r"(?:[\W_]|and|then|of|as well as|while|并且|并|且|和|及|与|以及|同时|还|再)*",
    re.IGNORECASE,
)


def language(text: str) -> str:
    return "zh" if is_cjk(text) else "en"


def check(text: str) -> tuple[Commitment, ...]:
    """Spans in order and apart, each commitment's own words in its span, and nothing but conjunctions outside them."""
    pieces = splitter._commitments(text, language(text), splitter._cuts(text, language(text)))
    end = 0
    for piece in pieces:
        assert end <= piece.span[0] < piece.span[1] <= len(text)
        assert BETWEEN.fullmatch(text[end : piece.span[0]]), text[end : piece.span[0]]
        own = text[slice(*piece.span)]
        for part in piece.display.split(" … "):
            assert part.strip() in text
        assert piece.display.split(" … ")[-1].strip(" .;,。；，！？!?") in own or " … " in piece.display
        end = piece.span[1]
    assert BETWEEN.fullmatch(text[end:]), text[end:]
    assert [piece for piece in pieces if piece.is_promise] == list(splitter.split(text, language(text)))
    return pieces


@example("Internationalization, and build a bridge over the river.")
@given(TEXTS)
def test_spans_do_not_overlap_and_make_up_the_text(text: str) -> None:
    check(text)


@pytest.mark.parametrize("plan", ["2008", "14fyp", "2021", "2023", "2024"])
def test_every_task_of_the_bundled_plans_is_made_up_of_its_pieces(plan: str) -> None:
    for task in plancmp.load(plan).tasks:
        check(task.text)
        assert splitter.split_task(task)


def shown(text: str) -> list[str]:
    return [piece.display for piece in splitter.split(text, language(text))]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Promote the revision of the Seed Law, the Water Act and the Forest Code.",
            [
                "Promote the revision of the Seed Law",
                "Promote the revision of … the Water Act",
                "Promote the revision of … the Forest Code",
            ],
        ),
        (
            "Promote the amendment of the Planning Law and of its Ordinance, and study a law on rents.",
            [
                "Promote the amendment of the Planning Law",
                "Promote the amendment of … its Ordinance",
                "study a law on rents",
            ],
        ),
        ("推进《甲条例》《乙办法》修订。", ["推进《甲条例》 … 修订", "推进 … 《乙办法》修订"]),
        (
            "开展“剑网2024”专项行动、青少年保护行动和院线专项整治。",
            ["开展“剑网2024”专项行动", "开展 … 青少年保护行动", "开展 … 院线专项整治"],
        ),
    ],
)
def test_lists_of_laws_come_apart_and_show_their_verb_with_an_ellipsis(text: str, wanted: list[str]) -> None:
    assert shown(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "promote the pilot of credit-based graded and classified supervision",
        "improve civil and criminal judicial trials",
        "build and improve the database",
        "Guide market entities to develop and strictly implement a management system",
        "Ensure the implementation of treaties such as the Beijing Treaty on Performances and the Marrakech Treaty",
        "A risk prevention and control system for exports will be developed",
        "At the frontier, launch a sweep against infringing goods",
        "加强专利、商标、版权的创造、运用、保护、管理",
        "围绕重点产业，开展专利导航",
    ],
)
def test_what_names_one_thing_stays_together(text: str) -> None:
    assert shown(text) == [text]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Build 12 clinics, train 300 nurses, and ban the sale of raw milk.",
            ["Build 12 clinics", "train 300 nurses", "ban the sale of raw milk"],
        ),
        (
            "Services will be guided and regulated, and the system of records will be improved.",
            ["Services will be guided and regulated", "the system of records will be improved"],
        ),
        (
            "Carry out a survey of satisfaction and an assessment of protection.",
            ["Carry out a survey of satisfaction", "Carry out … an assessment of protection"],
        ),
        (
            "The U.S. Patent Office will hire examiners under No. 5 of the order. Dr. Smith will report.",
            ["The U.S. Patent Office will hire examiners under No. 5 of the order", "Dr. Smith will report"],
        ),
        (
            "Strengthen cooperation in the U.S. The ministry will report.",
            ["Strengthen cooperation in the U.S.", "The ministry will report"],
        ),
        ("Train staff for the U.S. Build a park.", ["Train staff for the U.S.", "Build a park"]),
        ("Review annex B. Build a park in Art. 5 zones.", ["Review annex B", "Build a park in Art. 5 zones"]),
        ("精简申报表格，推行预算简化，培训经理人1000名。", ["精简申报表格", "推行预算简化", "培训经理人1000名"]),
    ],
)
def test_each_promise_is_one_commitment(text: str, wanted: list[str]) -> None:
    assert shown(text) == wanted


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Improve the registry so as to attract investors.", ["Improve the registry"]),
        ("In order to protect inventors, improve the registry.", ["improve the registry"]),
        (
            "Improve the registry so as to attract investors, and explore a fund.",
            ["Improve the registry", "explore a fund"],
        ),
        ("The number of filings rose by 12 percent in 2021. Build ten centers.", ["Build ten centers"]),
        ("Since 2018, the agency has built 40 clinics and trained 900 nurses. Build 12 more.", ["Build 12 more"]),
        ("A trade secret is information that has value. “Patent” means any patent in force.", []),
        ("This plan is formulated to implement the Outline.", []),
        ("Issue the plan and organize the implementation.", ["Issue the plan"]),
        (
            "Hire examiners. (Ministry of Law with the Ministry of Cooperatives and Small Businesses, which has the lead in all of it)",
            ["Hire examiners"],
        ),
        ("近年来，保护工作取得了积极成效。商业秘密是指不为公众所知悉的信息。完善制度，以便促进创新。", ["完善制度"]),
        ("为提升保护水平，加快修订商标法，从而优化营商环境。", ["加快修订商标法"]),
    ],
)
def test_narration_definitions_and_purposes_are_no_promises(text: str, left: list[str]) -> None:
    assert shown(text) == left


def test_a_task_without_a_promise_is_one_commitment_that_says_so() -> None:
    task = plancmp.load("2024").tasks[0]
    narrated = type(task)(task.ref, "1", task.section, None, "The agency has made progress.", None, (), (1, 1))
    indicator = type(task)(task.ref, "2", task.section, None, "Patents for every 10,000 people", None, (), (1, 1))
    assert [found.is_promise for found in splitter.split_task(narrated)] == [False]
    assert [found.is_promise for found in splitter.split_task(indicator)] == [True]


@pytest.mark.parametrize(
    ("text", "worded", "shown"),
    [
        (
            "Promote the revision of the Fisheries Law and its implementing regulations.",
            "Promote the revision of the implementing regulations of the Fisheries Law",
            "Promote the revision of … its implementing regulations",
        ),
        ("推进渔业法及其实施细则修订。", "推进渔业法实施细则修订", "推进 … 其实施细则修订"),
    ],
)
def test_its_is_compared_as_what_it_refers_to_and_shown_as_it_stands(text: str, worded: str, shown: str) -> None:
    second = splitter.split_text(text)[1]
    assert (second.text, second.display) == (worded, shown)
