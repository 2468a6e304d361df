"""The Chinese edition: no English words of its own, and which language a text is in."""

from __future__ import annotations

import re

import pytest
from briefing_cases import (
    DATE,
    SECRETS,
)

import plancmp
from plancmp.analysis import selection
from plancmp.errors import UsageError
from plancmp.lexicon import loader
from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    blocks,
    briefing,
    html_page,
    markdown_page,
)


def test_both_languages_have_the_same_words() -> None:
    table = loader.table("wording")
    assert table["en"].keys() == table["zh"].keys()
    for key, english in table["en"].items():
        if isinstance(english, str):
            assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", table["zh"][key])), key


def test_chinese_leaves_no_english_fixed_words(comparison: PlanDiff) -> None:
    shown = briefing.compose(comparison, lang="zh", date=DATE)
    caveat = next(block.text for block in shown.blocks if isinstance(block, blocks.Paragraph))
    assert caveat.startswith("2021-2022 的文本止于")
    assert "2021年12月27日" in str(shown.table("plans").rows)
    assert "知识产权强国建设纲要" in str(shown.table("plans").rows)
    assert 'lang="zh-CN"' in html_page.html(shown)
    own = [b.text for b in shown.blocks if isinstance(b, blocks.Paragraph | blocks.Heading)]
    own += [text for b in shown.blocks if isinstance(b, blocks.Points) for _, text, _ in b.points]
    own += [change.label + change.bodies + "".join((*change.notes, *change.remarks)) for change in shown.changes]
    own += [text for line in shown.lines for text in (line.label, line.sureness, *line.notes)]
    headings = {blocks.section_path(task.section) for plan in (comparison.old, comparison.new) for task in plan.tasks}
    unquoted = [re.sub(r"“[^”]*”", "", text) for text in own if text not in headings]
    english = [text for text in unquoted if re.search(r"(?:\b[a-z]{2,}\b[ ,]+){3}", text)]
    assert not english


@pytest.mark.parametrize(
    ("old", "new"), [("2021", "2024"), ("2023", "2024"), ("2008", "14fyp"), ("14fyp", "2024"), ("2024", "2021")]
)
def test_every_note_of_a_signal_has_chinese_words(old: str, new: str) -> None:
    result = plancmp.diff(plancmp.load(old), plancmp.load(new))
    words = blocks.words_of("zh")
    notes = {signal.note for link in result.links for signal in link.signals}
    assert notes
    for note in (*notes, *result.notes):
        chinese = words.phrase(note)
        assert re.search(r"[\u4e00-\u9fff]", chinese), note
        assert not re.search(
            r"\b(?:was|is|to be|became|added|gone|newly|longer|commitments|more)\b(?![^“]*”)",
            chinese.partition("：")[0],
        ), chinese


def test_made_up_notes_have_chinese_words() -> None:
    words = blocks.words_of("zh")
    table = loader.table("stages")
    done = [entry["done"] for entry in table["stage"]] + list(table["after_study"].values())
    notes = [
        f"was to be {before}, is now to be {after}" for before in (*done, "acted on") for after in (*done, "acted on")
    ]
    notes += ["the number is gone", "a number is set", "the date is gone", "a date is set", "20 became 30"]
    notes += ["5 of 6 commitments not taken up", "“further” became “fully”", "“fully” is added", "“fully” is gone"]
    for note in notes:
        chinese = words.phrase(note)
        assert not re.search(r"[a-z]{3}", re.sub(r"“[^”]*”", "", chinese)), chinese
    assert set(words.table["stages"]) == {*done, "acted on"}


def test_a_sentence_begins_with_a_capital_letter_in_english_only() -> None:
    assert blocks.words_of("en").sentence("the 2024 plan") == "The 2024 plan"
    assert blocks.words_of("zh").sentence("zh-2024 计划") == "zh-2024 计划"


def test_an_unknown_language_is_refused(comparison: PlanDiff) -> None:
    with pytest.raises(UsageError, match="language"):
        briefing.compose(comparison, lang="xx")


def test_a_chinese_alert_is_chinese(comparison: PlanDiff, secrets: PlanDiff) -> None:
    for result, wanted in ((comparison, selection.Filter()), (secrets, SECRETS)):
        alert = briefing.compose(result, length="alert", wanted=wanted, lang="zh", date=DATE)
        said = [alert.title, *(b.text for b in alert.blocks if isinstance(b, blocks.Paragraph | blocks.Heading))]
        said += [row[-1] for row in alert.table("changes").rows]
        said += [text for _, text, _ in alert.blocks[-1].points]
        english = [text for text in said if re.search(r"[a-z]{3}", re.sub(r"“[^”]*”|trade secrets", "", text))]
        assert not english


@pytest.mark.parametrize("length", ["alert", "full"])
def test_chinese_punctuation_is_chinese(comparison: PlanDiff, length: str) -> None:
    """Outside of quotations from the plans, and with a quotation inside another in single marks."""
    text = markdown_page.markdown(briefing.compose(comparison, length=length, lang="zh", date=DATE))
    assert not re.search(r"[“”]{2}", text)
    assert "“昆仑”专项行动在" in text
    own = re.sub(r"“[^”]*”|[(][a-z]{1,2}[)]", "", text)
    assert not re.findall(r"[\u4e00-\u9fff][*]*[,;:?!]|[,;:?!] ?[\u4e00-\u9fff]", own)


def test_what_is_in_another_language_says_so() -> None:
    text = "the action “昆仑2024” <b> & more"
    assert html_page.foreign(text, "en") == ('the action “<span lang="zh-CN">昆仑</span>2024” &lt;b&gt; &amp; more')
    said = html_page.foreign("新增：“promote the revision of the law”。", "zh-CN")
    assert said == '新增：“<span lang="en">promote the revision of the law</span>”。'
    assert html_page.foreign("plain words only", "en") == "plain words only"
