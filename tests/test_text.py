"""Pure functions on strings: the quick ways give what the plain ones would."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plancmp
from plancmp import text
from plancmp.commitments import tokens
from plancmp.lexicon import loader
from plancmp.linkage import records

PATTERNS = [r"\bplan\b", r"\bplans? of", "法", r"(?<!the )\blaw\b", r"\bin[- ]depth\b", "an", r"\bthe law\b", r"\b《"]
SAID = st.lists(
    st.sampled_from(
        ["plan", "plans of", "the law", "法", "law", "in-depth", "İ", "《", " ", " ", "a", "“x”", "\u3000", "é"]
    ),
    max_size=12,
).map("".join)


@given(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=5), SAID)
def test_patterns_joined_find_what_they_find_one_beside_the_other(patterns: list[str], said: str) -> None:
    plain = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    assert [m.span() for m in text.any_of(patterns).finditer(said)] == [m.span() for m in plain.finditer(said)]


@given(st.text())
def test_small_letters_stand_where_the_letters_stood(said: str) -> None:
    small = text.lowered(said)
    assert len(small) == len(said)
    assert all(low in (char, char.lower()) for char, low in zip(said, small, strict=True))


@given(st.text(st.characters(max_codepoint=0x2FF)) | SAID)
def test_plain_texts_take_the_short_way_to_the_same_end(said: str) -> None:
    assert text.normalise(said) == text._SPACE.sub(" ", said).strip()
    assert text.straight_quotes(said) == said.translate(text._QUOTES)
    assert text.fold(said) == text.normalise(text.straight_quotes(unicodedata.normalize("NFKC", said))).casefold()


@given(st.text(min_size=1), st.integers(2, 40))
def test_what_is_shortened_fits_and_begins_the_same(said: str, most: int) -> None:
    found = text.shortened(said, most)
    assert len(found) <= most
    assert found == said or (found.endswith("…") and said.startswith(found[:-1]))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_step_is_missed_by_the_quick_look_for_any(language: str) -> None:
    for scale in (loader.stages(language), loader.intensity(language)):
        for task in plancmp.load("2021").tasks + plancmp.load("14fyp").tasks:
            small = text.lowered(task.text)
            found = [name for _, name, pattern in scale.steps for _ in pattern.finditer(small)]
            assert [name for _, name, _ in scale.find(task.text)] == found


def test_records_come_back_from_json_as_they_were() -> None:
    plan = plancmp.load("2021")
    made = records.build(plan.tasks)
    again = records.from_data(json.loads(json.dumps(records.to_data(made))), plan.tasks)
    assert again.texts == made.texts
    assert again.words == made.words
    assert again.kinds == made.kinds
    for name in ("task_terms", "terms", "name_terms", "heads"):
        one, other = getattr(made, name), getattr(again, name)
        assert one.values.tolist() == other.values.tolist()
        assert one.starts.tolist() == other.starts.tolist()
    known = [made.words[code] for code in made.task_terms.values[: made.task_terms.starts[1]]]
    assert known == tokens.terms_of(plan.tasks[0].full_text)
    with pytest.raises(ValueError, match="not the records"):
        records.from_data(records.to_data(made), plan.tasks[1:])
