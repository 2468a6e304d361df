"""Names of commitments: letters in reading order, and names taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plancmp
from plancmp.commitments import references, splitter
from plancmp.model import Commitment


@given(st.integers(0, 100_000))
def test_letters_lead_back_to_their_index(index: int) -> None:
    assert references.index_of(references.letter_of(index)) == index


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_letters_are_in_reading_order(one: int, other: int) -> None:
    letters = [references.letter_of(index) for index in sorted((one, other))]
    assert letters == sorted(letters, key=lambda letter: (len(letter), letter))


@pytest.mark.parametrize("letter", ["", "A", "1", "a1", "é", "a b"])
def test_what_is_no_letter_is_refused(letter: str) -> None:
    with pytest.raises(ValueError, match="letter"):
        references.index_of(letter)


def test_an_index_below_nought_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        references.letter_of(-1)


@pytest.mark.parametrize(
    ("name", "task", "letter"),
    [
        ("2021:1e", "2021:1", "e"),
        ("2021:1(e)", "2021:1", "e"),
        ("2021:1（e）", "2021:1", "e"),
        ("2021-2022:1E", "2021-2022:1", "e"),
        ("2024:31ab", "2024:31", "ab"),
        ("14fyp:4.1c", "14fyp:4.1", "c"),
        ("14fyp:box5b", "14fyp:box5", "b"),
        ("14fyp:box5", "14fyp:box5", None),
        ("14fyp:indicator3", "14fyp:indicator3", None),
        ("2023:r1a", "2023:r1", "a"),
        ("2023:r1", "2023:r1", None),
        ("X:2a:b", "X:2a", "b"),
        ("X:2a(b)", "X:2a", "b"),
        ("14fyp", "14fyp", None),
        ("2021", "2021", None),
        ("./new:plan.docx:3b", "./new:plan.docx:3", "b"),
        ("./plan.docx", "./plan.docx", None),
    ],
)
def test_names_come_apart(name: str, task: str, letter: str | None) -> None:
    assert references.split_name(name) == (task, letter)


def test_a_task_whose_number_ends_in_a_letter_is_a_task() -> None:
    assert references.split_name("X:2a", tasks={"X:2a"}) == ("X:2a", None)
    assert references.name_of("X:2a", 1) == "X:2a:b"
    assert references.shown_name("1", "e") == "1(e)"


@pytest.mark.parametrize("plan", ["2008", "14fyp", "2021", "2023", "2024"])
def test_every_name_of_the_bundled_plans_leads_back_to_its_commitment(plan: str) -> None:
    for task in plancmp.load(plan).tasks:
        found = splitter.split_task(task)
        for index, commitment in enumerate(found):
            assert references.split_name(references.name_of(task.ref, index)) == (task.ref, references.letter_of(index))
            stored = references.letter_of(index), references.text_hash(commitment)
            assert references.locate(found, *stored) == index


def test_a_stored_name_is_found_again_where_a_task_is_cut_otherwise() -> None:
    a, b, c = (Commitment((0, 1), words) for words in ("build a park", "train nurses", "build a park"))
    assert references.locate((b, a), "a", references.text_hash(a)) == 1
    assert references.locate((a, b, c), "c", references.text_hash(c)) == 2
    assert references.locate((b,), "a", references.text_hash(a)) is None
    assert references.locate((a, b), "b") == 1
    assert references.locate((a, b), "c") is None
