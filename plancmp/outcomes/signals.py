"""Signals of strength between two commitments, and the status that follows (CODEBOOK "Status", "Signals of strength").

One small function a signal; each quotes the words of both sides. `balance` weighs them: the higher kind decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..commitments import objects
from ..commitments.tokens import terms_of
from ..lexicon import loader
from ..model import Body, Commitment, Plan, Signal, Status
from ..text import any_of, is_cjk, lowered, shortened

# CODEBOOK, "Balance": stage, then campaign and quantity, then intensity, then scope, then bodies.
ORDER = {"stage": 4, "campaign": 3, "quantity": 3, "intensity": 2, "scope": 1, "bodies": 0}
_DELIVERED = range(3, 7)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two commitments taken for one, with what their tasks say around them.

    confidence: probability, 0 to 1. kinds: the kinds of thing they act upon. added: commitments of the new task that
    have no counterpart in the old plan and concern the same object; gone: commitments of the old task that have none in
    the new plan and concerned it. kept: how many commitments of the old task have a counterpart anywhere.
    old_words and new_words: the words of intensity anywhere in the two tasks. old_campaigns and new_campaigns: ids of
    the campaigns named anywhere in the two plans.
    """

    old: Commitment
    new: Commitment
    confidence: float
    kinds: tuple[str | None, str | None]
    added: Sequence[Commitment] = ()
    gone: Sequence[Commitment] = ()
    kept: int = 1
    old_words: frozenset[str] = frozenset()
    new_words: frozenset[str] = frozenset()
    old_campaigns: frozenset[str] = frozenset()
    new_campaigns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status of a pairing, whether it is softened, whether signals point both ways, and every signal, the deciding
    ones first.
    """

    status: Status
    softened: bool
    unclear: bool
    signals: tuple[Signal, ...]


def judge(pairing: Pairing, old_plan: Plan, new_plan: Plan) -> Judgement:
    """What became of the strength of one commitment."""
    found = [
        stage(pairing),
        intensity(pairing),
        quantity(pairing, old_plan, new_plan),
        *campaigns(pairing),
        *scope(pairing),
    ]
    signals = list(dict.fromkeys(signal for signal in found if signal is not None))
    status, softened = balance(signals)
    wanted = direction_of(status, softened)
    signals.sort(key=lambda signal: (signal.direction != wanted, -ORDER[signal.kind]))
    return Judgement(status, softened, len({signal.direction for signal in signals}) > 1, tuple(signals))


def direction_of(status: Status, softened: bool) -> str:
    """The direction of the signals that decide a status: up, down, or "" where none does."""
    return "up" if status is Status.ESCALATED else "down" if softened else ""


def balance(signals: Sequence[Signal]) -> tuple[Status, bool]:
    """(status, softened): the highest kind in which ups and downs do not cancel out decides; bodies never do alone."""
    ranks = sorted({ORDER[signal.kind] for signal in signals if signal.kind != "bodies"}, reverse=True)
    for rank in ranks:
        tally = sum((1 if s.direction == "up" else -1) for s in signals if ORDER[s.kind] == rank)
        if tally > 0:
            # A stronger word for a commitment most of whose parts are gone is no more than continued.
            if rank == ORDER["intensity"] and any(s.kind == "scope" and s.direction == "down" for s in signals):
                return Status.CONTINUED, True
            return Status.ESCALATED, False
        if tally < 0:
            return Status.CONTINUED, True
    return Status.CONTINUED, False


def _stage_words(old: Commitment, new: Commitment) -> str:
    """What a change of stage means, in words: "was to be studied, is now to be issued"."""
    return f"was to be {_done(old)}, is now to be {_done(new)}"


def _done(commitment: Commitment) -> str:
    """What is to be done, as a participle; of "study and draft" both words, though the first decides the stage."""
    table = loader.table("stages")
    if commitment.stage is None:
        return "acted on"
    done: str = next(entry["done"] for entry in table["stage"] if entry["rung"] == commitment.stage)
    second = re.match(r"(?:we will )?study and (\w+)", commitment.text, re.IGNORECASE)
    return table["after_study"].get(second[1].casefold(), done) if second and commitment.stage == 1 else done


def stage(pair: Pairing) -> Signal | None:
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
    else:
        if 7 in (old, new) and not _same_document(pair):
            return None
        direction = "up" if new > old else "down"
    return Signal("stage", direction, _words(pair.old), _words(pair.new), _stage_words(pair.old, pair.new))


def _explores(commitment: Commitment) -> bool:
    """Exploring is a matter of intensity where no document is made (CODEBOOK, "Scale of words")."""
    return bool(re.match(r"(?:we will )?explor|探索", commitment.stage_words, re.IGNORECASE))


def _same_document(pair: Pairing) -> bool:
    """True where both act on a law or other document, so that implementing is later than issuing."""
    documents = objects.named_kinds()
    kinds = set(pair.kinds)
    return bool(kinds) and kinds <= documents | {None} and bool(kinds & documents)


def _words(commitment: Commitment) -> str:
    """The verb phrase of a commitment, quoted: its stage or intensity words with their neighbourhood."""
    text = commitment.display
    if is_cjk(text):
        return text[:16] + ("…" if len(text) > 16 else "")
    return " ".join(text.split()[:9]) + (" …" if len(text.split()) > 9 else "")


def intensity(pair: Pairing) -> Signal | None:
    """Two steps or more on the scale of words, or the step between below plain and plain.

    "Further" alone is too weak to escalate, and its loss too weak to soften. A word that stands elsewhere in the other
    task ("severely", said of another of its commitments) is neither gained nor lost.
    """
    old, new = pair.old.intensity, pair.new.intensity
    difference = new - old
    if difference == 0 or (abs(difference) < 2 and -1 not in (old, new)) or (-1 in (old, new) and abs(difference) < 1):
        return None
    gained, lost = (pair.new.intensity_words, pair.old_words), (pair.old.intensity_words, pair.new_words)
    # A plain commitment has no word: then it is the other's that came or went.
    for word, elsewhere in (gained, lost) if difference > 0 else (lost, gained):
        if word:
            if word.casefold() in elsewhere:
                return None
            break
    return Signal(
        "intensity",
        "up" if difference > 0 else "down",
        pair.old.intensity_words or _words(pair.old),
        pair.new.intensity_words or _words(pair.new),
        _intensity_note(pair.old.intensity_words, pair.new.intensity_words),
    )


def _intensity_note(old: str, new: str) -> str:
    if old and new:
        return f"“{old}” became “{new}”"
    return f"“{new}” is added" if new else f"“{old}” is gone"


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
# What is counted ends before a preposition: "30 counties in building cold storage" are counties.
_NOUN = r"(?!(?:in|of|for|to|by|at|on|with|and|or|from|before|within|across|under|into|through)\b)[A-Za-z-]+"
_QUANTITY = re.compile(
    r"(?P<zh>\d+(?:\.\d+)?)\s*(?P<zhunit>[个家项件批名万亿])|"
    r"(?P<n>\d[\d,]*(?:\.\d+)?|\b(?:one|two|three|four|five|six|seven|eight|nine|ten) hundred\b|"
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten)\b(?!-))"
    rf"(?P<unit>%|\s+percent)?\s*(?P<noun>{_NOUN}(?:\s+{_NOUN}){{0,3}})?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?!\d)")
_DEADLINE = re.compile(
    r"\b(?:by|before|until|within|no later than)\s+(?:the end of\s+)?((?:19|20)\d\d|\d+ (?:months?|days?|years?))|((?:19|20)\d\d)年(?:底|末)?(?:前|之前)",
    re.IGNORECASE,
)


_NO_QUANTITY = re.compile(
    rf"[“\"《][^“”\"《》]*[”\"》]|\([^)]*\)|\b337\b|\b\d+th\b|\b\d+(?:st|nd|rd)\b|{_YEAR.pattern}"
)
_ANY_NUMBER = any_of([r"\d", *(rf"\b{word}\b" for word in _NUMBER_WORDS)])


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text: its value, and the words around it as printed."""

    value: float
    words: str


def quantities(text: str) -> dict[str, Quantity]:
    """Numbers with what they count, by the stems of the counted words. Years, ordinals and names do not count."""
    if not _ANY_NUMBER.search(lowered(text)):
        return {}
    # Blanked at equal length, so that a number is quoted from the text itself.
    plain = _NO_QUANTITY.sub(lambda match: " " * len(match.group()), text)
    found: dict[str, Quantity] = {}
    for match in _QUANTITY.finditer(plain):
        words = _before_number(text[: match.start()]) + text[slice(*match.span())].rstrip()
        if match.group("zh"):
            found[match.group("zhunit")] = Quantity(float(match.group("zh")), words)
            continue
        digits = match.group("n").casefold().replace(",", "")
        if " hundred" in digits:
            value = _NUMBER_WORDS[digits.split()[0]] * 100.0
        else:
            value = float(_NUMBER_WORDS.get(digits) or digits if digits[0].isdigit() else _NUMBER_WORDS[digits])
        unit = "%" if match.group("unit") else ""
        noun = " ".join(terms_of(match.group("noun") or "")[-2:])
        if noun or unit:
            found[f"{unit}{noun}"] = Quantity(value, words)
    return found


_BEFORE_NUMBER = re.compile(r"(?:[^\W\d_]+ )?(?:about |at least |more than |over )?$|[约超达到至]*$")


def _before_number(text: str) -> str:
    """The end of a text that belongs to the number behind it: "build about "."""
    match = _BEFORE_NUMBER.search(text)
    return match.group() if match else ""


def quantity(pair: Pairing, old_plan: Plan, new_plan: Plan) -> Signal | None:
    """A number raised or lowered, set or gone; a deadline set, brought forward, put off or gone.

    Several numbers are compared by what they count. A plan's own years are neither.
    """
    old, new = quantities(pair.old.text), quantities(pair.new.text)
    for unit in sorted(old.keys() & new.keys()):
        if old[unit].value != new[unit].value:
            return _number_changed(old[unit], new[unit])
    gone, added = _without(old, new), _without(new, old)
    if len(gone) == len(added) == 1 and _counted_thing(gone[0][0]) == _counted_thing(added[0][0]):
        return _number_changed(gone[0][1], added[0][1])
    if gone and not added:
        return Signal("quantity", "down", gone[0][1].words, _words(pair.new), "the number is gone")
    if added and not gone:
        return Signal("quantity", "up", _words(pair.old), added[0][1].words, "a number is set")
    before, after = _deadline(pair.old.text, old_plan), _deadline(pair.new.text, new_plan)
    if before and not after:
        return Signal("quantity", "down", before, _words(pair.new), "the date is gone")
    if after and not before:
        return Signal("quantity", "up", _words(pair.old), after, "a date is set")
    if before and after and (years := (_YEAR.search(before), _YEAR.search(after)))[0] and years[1]:
        first, second = int(years[0].group()), int(years[1].group())
        if first != second:
            direction, note = (
                ("up", "the date is brought forward") if second < first else ("down", "the date is put off")
            )
            return Signal("quantity", direction, before, after, note)
    return None


def _number_changed(old: Quantity, new: Quantity) -> Signal:
    direction = "up" if new.value > old.value else "down"
    return Signal("quantity", direction, old.words, new.words, f"{old.value:g} became {new.value:g}")


def _without(numbers: Mapping[str, Quantity], other: Mapping[str, Quantity]) -> list[tuple[str, Quantity]]:
    """The numbers that the other side neither has, nor names in other words for what they count; in reading order."""
    values = {quantity.value for unit, quantity in other.items() if unit not in numbers}
    return [(unit, q) for unit, q in numbers.items() if unit not in other and q.value not in values]


def _counted_thing(unit: str) -> str:
    """The last of the counted words: "villag vet" and "vet" count one kind of thing."""
    return unit.rsplit(" ", 1)[-1]


def _deadline(text: str, plan: Plan) -> str | None:
    for match in _DEADLINE.finditer(text):
        year = _YEAR.search(match.group())
        if not year or not plan.covers[0] <= int(year.group()) <= plan.covers[1]:
            return match.group()
    return None


def campaigns(pair: Pairing) -> list[Signal]:
    """Named campaigns that are new, renewed with added tasks, or gone (CODEBOOK, "Campaign").

    A campaign that the other plan names elsewhere is neither new nor gone, and one in the place of another is neither.
    """
    old, new = pair.old.campaigns, pair.new.campaigns
    shared = old & new
    extra = _renewing(pair)
    found = [
        Signal(
            "campaign",
            "up",
            _naming(pair.old, [key]),
            _naming(pair.new, [key]),
            # The words that the note stands beside name the campaign.
            (f"{loader.campaigns()[key].name} " if len(shared) > 1 else "")
            + f"renewed with added tasks: {_quoted(extra)}",
        )
        for key in sorted(shared)
        if extra
    ]
    joined, gone = new - old - pair.old_campaigns, old - new - pair.new_campaigns
    if joined and (shared or not old):
        name = "the named campaign" if len(joined) == 1 else "the named campaigns"
        old_text = _naming(pair.old, shared) if shared else _words(pair.old)
        note = f"{'takes in' if shared else 'becomes'} {name} {_campaign_names(joined)}"
        found.append(Signal("campaign", "up", old_text, _naming(pair.new, joined), note))
    if gone and (shared or not new):
        new_text = _naming(pair.new, shared) if shared else _words(pair.new)
        note = f"no longer named: {_campaign_names(gone)}"
        found.append(Signal("campaign", "down", _naming(pair.old, gone), new_text, note))
    return found


def _campaign_names(keys: Collection[str]) -> str:
    return ", ".join(loader.campaigns()[key].name for key in sorted(keys))


def _naming(commitment: Commitment, keys: Collection[str]) -> str:
    """The words of a commitment around the names of some campaigns, from the first name to the last."""
    spans = []
    for key in keys:
        forms = "|".join(map(re.escape, loader.campaigns()[key].forms))
        around = rf"(?:[^\s,.;]+\s){{0,3}}[^\s,.;]*(?:{forms})[^\s,.;]*(?:\s[^\s,.;]+){{0,2}}"
        if match := re.search(around, commitment.text, re.IGNORECASE):
            spans.append(match.span())
    if not spans:
        return _words(commitment)
    return commitment.text[min(start for start, _ in spans) : max(end for _, end in spans)].strip()


# So many commitments are named in a note.
_MOST = 2


def _beginnings(commitments: Sequence[Commitment]) -> list[str]:
    """The beginnings of commitments, each with an ellipsis where it is cut."""
    return [shortened(commitment.display, 24 if is_cjk(commitment.text) else 70) for commitment in commitments]


def _quoted(commitments: Sequence[Commitment]) -> str:
    """The beginnings of some commitments in quotation marks; those inside become single ones."""
    inner = str.maketrans("“”", "‘’")
    return _some(commitments, [f"“{beginning.translate(inner)}”" for beginning in _beginnings(commitments[:_MOST])])


def _short(commitments: Sequence[Commitment]) -> str:
    """The beginnings of some commitments."""
    return _some(commitments, _beginnings(commitments[:_MOST]))


def _some(commitments: Sequence[Commitment], beginnings: Sequence[str]) -> str:
    left = len(commitments) - len(beginnings)
    return "; ".join(beginnings) + (f" and {left} more" if left else "")


def _renewing(pair: Pairing) -> list[Commitment]:
    """The added commitments with which a campaign that both name is renewed: its tasks."""
    shared = pair.old.campaigns & pair.new.campaigns
    return [commitment for commitment in pair.added if shared and not commitment.campaigns & pair.new.campaigns]


def scope(pair: Pairing) -> list[Signal]:
    """Commitments added on the same object, or most of them gone (CODEBOOK, "Scope" and "Brevity is not weakness").

    What renews a campaign is said of the campaign.
    """
    found = []
    renewing = _renewing(pair)
    if added := [commitment for commitment in pair.added if commitment not in renewing]:
        found.append(Signal("scope", "up", _words(pair.old), _short(added), f"added: {_quoted(added)}"))
    if len(pair.gone) >= 4 and len(pair.gone) > 2 * pair.kept:
        note = f"{len(pair.gone)} of {pair.kept + len(pair.gone)} commitments not taken up"
        found.append(Signal("scope", "down", _short(pair.gone), _words(pair.new), note))
    return found


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
                f"newly named: {', '.join(joined)}",
            )
        ]
    if len(before) >= len(after) + 2 and len(before) >= 1.5 * len(after):
        left = sorted(before - after)
        return [Signal("bodies", "down", _counted(before), _counted(after), f"no longer named: {', '.join(left)}")]
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
