"""Compare the cuts of the splitter with the commitments that readers labelled by hand.

    python tools/score_cuts.py                the figures of each labelled file, beside those of the first and last run
    python tools/score_cuts.py --write        the same, and store the figures as the last run
    python tools/score_cuts.py --show a/ip    the labels and cuts of one file that differ, task by task

Each label is a quote from a task; labels that overlap are one. It belongs to the cut (a commitment that is a promise) that
overlaps it most. Rules are tuned on the files of `TUNED`; the others are read as figures only.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import plancmp
from plancmp.commitments import splitter
from plancmp.model import Commitment, Plan
from plancmp.plans import parser
from plancmp.text import normalise

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "training" / "cuts.json"
# The Chinese plans are few: the older one is tuned on, the newer one left out.
TUNED = frozenset(
    {
        "2021-2024 old", "2021-2024 new", "2008-14fyp old", "2008-14fyp new", "a/energy old", "a/energy new",
        "a/ip old", "a/ip new", "b/education old", "b/education new", "c/housing old", "c/housing new",
        "c/ip-2025-first old", "c/ip-2025-first new", "e/digital old", "e/digital new", "e/zh-science old",
    }
)  # fmt: skip
# A shorter overlap of a label and a second cut is a stray word, no cut through the label.
_SHARE = 0.25

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Labels:
    """The hand labels of one plan: quotes by task number. exhaustive: every commitment of the plan has one."""

    name: str
    plan: Plan
    quotes: dict[str, list[str]]
    exhaustive: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Agreement of cuts and labels in one plan.

    alone: labels that have a cut of their own. coarse: cuts that hold several labels. apart: labels that two cuts share.
    empty: cuts without a label, None where the labels are not exhaustive. labels: all of them.
    """

    labels: int
    alone: int
    coarse: int
    apart: int
    empty: int | None


def labelled() -> Iterator[Labels]:
    """All labelled plans, old and new ones apart. Raises OSError or KeyError for damaged label files."""
    for path in sorted((ROOT / "training" / "commitments").glob("*.json")):
        truth = json.loads(path.read_text("utf-8"))
        name = path.stem.removeprefix("commitments-")
        for side in ("old", "new"):
            whole = side in truth and bool(truth[side]) and "fate" in truth[side][0]
            entries = truth[side] if whole else [*(pair[side] for pair in truth["pairs"]), *_unlinked(truth, side)]
            yield Labels(f"{name} {side}", plancmp.load(truth[f"{side}_plan"]), _by_task(entries), whole)
    for path in sorted((ROOT / "training" / "successors").glob("*/*/truth.json")):
        truth = json.loads(path.read_text("utf-8"))
        for side in ("old", "new"):
            plan = parser.parse((path.parent / truth[f"{side}_plan"]).read_text("utf-8"), side)
            yield Labels(
                f"{path.parent.relative_to(ROOT / 'training' / 'successors')} {side}", plan, _by_task(truth[side]), True
            )


def _unlinked(truth: dict, side: str) -> list[dict]:
    return truth["dropped" if side == "old" else "new"]


def _by_task(entries: list[dict]) -> dict[str, list[str]]:
    quotes: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        number = entry["task"].rpartition(":")[2]
        if entry["quote"] not in quotes[number]:
            quotes[number].append(entry["quote"])
    return quotes


def label_spans(text: str, quotes: list[str]) -> list[Span]:
    """Spans of the quotes in the text, sorted; quotes that overlap are one label, and those not in the text none."""
    merged: list[Span] = []
    for start, end in sorted((text.find(q), text.find(q) + len(q)) for q in map(normalise, quotes) if q in text):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def assign(labels: list[Span], cuts: list[Commitment]) -> tuple[list[list[int]], list[int]]:
    """For each cut the labels that belong to it, and the labels that two cuts share (a quarter of the label or more)."""
    held: list[list[int]] = [[] for _ in cuts]
    apart = []
    for number, label in enumerate(labels):
        shares = [overlap(label, cut.span) for cut in cuts]
        if any(shares):
            held[max(range(len(cuts)), key=lambda i: (shares[i], -i))].append(number)
        if sum(share >= _SHARE * (label[1] - label[0]) for share in shares) > 1:
            apart.append(number)
    return held, apart


def promises(cuts: tuple[Commitment, ...]) -> list[Commitment]:
    return [cut for cut in cuts if getattr(cut, "is_promise", True)]


def score(labels: Labels, show: bool = False) -> Figures:
    total = alone = coarse = apart_total = empty = 0
    for task in labels.plan.tasks:
        quotes = labels.quotes.get(task.number, [])
        if not quotes and not labels.exhaustive:
            continue
        spans, cuts = label_spans(task.text, quotes), promises(splitter.split_task(task))
        held, apart = assign(spans, cuts)
        total += len(spans)
        alone += sum(len(numbers) == 1 for numbers in held)
        coarse += sum(len(numbers) > 1 for numbers in held)
        apart_total += len(apart)
        empty += sum(not numbers for numbers in held)
        if show and (apart or any(len(n) > 1 for n in held) or (labels.exhaustive and not all(held))):
            print(f"\n{task.ref} {task.text}")
            for cut, numbers in zip(cuts, held, strict=True):
                print(
                    f"  {len(numbers)} {cut.text}"
                    + "".join(f"\n      > {task.text[slice(*spans[n])]}" for n in numbers)
                )
            for n in apart:
                print(f"  APART {task.text[slice(*spans[n])]}")
    return Figures(total, alone, coarse, apart_total, empty if labels.exhaustive else None)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--write", action="store_true", help="store the figures as the last run")
    options.add_argument("--show", metavar="FILE", help="print the differences in the files whose name begins so")
    asked = options.parse_args()
    runs = json.loads(RUNS.read_text("utf-8")) if RUNS.exists() else {}
    now: dict[str, dict] = {}
    for labels in labelled():
        if asked.show is not None and not labels.name.startswith(asked.show):
            continue
        figures = score(labels, asked.show is not None)
        now[labels.name] = {name: getattr(figures, name) for name in Figures.__slots__}
    first = runs.get("first", now)
    print(f"\n{'':2}{'':22}{'labels':>7}{'1:1':>12}{'coarse':>10}{'apart':>10}{'empty':>12}   (first run → now)")
    groups = {"tuned on": TUNED & now.keys(), "left out": now.keys() - TUNED}
    for name, figures_now in now.items():
        print(_line(("* " if name in TUNED else "  ") + name, figures_now, first.get(name, figures_now)))
    for name, members in groups.items():
        print(_line(name, *(_total([run[m] for m in sorted(members) if m in run]) for run in (now, first))))
    if asked.write and asked.show is None:
        RUNS.write_text(json.dumps({"first": first, "last": now}, indent=1) + "\n", "utf-8")


def _total(figures: list[dict]) -> dict:
    return {key: sum(f[key] or 0 for f in figures) for key in Figures.__slots__}


def _line(name: str, now: dict, first: dict) -> str:
    cells = [
        f"{first[key]} → {now[key]}" if now[key] is not None else "–" for key in ("alone", "coarse", "apart", "empty")
    ]
    return f"{name:24}{now['labels']:7}{cells[0]:>12}{cells[1]:>10}{cells[2]:>10}{cells[3]:>12}"


if __name__ == "__main__":
    main()
