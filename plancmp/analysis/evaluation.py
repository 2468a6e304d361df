"""Scoring the alignment against hand-made labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import files, pipeline
from ..errors import DocumentError
from ..model import Decisions, Fate, Status
from ..outcomes import decision_files
from ..outcomes.decisions import applicable
from ..outcomes.result import PlanDiff
from ..plans import catalogue
from ..text import normalise, printable


def read_gold(path: Path) -> dict[str, Any]:
    """A labelled file in the form of tests/gold/dev-2021-2024.json or dev-commitments.json, or decisions (.toml).

    Raises DocumentError for any other file.
    """
    if path.suffix.casefold() == ".toml":
        return _gold_from_decisions(decision_files.read(path))
    hint = "a gold file names old_plan, new_plan, old_tasks, links and either; see tests/gold"
    try:
        gold: dict[str, Any] = json.loads(files.read_bytes(path).decode("utf-8-sig"))
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

    needed = ("old_plan", "new_plan", *(() if is_of_commitments(gold) else ("links",)))
    if missing := [key for key in needed if not isinstance(gold, dict) or key not in gold]:
        return f"it lacks {', '.join(missing)}"
    for key in ("old_plan", "new_plan"):
        if not is_number(gold[key]):
            return f"{key} must name a plan"
    if is_of_commitments(gold):
        return _problem_of_commitments(gold)
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


def _problem_of_commitments(gold: dict[str, Any]) -> str | None:
    """What is wrong with the form of labels of single commitments, in words, or None."""
    for side in ("old", "new"):
        labels = gold.get(side, [])
        if not isinstance(labels, list):
            return f"{side} must be a list of labels"
        for label in labels:
            texts = [label.get(key) for key in ("task", "quote", "fate")] if isinstance(label, dict) else [None]
            if not all(isinstance(text, str) and text for text in texts) or not isinstance(label["counterparts"], list):
                return f'{side} must be a list such as [{{"task": "2024:1", "quote": "…", "fate": "new", "counterparts": []}}]'
    return None


def is_of_commitments(gold: Any) -> bool:
    """True for labels of single commitments, False for labels of links between tasks."""
    return isinstance(gold, dict) and "links" not in gold and bool({"old", "new"} & gold.keys())


def _gold_from_decisions(decided: Decisions) -> dict[str, Any]:
    """The decisions that fit the plans' texts, as labels; `rejected` closes them: no other pair is judged."""
    old, new = catalogue.load(decided.old_plan), catalogue.load(decided.new_plan)
    decisions = applicable(decided, old, new).tasks.values()
    return {
        "old_plan": decided.old_plan,
        "new_plan": decided.new_plan,
        "old_tasks": sorted({decision.old for decision in decisions}),
        "links": [{"old": d.old, "new": d.new, "accept": [str(d.status)]} for d in decisions if d.status is not None],
        "rejected": [list(decision.pair) for decision in decisions if decision.status is None],
        "either": [],
    }


def evaluate_commitments(gold: dict[str, Any], result: PlanDiff | None = None) -> dict[str, Any]:
    """`plancmp.evaluation/1` for labels of commitments: the fate of each, against what the result says of it.

    A labelled commitment is the one whose span overlaps the quote most. Its fate is right where the status is (softened
    told apart from continued) and, where it has counterparts, one of them stands in a labelled task. Labels that are not
    sure are left out, and so are undetermined ones.
    """
    if result is None:
        old, new = catalogue.load(str(gold["old_plan"])), catalogue.load(str(gold["new_plan"]))
        result = pipeline.judge(old, new, pipeline.score_pair(old, new))
    report: dict[str, Any] = {"schema": "plancmp.evaluation/1", "old": result.old.id, "new": result.new.id}
    report["commitments"] = {side: _side_score(gold.get(side, []), result, side) for side in ("old", "new")}
    judged = [report["commitments"][side] for side in ("old", "new")]
    right = sum(score["judged"] - len(score["wrong"]) for score in judged)
    total = sum(score["judged"] for score in judged)
    report["commitments"] |= {
        "accuracy": round(right / total, 4) if total else None,
        "judged": total,
        "wrong": [wrong for score in judged for wrong in score["wrong"]],
    }
    return report


def _side_score(labels: list[dict[str, Any]], result: PlanDiff, side: str) -> dict[str, Any]:
    """Accuracy, what is wrong, and the confusion table of one side: labelled fate to said fate to count."""
    by_task: dict[str, list[Fate]] = {}
    for each in result.old_commitments if side == "old" else result.new_commitments:
        by_task.setdefault(each.task, []).append(each)
    confusion: dict[str, dict[str, int]] = {}
    wrong = []
    judged = 0
    for label in labels:
        if label.get("sure") is False or label["fate"] == "undetermined":
            continue
        judged += 1
        fate = _overlapping(by_task.get(label["task"], []), result.task(label["task"]).text, label["quote"])
        tasks = {c if isinstance(c, str) else c["task"] for c in label["counterparts"]}
        said = "not found" if fate is None else _said(fate, side)
        found = {result.fate(counterpart.ref).task for counterpart in fate.counterparts} if fate else set()
        confusion.setdefault(label["fate"], {}).setdefault(said, 0)
        confusion[label["fate"]][said] += 1
        if said != label["fate"] or (tasks and not tasks & found):
            wrong.append(
                {
                    "task": label["task"], "quote": label["quote"], "fate": label["fate"], "said": said,
                    "ref": fate.ref if fate else None, "counterparts": sorted(tasks), "found": sorted(found),
                }
            )  # fmt: skip
    accuracy = round(1 - len(wrong) / judged, 4) if judged else None
    return {"accuracy": accuracy, "judged": judged, "wrong": wrong, "confusion": confusion}


def _said(fate: Fate, side: str) -> str:
    """The fate in the words of the labels: a new commitment is taken up, or new."""
    if side == "new" and fate.counterparts:
        return "taken-up"
    return fate.state


def _overlapping(fates: list[Fate], text: str, quote: str) -> Fate | None:
    """The commitment whose span overlaps the quote most; None where the text has no such quote."""
    start = text.casefold().find(normalise(quote).casefold())
    if start < 0:
        return None
    end = start + len(normalise(quote))
    best = max(fates, key=lambda fate: min(fate.span[1], end) - max(fate.span[0], start), default=None)
    return best if best and min(best.span[1], end) > max(best.span[0], start) else None


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
