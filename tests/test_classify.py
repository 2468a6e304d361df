"""The lexicons and the rules of status, by tables of words and what they must mean, negatives included."""

from __future__ import annotations

import pytest

from plancmp.commitments import objects, splitter, strength
from plancmp.lexicon import loader
from plancmp.model import Commitment, Plan, Source, Status
from plancmp.outcomes import signals
from plancmp.outcomes.signals import Pairing


def commitment(words: str) -> Commitment:
    return splitter.split(words, "zh" if not words.isascii() and "。" not in words and words[0] > "一" else "en")[0]


@pytest.mark.parametrize(
    ("words", "rung"),
    [
        ("Study and establish a sound legal system", 1),
        ("Study and formulate a reform plan", 1),
        ("Study and draft regulations", 1),
        ("Do a good job in the study and demonstration of the further revision of the Trademark Law", 1),
        ("Formulate the plan for judicial protection", 3),
        ("Promote the revision of the Trademark Law", 4),
        ("Promote the formulation of the Regulations", 4),
        ("Promote the legislative process of the regulations", 4),
        ("Accelerate the revision of the Regulations", 4),
        ("Amend the Interim Measures", 5),
        ("Formulate and issue guidance", 6),
        ("Publish judicial interpretations", 6),
        ("Formulate and implement the guiding opinions", 7),
        ("Promote the implementation of the Reform Plan", 7),
        ("Complete the revision of the Regulations", 8),
        ("Formulate the interpretation on several issues of the law", 3),
        ("Strengthen the protection of new varieties", None),
        ("推进商标法修订", 4),
        ("研究制定数据知识产权规则", 1),
        ("印发指导意见", 6),
        ("完成条例修订", 8),
    ],
)
def test_the_policy_ladder(words: str, rung: int | None) -> None:
    assert commitment(words).stage == rung


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("Promote the reform", 0),
        ("Continue to promote the reform", 0),
        ("Further promote patent navigation", 1),
        ("Deeply promote the reform", 2),
        ("Promote the construction of strong provinces with high standards", 2),
        ("Vigorously cultivate mediation organizations", 2),
        ("Accelerate the layout of centers", 3),
        ("Severely crack down on infringement", 3),
        ("Explore the establishment of a mechanism", -1),
        ("Promote adjudication in an orderly manner", -1),
        ("深入推进试点", 2),
        ("加快建设中心", 3),
        ("持续推进软件正版化", 0),
    ],
)
def test_the_scale_of_words(words: str, step: int) -> None:
    assert commitment(words).intensity == step


@pytest.mark.parametrize("name", ["stages", "intensity", "campaigns", "kinds", "translations", "actions", "promises"])
def test_every_entry_of_a_lexicon_says_where_it_is_from(name: str) -> None:
    table = loader.table(name)
    for key, entries in table.items():
        for entry in entries if isinstance(entries, list) else []:
            assert entry.get("source") or entry.get("example"), (name, key, entry)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Promote the revision of the Trademark Law of the People’s Republic of China", "law"),
        (
            "Formulate the provisions of the Supreme People's Court on several issues concerning the application of law in the trial of cases",
            "interpretation",
        ),
        ("Formulate and issue the “Guiding Opinions on the Copyright Industry”", "document"),
        ("Accelerate the construction of a national information platform", "platform"),
        ("Carry out the “Kunlun” special action", "campaign"),
        ("Vigorously cultivate mediation organizations", "institution"),
        ("Strengthen credit supervision", None),
        ("Handle disputes over seed labels in accordance with the relevant laws and regulations", None),
        ("推进商标法修订", "law"),
        ("建设知识产权数据库", "platform"),
    ],
)
def test_what_kind_of_thing_is_acted_upon(words: str, kind: str | None) -> None:
    assert objects.parse(words).kind == kind


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("continuous efforts will be made to make provinces strong", "provinces strong"),
        ("Think tanks will be strengthened", "Think tanks"),
        ("guide universities and scientific research institutions to establish a filing system", "filing system"),
        ("Support central enterprises to build operation centers", "central enterprises to build operation centers"),
        ("Carry out the special action to protect seed labels", "action to protect seed labels"),
        (
            "Revise the measures for the protection of rights in exhibitions",
            "measures for the protection of rights in exhibitions",
        ),
        ("Handle disputes over seed labels according to law", "disputes over seed labels"),
    ],
)
def test_the_object_stands_behind_light_subjects_and_those_who_are_guided(words: str, expected: str) -> None:
    assert objects.parse(words).text == expected


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("carry out the special action “昆仑 2024”", {"kunlun"}),
        ('carry out the "Kunlun" special action', {"kunlun"}),
        ("the special action of sword net", {"jianwang"}),
        ("“剑网2024” special action", {"jianwang"}),
        ('the "net action" to protect exports', {"jingwang"}),
        ("the safety net for farmers", set()),
        ("a blue sky over the city", set()),
        ("the “Sword-Net 2025” special action", {"jianwang"}),
        ('the "Net Sword" operation', {"jianwang"}),
        ('the "Clear and Bright" campaign', {"qinglang"}),
        ("an autumn breeze blew", set()),
        ("escort ships through the strait", set()),
    ],
)
def test_campaigns_across_scripts_and_their_false_friends(words: str, found: set[str]) -> None:
    assert strength.campaigns_in(words) == found


PLAN = Plan("p", "", "", "", (2021, 2022), "en", "", Source("", None, ""), None, (), ())
NEXT = Plan("n", "", "", "", (2024, 2024), "en", "", Source("", None, ""), None, (), ())


def judged(
    old: str, new: str, added: tuple[str, ...] = (), gone: tuple[str, ...] = (), kept: int = 1
) -> tuple[Status, bool]:
    a, b = commitment(old), commitment(new)
    extra, lost = [commitment(words) for words in added], [commitment(words) for words in gone]

    def words(*found: Commitment) -> frozenset[str]:
        return frozenset(c.intensity_words.casefold() for c in found)

    def campaigns(*found: Commitment) -> frozenset[str]:
        return frozenset(key for c in found for key in c.campaigns)

    pairing = Pairing(
        a, b, 0.9, (objects.parse(a.text).kind, objects.parse(b.text).kind), extra, lost, kept,
        words(a, *lost), words(b, *extra), campaigns(a, *lost), campaigns(b, *extra),
    )  # fmt: skip
    found = signals.judge(pairing, PLAN, NEXT)
    return found.status, found.softened


ESCALATED, CONTINUED, SOFTENED = (Status.ESCALATED, False), (Status.CONTINUED, False), (Status.CONTINUED, True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "Study and formulate a reform plan for taxes",
            "Promote the implementation of the “Reform Plan for Taxes”",
            ESCALATED,
        ),
        ("Promote the revision of the Seed Law", "Accelerate the revision of the Seed Law", ESCALATED),
        (
            "Promote the legislative process of the Seed Regulations",
            "Promote the formulation of the Seed Regulations",
            CONTINUED,
        ),
        ("Promote the legislative process of the Seed Regulations", "Study and draft the Seed Regulations", SOFTENED),
        (
            "Accelerate the layout of centers and build about 20 centers",
            "Promote the network layout of centers",
            SOFTENED,
        ),
        ("Continue to promote the reform of trials", "Promote the reform of trials", CONTINUED),
        ("Promote patent navigation", "Further promote patent navigation", CONTINUED),
        ("Build 20 centers", "Build 50 centers", ESCALATED),
        ("Build 50 centers", "Build 20 centers", SOFTENED),
        (
            "Deepen the construction of strong provinces",
            "Promote the construction of strong provinces with high standards",
            CONTINUED,
        ),
        ("Crack down on all crimes", "Carry out the “昆仑 2024” special action against all crimes", ESCALATED),
    ],
)
def test_signals_and_their_balance(old: str, new: str, expected: tuple[Status, bool]) -> None:
    assert judged(old, new) == expected


def test_softening_mirrors_escalating() -> None:
    pairs = [
        ("Study and formulate the plan", "Issue the plan"),
        ("Promote the reform", "Deeply promote the reform"),
        ("Build 20 centers", "Build 30 centers"),
    ]
    for weak, strong in pairs:
        assert judged(weak, strong) == ESCALATED
        assert judged(strong, weak) == SOFTENED


def test_stage_goes_before_intensity_and_scope() -> None:
    assert judged("Severely revise the Seed Law", "Publish the Seed Law") == ESCALATED
    assert (
        judged("Publish the guide", "Study and formulate the guide", added=("promote a reading room for the guide",))
        == SOFTENED
    )


def test_a_campaign_renewed_with_added_tasks_is_escalated_and_renewed_alone_is_continued() -> None:
    old, new = 'Carry out the "Kunlun" special action', "Carry out the “昆仑 2024” special action"
    assert judged(old, new) == CONTINUED
    assert judged(old, new, added=("supervise the handling of major cases",)) == ESCALATED


def test_brevity_is_not_weakness_but_most_parts_gone_is_no_escalation() -> None:
    gone = ("carry out yearly checks", "hold trainings", "explore incentives", "improve awareness")
    assert (
        judged("Promote the use of licensed programs", "Promote the use of licensed programs", gone=gone[:2])
        == CONTINUED
    )
    assert judged("Promote the use of licensed programs", "Deepen the use of licensed programs", gone=gone) == SOFTENED


def test_a_plans_own_years_are_neither_quantities_nor_deadlines() -> None:
    assert judged("Hold the fair in 2021", "Hold the fair in 2024") == CONTINUED
    assert judged("Hold the fair", "Hold the fair by the end of 2030") == ESCALATED
