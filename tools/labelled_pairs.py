"""Pairs of plans with hand-made or made-up truth, as tables over pairs of commitments and over pairs of tasks.

Real pairs have their links of tasks in tests/gold and their links of commitments in training/commitments; made-up
successors (training/successors/<maker>/<pair>) have both in one file. A label names a commitment by a quotation of its
task; the commitment is the one whose span overlaps the quotation most.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import plancmp
from plancmp import pipeline
from plancmp.embeddings import encoders
from plancmp.linkage import preparation
from plancmp.linkage.comparisons import Scores
from plancmp.linkage.records import Records
from plancmp.model import Plan

ROOT = Path(__file__).resolve().parent.parent

# The pair 14fyp to 2021-2022 is never labelled: nothing may be learned from it.
REAL = {
    "2021-2024": ("train-2021-2024", "commitments-2021-2024"),
    "14fyp-2024": ("own-14fyp-2024", "commitments-14fyp-2024"),
    "2023-2024": ("2023-2024", "commitments-2023-2024"),
    "2008-14fyp": ("2008-14fyp", "commitments-2008-14fyp"),
}

YES, NO, UNKNOWN = 1, 0, -1


@dataclass
class LabelledPair:
    """Two plans, all comparisons of their commitments, and what is known of the links between them.

    group: the pair itself where it is real, the maker where it is made up: what is left out together.
    linked: shape (old commitments, new commitments); task_linked: shape (old tasks, new tasks); YES, NO or UNKNOWN, which
    counts neither way. fates: for each side (index of a commitment, has a counterpart) of each label that is sure.
    plain: True where bodies and headings were taken away, as for `plancmp.align`.
    """

    name: str
    group: str
    real: bool
    plain: bool
    scores: Scores
    vectors: tuple[np.ndarray, np.ndarray]
    encoder: str
    linked: np.ndarray
    task_linked: np.ndarray
    fates: tuple[list[tuple[int, bool]], list[tuple[int, bool]]]


def load_all(names: list[str] | None = None) -> Iterator[LabelledPair]:
    """Every labelled pair, each also as plain texts; names: these pairs only. Raises ValueError for labels that fit no text."""
    for name, (task_file, commitment_file) in REAL.items():
        if names is None or name in names:
            tasks = json.loads((ROOT / f"tests/gold/{task_file}.json").read_text("utf-8"))
            commitments = json.loads((ROOT / f"training/commitments/{commitment_file}.json").read_text("utf-8"))
            plans = plancmp.load(str(tasks["old_plan"])), plancmp.load(str(tasks["new_plan"]))
            yield from _both_ways(name, name, True, plans, tasks, commitments)
    for path in sorted((ROOT / "training/successors").glob("*/*/truth.json")):
        name = f"{path.parent.parent.name}/{path.parent.name}"
        if names is None or name in names:
            truth = json.loads(path.read_text("utf-8"))
            plans = (
                plancmp.load(str(path.parent / truth["old_plan"])),
                plancmp.load(str(path.parent / truth["new_plan"])),
            )
            yield from _both_ways(name, f"maker {truth['maker']}", False, plans, truth, truth)


def _both_ways(
    name: str, group: str, real: bool, plans: tuple[Plan, Plan], tasks: dict[str, Any], commitments: dict[str, Any]
) -> Iterator[LabelledPair]:
    for plain in (False, True):
        sides = tuple(_plain(plan) for plan in plans) if plain else plans
        encoder = encoders.choose_encoder(None, tuple(plan.language for plan in sides))
        records = [preparation.records_of(plan) for plan in sides]
        vectors = tuple(preparation.vectors_of(plan, side, encoder) for plan, side in zip(sides, records, strict=True))
        scores = pipeline.compare_records(*records, *vectors)
        labels = _Labels(name, records[0], records[1], tasks, commitments)
        yield LabelledPair(
            name, group, real, plain, scores, (vectors[0], vectors[1]), encoder.name,
            labels.linked, labels.task_linked, labels.fates,
        )  # fmt: skip


def _plain(plan: Plan) -> Plan:
    return replace(plan, tasks=tuple(replace(task, bodies=(), section=()) for task in plan.tasks))


class _Labels:
    """The labels of one pair of plans as tables."""

    def __init__(
        self, name: str, old: Records, new: Records, tasks: dict[str, Any], commitments: dict[str, Any]
    ) -> None:
        self.name, self.sides = name, (old, new)
        self.numbers = tuple({task.number: i for i, task in enumerate(side.tasks)} for side in (old, new))
        self.task_linked = self._of_tasks(tasks)
        self.linked = np.zeros((len(old.commitments), len(new.commitments)), dtype=np.int8)
        # What is not known of two tasks is not known of their commitments.
        spread = self.task_linked[old.owner][:, new.owner]
        self.linked[spread == UNKNOWN] = UNKNOWN
        if "pairs" in commitments:
            self._of_pairs(commitments, spread)
        else:
            self._of_sides(commitments)
        # A link of tasks of which no pair of commitments is labelled says nothing of any of them.
        for i, j in np.argwhere(self.task_linked == YES):
            block = np.ix_(old.of_task(i), new.of_task(j))
            if not (self.linked[block] == YES).any():
                self.linked[block] = UNKNOWN

    def _of_tasks(self, labels: dict[str, Any]) -> np.ndarray:
        old, new = self.sides
        table = np.zeros((len(old.tasks), len(new.tasks)), dtype=np.int8)
        for a, b in labels.get("either", []):
            table[self._task(0, a), self._task(1, b)] = UNKNOWN
        for link in labels["links"]:
            table[self._task(0, link["old"]), self._task(1, link["new"])] = YES
        if "old_tasks" in labels:
            judged = {self._task(0, number) for number in labels["old_tasks"]}
            table[[i for i in range(len(old.tasks)) if i not in judged]] = UNKNOWN
        for side, unlabelled in ((old, table), (new, table.T)):
            # Objectives and indicators were not labelled.
            unlabelled[[i for i, task in enumerate(side.tasks) if task.kind in ("objective", "indicator")]] = UNKNOWN
        return table

    def _task(self, which: int, number: str) -> int:
        number = str(number).rpartition(":")[2]
        if number not in self.numbers[which]:
            raise ValueError(f"{self.name}: no task {number} in the {'new' if which else 'old'} plan")
        return self.numbers[which][number]

    def _commitments(self, which: int, label: dict[str, Any]) -> list[int]:
        """The commitments that a quotation covers, the one it overlaps most first."""
        side, index = self.sides[which], self._task(which, label["task"])
        quote = " ".join(label["quote"].split())
        start = side.tasks[index].text.find(quote)
        if start < 0:
            raise ValueError(f"{self.name}: task {label['task']} does not read “{quote}”")
        overlaps = []
        for row in side.of_task(index):
            a, b = side.commitments[row].span
            shared = min(b, start + len(quote)) - max(a, start)
            overlaps.append((shared, shared / max(b - a, 1), row))
        overlaps.sort(key=lambda found: (-found[0], found[2]))
        return [overlaps[0][2], *(row for _, share, row in overlaps[1:] if share >= 0.6)]

    def _mark(self, old: dict[str, Any], new: dict[str, Any], sure: bool) -> None:
        rows, columns = self._commitments(0, old), self._commitments(1, new)
        block = np.ix_(rows, columns)
        self.linked[block] = np.where(self.linked[block] == YES, YES, UNKNOWN)
        if sure:
            self.linked[rows[0], columns[0]] = YES

    def _of_pairs(self, labels: dict[str, Any], spread: np.ndarray) -> None:
        """Labels in lists of pairs, of dropped and of new commitments. What is in no list is not known."""
        alone = ([], [])
        for which, kind in ((0, "dropped"), (1, "new")):
            for label in labels[kind]:
                alone[which].append(self._commitments(which, label)[0])
        paired: tuple[dict[int, bool], dict[int, bool]] = ({}, {})
        for pair in labels["pairs"]:
            for which, side in ((0, "old"), (1, "new")):
                row = self._commitments(which, pair[side])[0]
                paired[which][row] = paired[which].get(row, False) or pair["sure"]
        # Inside linked tasks, and of commitments without any label, only what is listed is known.
        for which, side in enumerate(self.sides):
            table = self.linked if which == 0 else self.linked.T
            listed = {*alone[which], *paired[which]}
            unlisted = [row for row in range(len(side.commitments)) if row not in listed]
            inside = (spread if which == 0 else spread.T) == YES
            for row in unlisted:
                table[row, inside[row]] = UNKNOWN
        for pair in labels["pairs"]:
            self._mark(pair["old"], pair["new"], pair["sure"])
        self.fates = tuple(
            [(row, False) for row in alone[which] if row not in paired[which]]
            + [(row, True) for row, sure in paired[which].items() if sure]
            for which in (0, 1)
        )  # type: ignore[assignment]

    def _of_sides(self, labels: dict[str, Any]) -> None:
        """Labels that list every commitment of both sides."""
        fates: tuple[list[tuple[int, bool]], list[tuple[int, bool]]] = ([], [])
        for which, kind in ((0, "old"), (1, "new")):
            for label in labels[kind]:
                sure = label.get("sure", True)
                found = label["counterparts"]
                for other in found:
                    pair = (label, other) if which == 0 else (other, label)
                    self._mark(*pair, sure and other.get("sure", True))
                certain = [other for other in found if other.get("sure", True)]
                if sure and (certain or not found):
                    fates[which].append((self._commitments(which, label)[0], bool(certain)))
        self.fates = fates
