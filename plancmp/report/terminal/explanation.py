"""Why two tasks are linked or not, and how good the links are, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ...settings import SETTINGS
from ...text import printable
from .. import word_diff
from .screen import GREEN, GREY, RED, WARNING, marked, quote, sign, title

if TYPE_CHECKING:
    from ...analysis.explanation import Explanation


def explanation(shown: Explanation, width: int, brackets: bool) -> Iterable[RenderableType]:
    """Every score with its weight and what it added, as bars; the paired commitments; the signals."""
    by_name = any(shown.asked)
    names = [
        fate.ref if asked else task.ref
        for fate, task, asked in zip(shown.fates, (shown.old, shown.new), shown.asked, strict=True)
    ]
    found = shown.pairing is not None if by_name else shown.link is not None
    verdict = ("" if found else "not ") + ("one commitment" if by_name else "linked")
    doubtful = found and shown.confidence < SETTINGS.sure
    said = f"confidence {shown.confidence:.2f}{', doubtful' if doubtful else ''}"
    if shown.decision is not None:
        facts = filter(None, (shown.decision.who, shown.decision.when[:10], shown.decision.note))
        said = printable("; ".join(["decided by a reviewer", *facts]))
    yield Text.assemble((f"{names[0]} → {names[1]}: {verdict}", "bold"), f", {said}")
    yield Text(f"A link needs {SETTINGS.threshold:g}; below {SETTINGS.sure:g} it counts as doubtful.", GREY)
    yield title("The commitments that this rests on")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column(width=3)
    table.add_column(ratio=1, overflow="fold")
    left, right = word_diff.side_by_side(shown.old_words, shown.new_words)
    table.add_row(Text("old", GREY), marked(left, brackets))
    table.add_row(Text("new", GREY), marked(right, brackets))
    yield table
    yield title("What each comparison added (log odds)")
    most = max([abs(part.added) for part in shown.parts] + [abs(shown.base) / 4, 1.0])
    room = max(width - 52, 10)
    bars = Table(box=None, padding=(0, 1, 0, 0), expand=False, header_style=GREY)
    bars.add_column("comparison", no_wrap=True)
    for heading in ("score", "weight", "added"):
        bars.add_column(heading, justify="right", no_wrap=True)
    bars.add_column("", no_wrap=True)
    bars.add_row(Text("before comparing"), "", "", f"{shown.base:+.2f}", Text(""))
    for part in sorted(shown.parts, key=lambda p: -abs(p.added)):
        length = round(abs(part.added) / most * room)
        bars.add_row(
            part.name,
            f"{part.score:.2f}",
            f"{part.weight:+.2f}",
            f"{part.added:+.2f}",
            Text(("█" if part.added > 0 else "▒") * length, GREEN if part.added > 0 else RED),
        )
    total = shown.base + sum(part.added for part in shown.parts)
    bars.add_row(
        Text("sum", "bold"),
        "",
        "",
        Text(f"{total:+.2f}", "bold"),
        Text(f"= {'the model: ' if shown.decision else 'confidence '}{shown.confidence:.2f}"),
    )
    yield bars
    if shown.missing:
        yield title("What was missing, against what links of these plans usually have")
        for part in shown.missing:
            yield Text(f"{part.name}: {part.added:+.2f} instead of {part.usual:+.2f} ({part.meaning})")
    if shown.pairing:
        state = "softened" if shown.pairing.softened else str(shown.pairing.status)
        yield title(f"Status of {shown.fates[0].ref} → {shown.fates[1].ref}")
        yield Text.assemble(sign(state), "" if shown.pairing.signals else "  no signal of strength, up or down")
        for signal in shown.pairing.signals:
            yield Text.assemble(f"{'↑' if signal.direction == 'up' else '↓'} {signal.note}", (quote(signal), GREY))
    if shown.link and not by_name:
        yield title("All commitments of the two tasks")
        for commitment in shown.link.commitments:
            before = shown.old.text[slice(*commitment.old_span)].strip(" ,;") if commitment.old_span else "–"
            after = shown.new.text[slice(*commitment.new_span)].strip(" ,;") if commitment.new_span else "–"
            yield Text.assemble(sign(str(commitment.status)), f"  {before}", ("  →  ", GREY), after)
    if not found:
        for outcome in shown.outcomes:
            links = f", linked with {', '.join(outcome.links)}" if outcome.links else ""
            yield Text(f"{outcome.ref} is {outcome.status}{links}", GREY)


def evaluation(score: dict[str, Any], width: int) -> Iterable[RenderableType]:
    """How good the alignment is against labels, and every mistake."""
    yield Text(f"{score['old']} against {score['new']}", "bold")
    if "links" in score:
        yield from _tasks_scored(score)
    if "commitments" in score:
        yield from _commitments_scored(score["commitments"])


def _tasks_scored(score: dict[str, Any]) -> Iterable[RenderableType]:
    links, status, unlinked = score["links"], score["status"], score["unlinked"]
    yield Text(f"links     F1 {links['f1']:.3f}  precision {links['precision']:.3f}  recall {links['recall']:.3f}")
    for name, part in (("status", status), ("unlinked", unlinked)):
        accuracy = "nothing judged" if part["accuracy"] is None else f"{part['accuracy']:.3f} right of {part['judged']}"
        yield Text(f"{name:9} {accuracy}")
    for name in ("missed", "extra"):
        if links[name]:
            yield Text(f"{name}: " + ", ".join(f"{a} → {b}" for a, b in links[name]), WARNING)
    for wrong in status["wrong"]:
        yield Text(
            f"status of {wrong['link'][0]} → {wrong['link'][1]}: {wrong['status']}, labelled {' or '.join(wrong['accept'])}",
            WARNING,
        )
    for wrong in unlinked["wrong"]:
        yield Text(f"{wrong['task']}: {wrong['status']}, labelled {wrong['accept'][0]}", WARNING)


def _commitments_scored(score: dict[str, Any]) -> Iterable[RenderableType]:
    """A confusion table of each side, labelled fates down and said ones across, with recall, and every mistake."""
    accuracy = "nothing judged" if score["accuracy"] is None else f"{score['accuracy']:.3f} right of {score['judged']}"
    yield Text(f"commitments  {accuracy}")
    for side in ("old", "new"):
        confusion = score[side]["confusion"]
        if not confusion:
            continue
        said = sorted({name for counts in confusion.values() for name in counts})
        table = Table(box=None, padding=(0, 2, 0, 0), header_style=GREY)
        table.add_column(f"{side}: labelled")
        for name in (*said, "recall"):
            table.add_column(name, justify="right")
        for fate, counts in sorted(confusion.items()):
            recall = counts.get(fate, 0) / sum(counts.values())
            table.add_row(fate, *(str(counts.get(name, "")) for name in said), f"{recall:.2f}")
        yield table
    for wrong in score["wrong"]:
        found = f" with {', '.join(wrong['found'])}" if wrong["found"] else ""
        labelled = f" with {', '.join(wrong['counterparts'])}" if wrong["counterparts"] else ""
        yield Text(
            f"{wrong['ref'] or wrong['task']}: {wrong['said']}{found}, labelled {wrong['fate']}{labelled}: “{wrong['quote']}”",
            WARNING,
        )
