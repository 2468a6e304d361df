"""Marking: what counts as a change, and that no word is lost or made up."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plancmp
from plancmp.report import word_diff
from plancmp.report.word_diff import Run, inline, side_by_side

WORDS = st.sampled_from(
    (
        "promote",
        "the",
        "revision",
        "of",
        "Law",
        "“law”",
        "law,",
        "rights",
        "修订",
        "商标法",
        "《商标法》",
        "full-chain",
        "audio-visual",
        "management",
        "administration",
        "Kunlun",
        "昆仑",
        "20%",
        ".",
        "a-b",
    )
)
TEXTS = st.one_of(
    st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=20).map("".join), st.text(max_size=60)
)
SIGNS = {"removed": "[-{}-]", "added": "{{+{}+}}", "moved": "<{}>", "same": "{}"}


def drawn(runs: tuple[Run, ...]) -> str:
    return "".join(SIGNS[run.kind].format(run.text) for run in runs)


def joined(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs)


@given(TEXTS, TEXTS)
def test_the_runs_put_together_are_the_texts(old: str, new: str) -> None:
    left, right = side_by_side(old, new)
    assert (joined(left), joined(right)) == (old, new)
    assert {run.kind for run in left} <= {"same", "removed", "moved"}
    assert {run.kind for run in right} <= {"same", "added", "moved"}
    assert all(run.text for run in (*left, *right))


@given(TEXTS, TEXTS)
def test_inline_holds_the_new_text_and_every_word_of_the_old(old: str, new: str) -> None:
    runs = inline(old, new)
    assert joined(tuple(run for run in runs if run.kind != "removed")) == new
    if word_diff.related(old, new):
        removed = [run for run in side_by_side(old, new)[0] if run.kind == "removed"]
        words = [
            Counter(word_diff.cut_words(run.text).keys) for run in (*removed, *(r for r in runs if r.kind == "removed"))
        ]
        assert sum(words[: len(removed)], Counter()) == sum(words[len(removed) :], Counter())


@given(TEXTS)
def test_a_text_against_itself_has_no_marks(text: str) -> None:
    assert {run.kind for side in (*side_by_side(text, text), inline(text, text)) for run in side} <= {"same"}


@given(TEXTS, TEXTS)
def test_moved_words_are_the_same_words_on_both_sides(old: str, new: str) -> None:
    left, right = (
        Counter(key for run in side if run.kind == "moved" for key in word_diff.cut_words(run.text).keys)
        for side in side_by_side(old, new)
    )
    assert left == right


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (
            "Promote the revision of the regulations on patents.",
            "Accelerate the revision of the regulations on patents.",
            "[-Promote -]{+Accelerate+} the revision of the regulations on patents.",
        ),
        (
            "Promote the layout of centers, and build 20 centers in 2021.",
            "Promote the layout of centers.",
            "Promote the layout of centers[-, and build 20 centers in 2021-].",
        ),
        (
            'Carry out the "Kunlun" special action against crimes',
            "Carry out the special action against crimes",
            'Carry out the[- "Kunlun"-] special action against crimes',
        ),
        (
            "Strengthen supervision of large websites; severely crack down on piracy",
            "Severely crack down on piracy; strengthen supervision of large websites",
            "<Severely crack down on piracy>; strengthen supervision of large websites",
        ),
        ("加快修订商标法实施条例", "推进修订商标法实施条例", "[-加快-]{+推进+}修订商标法实施条例"),
        ("培育100家企业和机构", "培育300家企业和机构", "培育[-100 -]{+300+}家企业和机构"),
        ("Raise the rate to 20% by 2025", "Raise the rate to 20 by 2025", "Raise the rate to 20[-%-] by 2025"),
        ("Protect the trade secrets of firms", "", "[-Protect the trade secrets of firms-]"),
    ],
)
def test_inline_marks_words(old: str, new: str, wanted: str) -> None:
    assert drawn(inline(old, new)) == wanted


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('the "Kunlun" action, and the people\'s courts', "The “Kunlun” action and the people’s courts."),
        ("high-level talent: study; draft", "high level talent, study, draft"),
        ("制定《商标法》，推进改革。", "制定“商标法”,推进改革"),
        ("the ３ centers", "the 3 centers"),
    ],
)
def test_punctuation_quotes_and_first_letters_are_no_change(old: str, new: str) -> None:
    assert [{run.kind for run in side} for side in side_by_side(old, new)] == [{"same"}, {"same"}]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "the regulations on collective administration of copyright",
            "the Regulations on Collective Management of Copyright",
        ),
        (
            "the Trial Measures for voluntary registration of works",
            "the “Interim Measures for Voluntary Registration of Works”",
        ),
        ("anti-monopoly law enforcement", "antitrust law enforcement"),
        ("the Antimonopoly Law", "the Anti-Monopoly Law"),
        ('carry out the "Kunlun" special action', "carry out the “昆仑” special action"),
        ("开展“昆仑”行动", "开展“Kunlun”行动"),
        ("protect trade secrets", "protect commercial secrets"),
        ("the examination centre", "the examination center"),
        ("protection of intellectual property rights", "protection of IPR"),
    ],
)
def test_variants_of_translators_and_names_across_scripts_are_no_change(old: str, new: str) -> None:
    assert [{run.kind for run in side} for side in side_by_side(old, new)] == [{"same"}, {"same"}]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (
            "promote the full-chain protection of brands",
            "promote the chain protection of brands",
            "promote the [-full-chain -]{+chain+} protection of brands",
        ),
        (
            "radio and online audio-visual fields",
            "radio and online audio-visuals",
            "radio and online [-audio-visual fields -]{+audio-visuals+}",
        ),
        ("推进商标法修订工作", "推进商标法修改工作", "推进商标法[-修订-]{+修改+}工作"),
        (
            "the trial of the law in towns",
            "the revision of the law in towns",
            "the [-trial -]{+revision+} of the law in towns",
        ),
        (
            "revise the Trial Measures on plants",
            "revise the Measures on plants",
            "revise the [-Trial Measures -]{+Measures+} on plants",
        ),
    ],
)
def test_no_half_word_is_marked(old: str, new: str, wanted: str) -> None:
    assert drawn(inline(old, new)) == wanted


@given(TEXTS, TEXTS)
def test_every_mark_holds_a_word_and_cuts_none(old: str, new: str) -> None:
    for text, runs in zip((old, new), side_by_side(old, new), strict=True):
        spans = word_diff.cut_words(text).spans
        position = 0
        for run in runs:
            end = position + len(run.text)
            assert run.kind == "same" or any(position <= a and b <= end for a, b in spans)
            assert not any(a < cut < b for a, b in spans for cut in (position, end))
            position = end


def test_passages_between_which_one_moved_are_parted_by_an_ellipsis() -> None:
    old = "build parks in every small town, repair roads of hamlets, train many young nurses, ban raw milk"
    new = "train many young nurses, build parks in every small town"
    assert drawn(inline(old, new)) == (
        "<train many young nurses>, build parks in every small town[-, repair roads of hamlets …, ban raw milk-]"
    )


def test_texts_that_share_almost_nothing_are_left_unmarked() -> None:
    old = "Urge delivery enterprises to strictly implement their main responsibilities"
    new = "Deepen the management of safety and use modern technology to improve the supervision of goods"
    assert side_by_side(old, new) == ((Run(old, "same"),), (Run(new, "same"),))
    assert [run.kind for run in inline(old, new)] == ["removed", "added"]
    assert not word_diff.related(old, new)


def test_a_lone_word_does_not_break_up_a_rewritten_passage() -> None:
    left, _ = side_by_side(
        "Promote the revision of the law and study fees of the old registry in towns",
        "Promote the revision of the law and issue new guidance for the young examiners abroad",
    )
    assert [run.kind for run in left] == ["same", "removed"]


@pytest.mark.parametrize("unit", ["a ", "a b ", "the law of ", "法"])
def test_long_repetitive_texts_are_marked_in_reasonable_time(unit: str) -> None:
    old, new = "start " + unit * 4000 + "end", unit * 4100
    left, right = side_by_side(old, new)
    assert (joined(left), joined(right)) == (old, new)


def test_the_bundled_plans_are_marked_without_loss() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    for one in old.tasks[:20]:
        for other in new.tasks[:20]:
            left, right = side_by_side(one.text, other.text)
            assert (joined(left), joined(right)) == (one.text, other.text)
