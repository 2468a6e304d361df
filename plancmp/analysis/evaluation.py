"""Scoring the alignment against hand-made labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import decision_files, files, pipeline
from ..errors import DocumentError
from ..model import Decisions, Status
from ..outcomes.decisions import applicable
from ..outcomes.result import PlanDiff
from ..plans import catalogue
from ..text import printable


def read_gold(path: Path) -> dict[str, Any]:
    """A labelled file in the form of tests/gold/dev-2021-2024.json, or a reviewer's decisions (.toml).

    Raises DocumentError for any other file.
    """
    if path.suffix.casefold() == ".toml":
        return _gold_from_decisions(decision_files.read(path))
    hint = "a gold file names old_plan, new_plan, old_tasks, links and either; see tests/gold"
    try:
        gold = json.loads(files.read_bytes(path).decode("utf-8-sig"))
    except OSError as error:
        raise DocumentError(f"{printable(str(path))}: {error.strerror}", hint) from None
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise DocumentError(
            f"{printable(str(path))}{f', line {line}' if line else ''}: not a gold file: {error}", hint
        ) from None
    if (problem := _problem_of(gold)) is not None:
        raise DocumentError(f"{printable(str(path))}: not a gold file: {printable(problem)}", hint)
    return gold


def _problem_of(gold: Any) -> str | None:
    """What is wrong with the form of a labelled file, in words, or None."""

    def is_number(value: Any) -> bool:
        return isinstance(value, str | int) and not isinstance(value, bool)

    def is_pair(value: Any) -> bool:
        return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))

    if missing := [key for key in ("old_plan", "new_plan", "links") if not isinstance(gold, dict) or key not in gold]:
        return f"it lacks {', '.join(missing)}"
    for key in ("old_plan", "new_plan"):
        if not is_number(gold[key]):
            return f"{key} must name a plan"
    for key in ("old_tasks", *map(str, (Status.DROPPED, Status.NEW, Status.UNDETERMINED))):
        if not isinstance(gold.get(key, []), list) or not all(map(is_number, gold.get(key, []))):
            return f"{key} must be a list of task numbers"
    for key in ("either", "rejected"):
        if not isinstance(gold.get(key, []), list) or not all(map(is_pair, gold.get(key, []))):
            return f'{key} must be a list of pairs of task numbers, such as [["30", "31"]]'
    for link in gold["links"] if isinstance(gold["links"], list) else [None]:
        accept = link.get("accept", []) if isinstance(link, dict) else None
        if not isinstance(link, dict) or not is_pair([link.get("old"), link.get("new")]):
            return 'links must be a list such as [{"old": "30", "new": "31", "accept": ["continued"]}]'
        if not isinstance(accept, list) or not all(isinstance(status, str) for status in accept):
            return 'accept must be a list of statuses, such as ["continued", "escalated"]'
    return None


def _gold_from_decisions(decided: Decisions) -> dict[str, Any]:
    """The decisions that apply to the plans' texts, as labels. `rejected` limits them: no other pair is judged."""
    old, new = catalogue.load(decided.old_plan), catalogue.load(decided.new_plan)
    decisions = applicable(decided, old, new)[0].values()
    return {
        "old_plan": decided.old_plan,
        "new_plan": decided.new_plan,
        "old_tasks": sorted({decision.old for decision in decisions}),
        "links": [{"old": d.old, "new": d.new, "accept": [str(d.status)]} for d in decisions if d.status is not None],
        "rejected": [list(decision.pair) for decision in decisions if decision.status is None],
        "either": [],
    }


def evaluate(gold: dict[str, Any], result: PlanDiff | None = None) -> dict[str, Any]:
    """`plancmp.evaluation/1`: links, their statuses, and the tasks without one, against the labels.

    Only the old tasks listed in old_tasks are judged (all, where there is no list); `either` pairs count neither way;
    a status is right when the labels accept it, and is judged for links that were found. Labels with `rejected` pairs
    judge these and their links, nothing else. The model is scored by itself, without anybody's decisions.
    """
    if result is None:
        old, new = catalogue.load(str(gold["old_plan"])), catalogue.load(str(gold["new_plan"]))
        result = pipeline.judge(old, new, pipeline.score_pair(old, new))
    old_numbers, new_numbers = ({task.ref: task.number for task in plan.tasks} for plan in (result.old, result.new))
    judged_rows = {str(number) for number in gold.get("old_tasks", old_numbers.values())}
    either = {(str(a), str(b)) for a, b in gold.get("either", [])}
    wanted = {(str(link["old"]), str(link["new"])): link for link in gold["links"]}
    found = {(old_numbers[link.old], new_numbers[link.new]): link for link in result.links}
    judged = {pair for pair in found if pair[0] in judged_rows and pair not in either}
    if "rejected" in gold:
        judged &= wanted.keys() | {(str(a), str(b)) for a, b in gold["rejected"]}
    right = judged & wanted.keys()
    precision = len(right) / len(judged) if judged else 0.0
    recall = len(right) / len(wanted) if wanted else 0.0
    wrong_status = [
        {"link": list(pair), "status": str(found[pair].status), "accept": wanted[pair]["accept"]}
        for pair in sorted(right)
        if wanted[pair].get("accept") and str(found[pair].status) not in wanted[pair]["accept"]
    ]
    judged_status = [pair for pair in right if wanted[pair].get("accept")]
    outcomes = {outcome.ref: outcome for outcome in result.tasks}
    unlinked, wrong_unlinked = 0, []
    for status, plan in ((Status.DROPPED, result.old), (Status.NEW, result.new), (Status.UNDETERMINED, result.new)):
        by_number = {task.number: task.ref for task in plan.tasks}
        for number in map(str, gold.get(str(status), [])):
            if number not in by_number:
                continue
            unlinked += 1
            said = outcomes[by_number[number]].status
            if said is not status:
                wrong_unlinked.append({"task": by_number[number], "status": str(said), "accept": [str(status)]})
    return {
        "schema": "plancmp.evaluation/1",
        "old": result.old.id,
        "new": result.new.id,
        "links": {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / (precision + recall), 4) if precision + recall else 0.0,
            "missed": sorted([list(pair) for pair in wanted.keys() - found.keys()]),
            "extra": sorted([list(pair) for pair in judged - wanted.keys()]),
        },
        "status": {
            "accuracy": round(1 - len(wrong_status) / len(judged_status), 4) if judged_status else None,
            "judged": len(judged_status),
            "wrong": wrong_status,
        },
        "unlinked": {
            "accuracy": round(1 - len(wrong_unlinked) / unlinked, 4) if unlinked else None,
            "judged": unlinked,
            "wrong": wrong_unlinked,
        },
    }
