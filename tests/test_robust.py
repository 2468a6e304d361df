"""Whatever comes as a document is read to its last word, in time in proportion to its length."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import mangled_documents

from plancmp.commitments import splitter
from plancmp.model import Plan
from plancmp.plans import parser

TEXTS = mangled_documents.sources()
_PIECES = st.sampled_from(
    [
        "一、",
        "（一）",
        "1.",
        "1．",
        "1、",
        "(1)",
        "（",
        "）",
        "(",
        ")",
        "。",
        ". ",
        "\n",
        "\n\n",
        "公安部",
        "负责",
        "牵头",
        "、",
        "《",
        "》",
        "“",
        "”",
        "Box 1 ",
        "I. ",
        "Ⅰ. ",
        "- ",
        "Ministry of Justice",
        " is responsible",
        " under the leadership of ",
        "Main objectives",
        "Indicators",
        "推进",
        "修订",
        "\x00",
        "\u200b",
        "�",
        "\x0c",
        "[1] x",
        "12",
        "Promote the work",
    ]
)


def read(text: str) -> Plan:
    """Parse, and hold the account: no letter of the source is missing, and every task can be taken apart."""
    plan = parser.parse(text, "x")
    assert not mangled_documents.lost(text, plan)
    assert len({task.ref for task in plan.tasks}) == len(plan.tasks)
    for task in plan.tasks[:20]:
        for found in splitter.split_task(task):
            assert 0 <= found.span[0] <= found.span[1] <= len(task.text)
    return plan


@pytest.mark.parametrize("seed", range(40))
def test_mangled_plans(seed: int) -> None:
    for number in range(5):
        read(mangled_documents.document(1_000_000 + 5 * seed + number, TEXTS, size=3000))


@pytest.mark.parametrize("mangle", mangled_documents.MANGLERS, ids=lambda mangle: mangle.__name__)
def test_every_way_of_mangling_every_plan(mangle: mangled_documents.Mangler) -> None:
    for index, text in enumerate(TEXTS):
        read(mangle(random.Random(index), text[:12_000]))


@given(st.lists(_PIECES, max_size=60).map("".join))
@settings(max_examples=200, deadline=None)
def test_made_of_pieces(text: str) -> None:
    read(text)


@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    read(text)


@pytest.mark.parametrize("index", range(len(TEXTS)))
def test_sources_are_read_whole(index: int) -> None:
    read(TEXTS[index])


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("{n}.推进第{n}项工作实施。（公安部、司法部负责）", 4_000),
        ("{n}. Promote piece {n}. (The Ministry of Justice and the Ministry of Commerce are responsible)", 2_000),
    ],
)
def test_thousands_of_tasks(line: str, count: int) -> None:
    text = "\n".join(line.format(n=n) for n in range(1, count + 1))
    assert len(read(f"一、总则\n{text}").tasks) == count


@pytest.mark.parametrize("piece", ["a", "中", "1. ", "the plan of "])
def test_one_line_of_a_megabyte(piece: str) -> None:
    read(piece * (1_000_000 // len(piece)))
