"""A link, or a task without one, to a status with its signals (CODEBOOK "Status" and "Signals of strength").

One small function a signal; each quotes the words of both sides. `balance` weighs them: the higher kind decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..commitments import objects
from ..commitments.tokens import terms_of
from ..lexicon import loader
from ..model import Body, Commitment, Plan, Signal, Status, Task
from ..text import any_of, is_cjk, lowered

# CODEBOOK, "Balance": stage, then campaign and quantity, then intensity, then scope, then bodies.
_ORDER = {"stage": 4, "campaign": 3, "quantity": 3, "intensity": 2, "scope": 1, "bodies": 0}
_DELIVERED = range(3, 7)


@dataclass(frozen=True, slots=True)
class MatchedCommitments:
    """Two commitments taken for one, how probable that is (0 to 1), and the kinds of thing they act upon."""

    old: Commitment
    new: Commitment
    confidence: float
    kinds: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a link rests on.

    pairs: matched commitments, the most certain first. gone: commitments of the old task on the same subject that match
    nothing in the whole new plan; kept: how many of its commitments match something anywhere. added: commitments of the new task on the same
    subject that match nothing in the whole old plan. Where a task has several links, gone and added belong to its
    strongest. old_campaigns and new_campaigns: ids of the campaigns named anywhere in the two tasks, with the
    commitment that names them. old_words and new_words: the words of intensity anywhere in the two tasks.
    """

    old: Task
    new: Task
    old_plan: Plan
    new_plan: Plan
    pairs: Sequence[MatchedCommitments]
    added: Sequence[Commitment]
    gone: Sequence[Commitment]
    kept: int
    old_campaigns: dict[str, Commitment]
    new_campaigns: dict[str, Commitment]
    old_words: frozenset[str]
    new_words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status of a link, whether it is softened, every signal, the deciding ones first, and each pair's own status."""

    status: Status
    softened: bool
    signals: tuple[Signal, ...]
    of_pairs: tuple[Status, ...]


def judge(evidence: Evidence) -> Judgement:
    """What became of the old task in the new one."""
    by_pair = [of_pair(pair, evidence) for pair in evidence.pairs]
    signals = [signal for found in by_pair for signal in found]
    signals.extend(campaigns(evidence))
    signals.extend(scope(evidence))
    signals.extend(bodies(evidence.old.bodies, evidence.new.bodies))
    signals = list(dict.fromkeys(signals))
    status, softened = balance(signals)
    wanted = "up" if status is Status.ESCALATED else "down" if softened else ""
    signals.sort(key=lambda signal: (signal.direction != wanted, -_ORDER[signal.kind]))
    return Judgement(status, softened, tuple(signals), tuple(balance(found)[0] for found in by_pair))


def of_pair(pair: MatchedCommitments, evidence: Evidence) -> list[Signal]:
    """Signals between two matched commitments: stage, intensity, quantity and deadline."""
    found = (stage(pair), intensity(pair, evidence), quantity(pair, evidence.old_plan, evidence.new_plan))
    return [signal for signal in found if signal is not None]


def balance(signals: Sequence[Signal]) -> tuple[Status, bool]:
    """(status, softened): the highest kind in which ups and downs do not cancel out decides; bodies never do alone."""
    ranks = sorted({_ORDER[signal.kind] for signal in signals if signal.kind != "bodies"}, reverse=True)
    for rank in ranks:
        tally = sum((1 if s.direction == "up" else -1) for s in signals if _ORDER[s.kind] == rank)
        if tally > 0:
            # A stronger word for a commitment most of whose parts are gone is no more than continued.
            if rank == _ORDER["intensity"] and any(s.kind == "scope" and s.direction == "down" for s in signals):
                return Status.CONTINUED, True
            return Status.ESCALATED, False
        if tally < 0:
            return Status.CONTINUED, True
    return Status.CONTINUED, False


def _rung_name(rung: int) -> str:
    return next(entry["name"] for entry in loader.table("stages")["stage"] if entry["rung"] == rung)


def stage(pair: MatchedCommitments) -> Signal | None:
    """A rung of the policy ladder gained or lost.

    A plain verb stands on no rung; it is above study and drafting ("study and improve" against "deepen the reform") and
    says nothing against the others. Carrying out an activity is not later than issuing a document about it.
    """
    old, new = pair.old.stage, pair.new.stage
    if old == new or (old is None and new is None):
        return None
    if old is None or new is None:
        known = old if old is not None else new
        assert known is not None
        if pair.kinds[0] != pair.kinds[1] and set(pair.kinds) & objects.named_kinds():
            return None
        if known > 2 or (known == 1 and _explores(pair.old if old else pair.new)):
            return None
        direction = "up" if old is not None else "down"
        names = (_rung_name(known), "acting on it") if old is not None else ("acting on it", _rung_name(known))
    else:
        if 7 in (old, new) and not _same_document(pair):
            return None
        direction = "up" if new > old else "down"
        names = (_rung_name(old), _rung_name(new))
    return Signal("stage", direction, _words(pair.old), _words(pair.new), f"stage: {names[0]} → {names[1]}")


def _explores(commitment: Commitment) -> bool:
    """Exploring is a matter of intensity where no document is made (CODEBOOK, "Scale of words")."""
    return bool(re.match(r"(?:we will )?explor|探索", commitment.stage_words, re.IGNORECASE))


def _same_document(pair: MatchedCommitments) -> bool:
    """True where both act on a law or other document, so that implementing is later than issuing."""
    documents = objects.named_kinds()
    kinds = set(pair.kinds)
    return bool(kinds) and kinds <= documents | {None} and bool(kinds & documents)


def _words(commitment: Commitment) -> str:
    """The verb phrase of a commitment, quoted: its stage or intensity words with their neighbourhood."""
    text = commitment.text
    if is_cjk(text):
        return text[:16]
    return " ".join(text.split()[:9]) + (" …" if len(text.split()) > 9 else "")


def _step_name(step: int) -> str:
    return next((entry["name"] for entry in loader.table("intensity")["step"] if entry["value"] == step), "plain")


def intensity(pair: MatchedCommitments, evidence: Evidence) -> Signal | None:
    """Two steps or more on the scale of words, or the step between below plain and plain.

    "Further" alone is too weak to escalate, and its loss too weak to soften. A word that stands elsewhere in the other
    task ("severely", said of another of its commitments) is neither gained nor lost.
    """
    old, new = pair.old.intensity, pair.new.intensity
    difference = new - old
    if difference == 0 or (abs(difference) < 2 and -1 not in (old, new)) or (-1 in (old, new) and abs(difference) < 1):
        return None
    if -1 in (old, new) and abs(difference) == 1 and not (_explores_word(pair.old) or _explores_word(pair.new)):
        # "in an orderly manner" against a plain "strengthen": about the same.
        return None
    word, elsewhere = (
        (pair.new.intensity_words, evidence.old_words)
        if difference > 0
        else (pair.old.intensity_words, evidence.new_words)
    )
    if word.casefold() in elsewhere:
        return None
    return Signal(
        "intensity",
        "up" if difference > 0 else "down",
        pair.old.intensity_words or _words(pair.old),
        pair.new.intensity_words or _words(pair.new),
        f"intensity: {_step_name(old)} → {_step_name(new)}",
    )


def _explores_word(commitment: Commitment) -> bool:
    return bool(re.match(r"explor|探索", commitment.intensity_words, re.IGNORECASE))


_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "hundred": 100,
}
_QUANTITY = re.compile(
    r"(?P<zh>\d+(?:\.\d+)?)\s*(?P<zhunit>[个家项件批名万亿])|"
    r"(?P<n>\d[\d,]*(?:\.\d+)?|\b(?:one|two|three|four|five|six|seven|eight|nine|ten) hundred\b|"
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten)\b(?!-))"
    r"(?P<unit>%|\s+percent)?\s*(?P<noun>[A-Za-z-]+(?:\s+[A-Za-z-]+){0,3})?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DEADLINE = re.compile(
    r"\b(?:by|before|until|within|no later than)\s+(?:the end of\s+)?((?:19|20)\d\d|\d+ (?:months?|days?|years?))|((?:19|20)\d\d)年(?:底|末)?(?:前|之前)",
    re.IGNORECASE,
)


_ANY_NUMBER = any_of([r"\d", *(rf"\b{word}\b" for word in _NUMBER_WORDS)])


def quantities(text: str) -> dict[str, float]:
    """Numbers with what they count: stems of the counted words to the number. Years, ordinals and names do not count."""
    if not _ANY_NUMBER.search(lowered(text)):
        return {}
    plain = re.sub(r"[“\"《][^“”\"《》]*[”\"》]|\([^)]*\)|\b337\b|\b\d+th\b|\b\d+(?:st|nd|rd)\b", " ", text)
    plain = _YEAR.sub(" ", plain)
    found: dict[str, float] = {}
    for match in _QUANTITY.finditer(plain):
        if match.group("zh"):
            found[match.group("zhunit")] = float(match.group("zh"))
            continue
        digits = match.group("n").casefold().replace(",", "")
        if " hundred" in digits:
            value = _NUMBER_WORDS[digits.split()[0]] * 100.0
        else:
            value = float(_NUMBER_WORDS.get(digits) or digits if digits[0].isdigit() else _NUMBER_WORDS[digits])
        unit = "%" if match.group("unit") else ""
        noun = " ".join(terms_of(match.group("noun") or "")[-2:])
        if noun or unit:
            found[f"{unit}{noun}"] = value
    return found


def quantity(pair: MatchedCommitments, old_plan: Plan, new_plan: Plan) -> Signal | None:
    """A number raised or lowered, set or gone; a deadline set, brought forward or gone. A plan's own years are neither."""
    old, new = quantities(pair.old.text), quantities(pair.new.text)
    for unit in old.keys() & new.keys():
        if old[unit] != new[unit]:
            direction = "up" if new[unit] > old[unit] else "down"
            return Signal(
                "quantity",
                direction,
                _number_words(pair.old.text),
                _number_words(pair.new.text),
                f"quantity: {old[unit]:g} → {new[unit]:g}",
            )
    if old and not new:
        return Signal(
            "quantity", "down", _number_words(pair.old.text), _words(pair.new), "quantity: the number is gone"
        )
    if new and not old:
        return Signal("quantity", "up", _words(pair.old), _number_words(pair.new.text), "quantity: a number is set")
    before, after = _deadline(pair.old.text, old_plan), _deadline(pair.new.text, new_plan)
    if before and not after:
        return Signal("quantity", "down", before, _words(pair.new), "deadline: the date is gone")
    if after and not before:
        return Signal("quantity", "up", _words(pair.old), after, "deadline: a date is set")
    return None


def _number_words(text: str) -> str:
    match = re.search(r"(?:\w+\s+)?(?:about\s+)?\d[\d,.]*%?(?:\s+[\w-]+){0,4}", text)
    return match.group() if match else " ".join(text.split()[:9])


def _deadline(text: str, plan: Plan) -> str | None:
    for match in _DEADLINE.finditer(text):
        year = _YEAR.search(match.group())
        if not year or not plan.covers[0] <= int(year.group()) <= plan.covers[1]:
            return match.group()
    return None


def campaigns(evidence: Evidence) -> list[Signal]:
    """A named campaign that is new, renewed with added tasks, or gone (CODEBOOK, "Campaign")."""
    old, new = evidence.old_campaigns, evidence.new_campaigns
    signals = []
    for key in sorted(old.keys() & new.keys()):
        added = [c for c in evidence.added if key not in c.campaigns]
        if added:
            note = f"campaign: {loader.campaigns()[key].name} renewed, with added tasks: {_short(added)}"
            signals.append(Signal("campaign", "up", _naming(old[key], key), _naming(new[key], key), note))
    if signals or old.keys() & new.keys():
        return signals
    for pair in evidence.pairs:
        for key in sorted(pair.new.campaigns):
            note = f"campaign: becomes the named campaign {loader.campaigns()[key].name}"
            signals.append(Signal("campaign", "up", _words(pair.old), _naming(pair.new, key), note))
    lost = sorted(key for c in (*evidence.gone, *(pair.old for pair in evidence.pairs)) for key in c.campaigns)
    if lost and not new:
        names = ", ".join(loader.campaigns()[key].name for key in dict.fromkeys(lost))
        signals.append(
            Signal(
                "campaign",
                "down",
                _naming(old[lost[0]], lost[0]),
                _words(evidence.pairs[0].new),
                f"campaign: no longer named: {names}",
            )
        )
    return signals


def _naming(commitment: Commitment, key: str) -> str:
    """The words of a commitment around the name of a campaign."""
    forms = loader.campaigns()[key].forms
    pattern = re.compile(
        r"(?:[^\s,.;]+\s){0,3}[^\s,.;]*(?:" + "|".join(map(re.escape, forms)) + r")[^\s,.;]*(?:\s[^\s,.;]+){0,2}",
        re.IGNORECASE,
    )
    match = pattern.search(commitment.text)
    return match.group().strip() if match else _words(commitment)


def _short(commitments: Sequence[Commitment], most: int = 2) -> str:
    shown = "; ".join(" ".join(c.text.split()[:10]) if not is_cjk(c.text) else c.text[:24] for c in commitments[:most])
    return shown + (f" and {len(commitments) - most} more" if len(commitments) > most else "")


def scope(evidence: Evidence) -> list[Signal]:
    """Commitments added on the same subject, or most of them gone (CODEBOOK, "Scope" and "Brevity is not weakness")."""
    signals = []
    best = evidence.pairs[0]
    if evidence.added:
        signals.append(
            Signal("scope", "up", _words(best.old), _short(evidence.added), f"scope: added {_short(evidence.added)}")
        )
    if len(evidence.gone) >= 4 and len(evidence.gone) > 2 * evidence.kept:
        note = f"scope: {len(evidence.gone)} of {evidence.kept + len(evidence.gone)} commitments not taken up"
        signals.append(Signal("scope", "down", _short(evidence.gone), _words(best.new), note))
    return signals


def _counted(found: Collection[str]) -> str:
    return f"{len(found)} {'body' if len(found) == 1 else 'bodies'}"


def bodies(old: Sequence[Body], new: Sequence[Body]) -> list[Signal]:
    """Clearly more or fewer bodies: weak, never enough alone. A body's successor is the body."""
    before, after = {loader.canonical(body) for body in old}, {loader.canonical(body) for body in new}
    if not before or not after:
        return []
    if len(after) >= len(before) + 2 and len(after) >= 1.5 * len(before):
        joined = sorted(after - before)
        return [
            Signal(
                "bodies",
                "up",
                _counted(before),
                _counted(after),
                f"bodies: joined by {', '.join(joined)}",
            )
        ]
    if len(before) >= len(after) + 2 and len(before) >= 1.5 * len(after):
        left = sorted(before - after)
        return [Signal("bodies", "down", _counted(before), _counted(after), f"bodies: without {', '.join(left)}")]
    return []


def is_one_off(commitments: Sequence[tuple[Commitment, str | None]]) -> bool:
    """True where everything a task promises is a document to be made: it may simply be done (CODEBOOK, "dropped").

    commitments: each with the kind of thing that it acts upon.
    """
    made = objects.named_kinds() | {"report"}
    staged = [
        (c, kind) for c, kind in commitments if not re.match(r"organi[sz]e the implementation", c.text, re.IGNORECASE)
    ]
    return bool(staged) and all(
        (c.stage in _DELIVERED and kind in made)
        or (c.stage == 1 and bool(re.match(r"study and (?:formulate|issue|draft|revise)", c.text, re.IGNORECASE)))
        for c, kind in staged
    )
