"""The alert: findings in prose with their citations, what they rest on, and nothing internal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from briefing_cases import (
    DATE,
    SECRETS,
    text_of_docx,
    text_of_html,
)

import plancmp
from plancmp.analysis import selection, telling
from plancmp.errors import UsageError
from plancmp.model import Fate, Status
from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    blocks,
    briefing,
    docx_writer,
    facts,
    findings,
    html_page,
    markdown_page,
)


def prose_of(shown: blocks.Briefing) -> str:
    return "\n".join(b.text for b in shown.blocks if isinstance(b, blocks.Paragraph) and b.kind == "lead")


def test_an_alert_is_plain_and_says_nothing_internal(comparison: PlanDiff, secrets: PlanDiff, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    for result, wanted in ((comparison, selection.Filter()), (secrets, SECRETS)):
        alert = briefing.compose(result, length="alert", wanted=wanted, date=DATE, command="plancmp brief")
        docx_writer.write(alert, tmp_path / "alert.docx")
        document = docx.Document(str(tmp_path / "alert.docx"))
        assert not document.element.xpath("//w:ins | //w:del")
        assert not list(document.comments)
        for text in (
            text_of_docx(tmp_path / "alert.docx"),
            text_of_html(html_page.html(alert).partition("<body")[2].partition("<script")[0]),
        ):
            for plan in (comparison.old, comparison.new):
                assert plan.source.sha256 not in text
                assert plan.source.file not in text
            assert not re.search(r"\b[01]\.\d", text)
            assert not [
                word
                for word in (*comparison.config, comparison.encoder, "plancmp", "decide again", "confidence")
                if re.search(rf"\b{word}\b(?! from)", text) and word not in ("sure", "near", "threshold")
            ]
        assert "abolished" not in text
        assert len(alert.table("changes").rows) <= 12


def test_an_alert_names_what_is_gone_and_new(comparison: PlanDiff, secrets: PlanDiff) -> None:
    whole = markdown_page.markdown(briefing.compose(comparison, length="alert", date=DATE))
    lists = {key: whole.partition(f'<a id="list-{key}">')[2].partition("<a id=")[0] for key in ("dropped", "new")}
    for fate in comparison.commitments:
        if fate.status in (Status.DROPPED, Status.NEW):
            words = blocks.clean(fate.text.rpartition("… ")[2])[:60]
            in_list = f"{comparison.name(fate)} " in lists[str(fate.status)] and words in lists[str(fate.status)]
            assert in_list == (telling.is_safe(fate) and fate.named), fate.ref
    for key, status in (("dropped", Status.DROPPED), ("new", Status.NEW)):
        found = [fate for fate in comparison.commitments if fate.status is status]
        rest = sum(not (telling.is_safe(fate) and fate.named) for fate in found)
        assert 0 < rest < len(found)
        assert f"The other {rest} are not named here" in lists[key]
    assert "None of these need have been given up" in lists["dropped"]
    alert = briefing.compose(secrets, length="alert", wanted=SECRETS, date=DATE)
    assert alert.title.startswith(
        "Trade secrets in 2024: no counterpart found for the provisions on the protection of trade secrets"
    )
    shown = {
        row[1 if row[1] != "–" and not row[1].startswith("closest:") else 2].split()[0]
        for row in alert.table("changes").rows
    }
    assert shown == {
        f"{secrets.task(f.task).number}({f.letter})"
        for f in (*secrets.old_commitments, *secrets.new_commitments)
        if f.task.startswith("2021") or not f.counterparts
    }
    counted = secrets.selection
    assert counted
    assert f"{counted['old'][0]} of the {counted['old'][1]} commitments of the 2021-2022 plan" in prose_of(alert)
    assert (
        "promised to promote the revision of the provisions on the protection of trade secrets (task 1(d)); no counterpart was found"
        in prose_of(alert)
    )


def sentence_on(result: PlanDiff, fate: Fate) -> str:
    said = findings.Findings(facts.Facts(result, blocks.words_of("en")))
    return next(said.sentence(change) for change in findings.telling_of(result) if change.fates == (fate,))


def test_a_headline_names_no_doubtful_drop(comparison: PlanDiff) -> None:
    for topic in ("customs", "patent navigation", "software", "trade secrets", "enforcement"):
        wanted = selection.Filter(topic=topic)
        result = selection.select(comparison, wanted)
        title = briefing.compose(result, length="alert", wanted=wanted, date=DATE).title
        dropped = [fate for fate in result.old_commitments if fate.status is Status.DROPPED]
        safe = [fate for fate in dropped if not fate.doubtful]
        assert dropped
        if safe:
            assert title.count(f" and {len(safe) - 1} more") == (len(safe) > 1)
            assert "no counterpart found for" in title
        else:
            assert f"no sure counterpart found for {len(dropped)} of {len(result.old_commitments)} commitments" in title


def test_a_doubtful_drop_of_a_selection_stands_beside_the_closest_text(comparison: PlanDiff, secrets: PlanDiff) -> None:
    """In the table of a short alert and in the lists of a long one."""
    enforcement = selection.Filter(topic="enforcement")
    many = selection.select(comparison, enforcement)
    for result, wanted in ((secrets, SECRETS), (many, enforcement)):
        shown = briefing.compose(result, length="alert", wanted=wanted, date=DATE)
        text = markdown_page.markdown(shown).replace("\\", "")
        dropped = [fate for fate in result.old_commitments if fate.status is Status.DROPPED]
        assert dropped
        for fate in dropped:
            near = re.search(rf"{re.escape(result.name(fate))} [^\n]*?(closest|may live on)[^\n]*", text)
            if not telling.is_safe(fate):
                assert fate.nearest
                assert near, fate.ref
                assert result.name(result.fate(fate.nearest[0])) in near.group()
            assert fate.doubtful == ("no sure counterpart was found" in sentence_on(result, fate)), fate.ref
    assert any(isinstance(block, blocks.Heading) and block.anchor == "list-dropped" for block in shown.blocks)


def test_plans_of_different_kinds_name_nothing_as_new_or_dropped() -> None:
    result = plancmp.diff(plancmp.load("14fyp"), plancmp.load("2024"))
    assert not {"new", "dropped"} & {change.state for change in telling.most_telling(result)}
    whole = markdown_page.markdown(briefing.compose(result, length="alert", date=DATE))
    assert "New in " not in whole
    assert whole.count("none of these is named here") == 2
    customs = selection.Filter(topic="customs")
    chosen = selection.select(result, customs)
    some = briefing.compose(chosen, length="alert", wanted=customs, date=DATE)
    assert any(fate.status is Status.NEW for fate in chosen.new_commitments)
    assert "New in " not in markdown_page.markdown(some)
    assert "no counterpart was found in the 14fyp plan" in prose_of(some)


def test_what_is_doubtful_is_not_said_to_be_stronger(comparison: PlanDiff, secrets: PlanDiff) -> None:
    alert = briefing.compose(secrets, length="alert", wanted=SECRETS, date=DATE)
    states = {row[0] for row in alert.table("changes").rows}
    assert "Doubtful" in states
    sure = sum(fate.state == "escalated" and not fate.doubtful for fate in secrets.old_commitments)
    assert f"{sure} in stronger terms" in prose_of(alert)
    for change in telling.most_telling(comparison):
        if change.counterpart and not change.counterpart.doubtful:
            likely = change.counterpart.confidence < facts.CLEAR
            said = findings.Findings(facts.Facts(comparison, blocks.words_of("en"))).sentence(change)
            assert likely == ("likely the same" in said)


def test_every_finding_has_its_pinpoint(comparison: PlanDiff, secrets: PlanDiff) -> None:
    for result in (comparison, secrets):
        said = findings.Findings(facts.Facts(result, blocks.words_of("en")))
        for change in (*telling.most_telling(result), *findings.telling_of(result)):
            sentence = said.sentence(change)
            assert sentence[0] == sentence[0].upper()
            for fate in change.fates:
                assert f"{result.task(fate.task).number}({fate.letter})" in sentence
            if change.counterpart:
                partner = result.fate(change.counterpart.ref)
                assert f"{result.task(partner.task).number}({partner.letter})" in sentence
                assert change.counterpart.doubtful == ("doubtful" in sentence)


def test_caveats_say_what_they_touch(comparison: PlanDiff, secrets: PlanDiff) -> None:
    of_secrets, of_all = (" ".join(facts.Facts(r, blocks.words_of("en")).caveats()) for r in (secrets, comparison))
    assert "was looked for in the part that can be read" in of_secrets
    open_count = comparison.summary["new_commitments"]["undetermined"]
    assert f"of {open_count} commitments of the 2024 plan it cannot be told whether they are new" in of_all
    for text in (of_secrets, of_all):
        assert "unofficial translations" in text
        assert "It does not mean that the work was given up" in text
    changed = [f for f in secrets.old_commitments if f.state in ("escalated", "softened") and not f.doubtful]
    by_word = [fate for fate in changed if fate.counterparts[0].signals[0].kind == "intensity"]
    names = ", ".join(f"{secrets.task(fate.task).number}({fate.letter})" for fate in by_word)
    assert len(by_word) == 1
    assert f"Of the changes of strength that are not doubtful, 1 rests on one word ({names})" in of_secrets
    same = plancmp.diff(comparison.new, comparison.new)
    assert facts.Facts(same, blocks.words_of("en")).caveats()[0].startswith("Both texts")


def test_placeholders_can_be_left_out(secrets: PlanDiff) -> None:
    for placeholders in (True, False):
        alert = briefing.compose(secrets, length="alert", date=DATE, placeholders=placeholders)
        assert ("firm's own words" in markdown_page.markdown(alert).replace("\\", "")) == placeholders


def test_a_pinned_commitment_makes_the_headline(comparison: PlanDiff, secrets: PlanDiff) -> None:
    pinned = briefing.compose(comparison, length="alert", pin="2021-2022:1d", date=DATE)
    assert (
        pinned.title
        == "From 2021-2022 to 2024: no counterpart found for the provisions on the protection of trade secrets"
    )
    doubtful = [fate for fate in comparison.old_commitments if fate.status is Status.DROPPED and fate.doubtful]
    for fate in doubtful:
        title = briefing.compose(comparison, length="alert", pin=fate.ref, date=DATE).title
        assert "no sure counterpart found for" in title
    assert pinned.blocks == briefing.compose(comparison, length="alert", date=DATE).blocks
    for fate in secrets.commitments:
        title = briefing.compose(secrets, length="alert", wanted=SECRETS, pin=fate.ref, date=DATE).title
        assert title.startswith("Trade secrets in 2024: ")
    with pytest.raises(UsageError, match="2021-2022:1a makes no headline"):
        briefing.compose(secrets, length="alert", wanted=SECRETS, pin="2021-2022:1a", date=DATE)


def test_a_headline_of_ones_own_goes_first(secrets: PlanDiff) -> None:
    assert briefing.compose(secrets, length="alert", date=DATE, headline="Ours").title == "Ours"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Promote the revision of the law A", "promote the revision of the law A"),
        ("We will severely punish crimes", "severely punish crimes"),
        ("Study and revise the law A", "study and revise the law A"),
        ("Promote the revision of … the law B", "promote the revision of the law B"),
        ("Research will be conducted on the law A", None),
        ("Study of the law A", None),
        ("The standards are applied", None),
        ("推动专利法修改", None),
    ],
)
def test_a_promise_stands_behind_promised_to(text: str, said: str | None) -> None:
    assert findings.promise(text) == said


@pytest.mark.parametrize(
    ("subject", "plural"),
    [
        ("regulations on the protection of varieties", True),
        ("revision of the regulations", False),
        ("measures", True),
        ("analysis of risks", False),
        ("work progress", False),
        ("policies", True),
    ],
)
def test_the_head_of_a_subject_decides_its_number(subject: str, plural: bool) -> None:
    assert findings.is_plural(subject) is plural


def test_what_is_quoted_as_added_is_cited_where_it_stands(comparison: PlanDiff) -> None:
    """The Kunlun action returns in 31(a); the task that it is renewed with stands in 31(c)."""
    alert = briefing.compose(comparison, length="alert", date=DATE)
    assert "2024, 31(a), 31(c)" in prose_of(alert)
    remarks = [row[-1] for row in alert.table("changes").rows if "renewed" in row[-1]]
    assert remarks
    assert all(remark.count("(31(c))") == 1 for remark in remarks)


def test_the_headline_and_the_counts_say_how_much_is_doubtful(comparison: PlanDiff) -> None:
    alert = briefing.compose(comparison, length="alert", date=DATE)
    for status, fates in (("dropped", comparison.old_commitments), ("new", comparison.new_commitments)):
        doubtful = sum(fate.doubtful for fate in fates if fate.status == status)
        assert f"({doubtful} doubtful)" in prose_of(alert)
    assert "doubtful)" in alert.title
