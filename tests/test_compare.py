"""Invariants of a comparison first, then how good it is, then its robustness to harmless changes of the texts."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
from made_up import paraphrase

import plancmp
from plancmp import pipeline, settings
from plancmp.analysis import evaluation
from plancmp.model import Plan, Status
from plancmp.outcomes.result import PlanDiff
from plancmp.plans import catalogue, parser

ROOT = Path(__file__).resolve().parent.parent
PAIRS = [("2021", "2024"), ("14fyp", "2024"), ("2023", "2024"), ("2008", "14fyp")]


@cache
def result(old: str, new: str) -> PlanDiff:
    return plancmp.diff(plancmp.load(old), plancmp.load(new))


def links(found: PlanDiff) -> set[tuple[str, str]]:
    return {(link.old, link.new) for link in found.links}


def unlinked(found: PlanDiff, status: str) -> set[str]:
    return {outcome.ref for outcome in found.tasks if outcome.status == status}


@pytest.mark.parametrize("pair", PAIRS)
def test_every_task_of_both_plans_appears_exactly_once_in_document_order(pair: tuple[str, str]) -> None:
    found = result(*pair)
    assert [outcome.ref for outcome in found.tasks] == [
        task.ref for plan in (found.old, found.new) for task in plan.tasks
    ]


@pytest.mark.parametrize("pair", PAIRS)
def test_counts_links_and_outcomes_agree(pair: tuple[str, str]) -> None:
    found = result(*pair)
    for side, plan in (("old_tasks", found.old), ("new_tasks", found.new)):
        assert sum(found.summary[side].values()) == len(plan.tasks)
    linked = {ref for pair_ in links(found) for ref in pair_}
    for outcome in found.tasks:
        assert bool(outcome.links) == (outcome.ref in linked)
        assert (outcome.status in (Status.CONTINUED, Status.ESCALATED)) == bool(outcome.links)
        assert 0 <= outcome.confidence <= 1
    for link in found.links:
        assert settings.SETTINGS.threshold <= link.confidence <= 1
        assert link.doubtful == (link.confidence < settings.SETTINGS.sure)
        assert all(0 <= score <= 1 for score in link.scores.values())


@pytest.mark.parametrize("pair", PAIRS)
def test_every_judgement_carries_its_reason_and_the_words_it_rests_on(pair: tuple[str, str]) -> None:
    found = result(*pair)
    texts = {task.ref: task for plan in (found.old, found.new) for task in plan.tasks}
    for link in found.links:
        if link.status is Status.ESCALATED:
            assert any(s.direction == "up" and s.kind != "bodies" for s in link.signals)
        if link.softened:
            assert link.status is Status.CONTINUED
            assert any(s.direction == "down" for s in link.signals)
        for commitment in link.commitments:
            for ref, span in ((link.old, commitment.old_span), (link.new, commitment.new_span)):
                if span is not None:
                    assert texts[ref].text[slice(*span)].strip()


@pytest.mark.parametrize("plan_id", ["2008", "2021-2022", "14fyp", "2023", "2024"])
def test_a_plan_against_itself_is_all_continued(plan_id: str) -> None:
    found = result(plan_id, plan_id)
    assert {outcome.status for outcome in found.tasks} == {Status.CONTINUED}
    assert {(task.ref, task.ref) for task in found.old.tasks} <= links(found)


@pytest.mark.parametrize("pair", PAIRS)
def test_swapping_the_plans_swaps_new_and_dropped(pair: tuple[str, str]) -> None:
    there, back = result(*pair), result(pair[1], pair[0])
    assert {(b, a) for a, b in links(there)} == links(back)
    assert unlinked(there, "dropped") == unlinked(back, "new")
    assert unlinked(there, "new") == unlinked(back, "dropped")
    assert unlinked(there, "undetermined") == unlinked(back, "undetermined")


def test_the_order_of_tasks_inside_a_section_changes_nothing() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    shuffled: list = []
    for _, held in groupby(new.tasks, key=lambda task: task.section):
        tasks = list(held)
        random.Random(7).shuffle(tasks)
        shuffled += tasks
    there = result("2021", "2024")
    again = pipeline.diff(old, replace(new, tasks=tuple(shuffled)))
    assert {(a.old, a.new, a.status, a.softened) for a in there.links} == {
        (a.old, a.new, a.status, a.softened) for a in again.links
    }
    assert {(o.ref, o.status) for o in there.tasks} == {(o.ref, o.status) for o in again.tasks}


def test_the_same_input_gives_the_same_bytes() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    assert json.dumps(plancmp.diff(old, new).to_dict()) == json.dumps(plancmp.diff(old, new).to_dict())


def test_kunlun_returns_as_kunlun_2024_escalated_and_the_reason_says_why() -> None:
    link = next(link for link in result("2021", "2024").links if link.old == "2021-2022:30")
    assert (link.new, link.status) == ("2024:31", Status.ESCALATED)
    campaign = next(signal for signal in link.signals if signal.kind == "campaign")
    assert campaign.direction == "up"
    assert "Kunlun" in campaign.old_text
    assert "昆仑" in campaign.new_text


def test_net_action_is_not_sword_net() -> None:
    """A false friend: the customs “net action” of 2021 is not the 剑网 action against online piracy."""
    assert ("2021-2022:39", "2024:35") not in links(result("2021", "2024"))
    assert ("2021-2022:37", "2024:35") in links(result("2021", "2024"))


def test_nothing_is_called_new_where_the_old_text_is_missing() -> None:
    found = result("2021", "2024")
    missing = {"3(2)", "3(3)", "4", "5", "6", "7"}
    for task in found.new.tasks:
        numbers = [section.number for section in task.section]
        if numbers[0] in missing or (len(numbers) > 1 and f"{numbers[0]}({numbers[1]})" in missing):
            assert task.ref not in unlinked(found, "new")
    assert unlinked(found, "new")
    assert any("can be called new" in note for note in found.notes)


def test_a_whole_text_turns_undetermined_into_new() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    whole = replace(old, gaps=(), missing=())
    found = pipeline.diff(whole, new)
    assert not unlinked(found, "undetermined")
    assert unlinked(found, "new") == unlinked(result("2021", "2024"), "new") | unlinked(
        result("2021", "2024"), "undetermined"
    )


def test_splits_and_merges_come_out_by_themselves() -> None:
    found = links(result("2021", "2024"))
    assert {("2021-2022:24", "2024:22"), ("2021-2022:24", "2024:23")} <= found
    assert {("2021-2022:32", "2024:32"), ("2021-2022:32", "2024:39")} <= found
    assert {("2021-2022:44", "2024:46"), ("2021-2022:45", "2024:46")} <= found


def test_one_off_deliverables_among_the_dropped_carry_their_note() -> None:
    found = {outcome.ref: outcome for outcome in result("2021", "2024").tasks}
    assert found["2021-2022:11"].note == "one-off"
    assert found["2021-2022:21"].note is None


@pytest.mark.parametrize(
    ("gold", "link_f1", "status", "unlinked_share"),
    [("dev-2021-2024", 0.93, 0.90, 0.88), ("train-2021-2024", 0.93, 0.90, None), ("own-14fyp-2024", 0.73, 0.80, None)],
)
def test_quality_on_labelled_links(gold: str, link_f1: float, status: float, unlinked_share: float | None) -> None:
    score = evaluation.evaluate(evaluation.read_gold(ROOT / f"tests/gold/{gold}.json"))
    assert score["links"]["f1"] >= link_f1
    assert score["status"]["accuracy"] >= status
    if unlinked_share is not None:
        assert score["unlinked"]["accuracy"] >= unlinked_share


def kept(changed: PlanDiff) -> float:
    before = links(result("2021", "2024"))
    return len(before & links(changed)) / len(before)


@pytest.mark.parametrize("change", [paraphrase.verbs, paraphrase.printing])
@pytest.mark.parametrize("side", ["old", "new"])
def test_a_mild_paraphrase_keeps_the_links(change, side: str) -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    if side == "old":
        assert kept(pipeline.diff(paraphrase.of_plan(old, change), new)) >= 0.95
    else:
        assert kept(pipeline.diff(old, paraphrase.of_plan(new, change))) >= 0.95


def test_other_translations_of_bodies_keep_the_links_and_change_no_body() -> None:
    source = (ROOT / "data/2024/source.txt").read_text("utf-8")
    other = parser.parse(paraphrase.rebodied(source), "2024", declared_tasks=110, series="promotion")
    new = plancmp.load("2024")
    assert [[b.id for b in t.bodies] for t in other.tasks] == [[b.id for b in t.bodies] for t in new.tasks]
    assert kept(pipeline.diff(plancmp.load("2021"), other)) >= 0.95


def test_shuffled_tasks_keep_all_links() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    tasks = list(new.tasks)
    random.Random(3).shuffle(tasks)
    assert kept(pipeline.diff(old, replace(new, tasks=tuple(tasks)))) == 1


def padded(plan: Plan) -> Plan:
    lines = (ROOT / "tests/other_fields.txt").read_text("utf-8").splitlines()
    text = "1. Other\n\n(1) Other\n\n" + "\n\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1))
    extra = [
        replace(
            task,
            ref=f"other:{task.number}",
            number=f"other{task.number}",
            section=plan.sections[i % len(plan.sections)],
        )
        for i, task in enumerate(parser.parse(text, "other").tasks)
    ]
    assert len(extra) == 200
    return replace(plan, tasks=(*plan.tasks, *extra), source=replace(plan.source, file="padded", sha256="1" * 64))


def test_tasks_from_other_fields_in_the_same_stock_phrases_are_not_taken_for_counterparts() -> None:
    found = pipeline.diff(plancmp.load("2021"), padded(plancmp.load("2024")))
    assert kept(found) >= 0.95
    strays = [link for link in found.links if link.new.startswith("other:")]
    assert all(link.confidence <= 0.8 for link in strays)
    assert len(strays) <= 6


def test_plain_texts_are_aligned_without_any_plan() -> None:
    found = plancmp.align(
        [
            "Promote the revision of the regulations on national defense patents.",
            "Severely crack down on infringement in the seed industry.",
        ],
        [
            "Continue to strengthen protection in the seed industry and severely crack down on infringement.",
            "Accelerate the revision of the National Defense Patent Regulations.",
        ],
    )
    assert {(i, j) for i, j, _ in found} <= {(0, 1), (1, 0)}
    assert all(0 <= confidence <= 1 for _, _, confidence in found)
    assert plancmp.align([], ["a"]) == []


def test_a_file_is_compared_on_the_spot(tmp_path: Path) -> None:
    path = tmp_path / "next.txt"
    path.write_text((ROOT / "data/2024/source.txt").read_text("utf-8"), "utf-8")
    found = pipeline.diff(plancmp.load("2021"), catalogue.load(str(path)))
    assert len(found.links) == len(result("2021", "2024").links)
