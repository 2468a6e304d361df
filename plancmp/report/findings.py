"""Findings in prose, made from the data by rule: each sentence says one thing and ends in its pinpoint citation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from ..analysis.telling import Telling, is_safe
from ..commitments import objects
from ..errors import UsageError
from ..lexicon import loader
from ..model import Fate, Status
from ..outcomes.result import PlanDiff
from ..text import is_cjk, shortened
from .blocks import clean
from .facts import INNER, Facts

# A commitment is given in its own words up to this many characters, and by its subject beyond.
_LONGEST_PROMISE = 230


# What is said of a subject in the passive: "the law | will be revised".
_PREDICATE = re.compile(r"(?<!\bthat)(?<!\bwhich)(?<!\bwho)\s(?:will|shall|should|must)\s")


# Words that are listed with the last of a subject, and what they go with.
_LISTED = re.compile(r"(?:, (?!and\b)[\w-]+)+,? and (?!\w+(?:ly|ing)\b)[^,;(.]+")


# What follows a verb, and never a noun that looks like one: "study the reform" against "study of the reform".
_DETERMINERS = frozenset(("the", "a", "an", "and", "its", "their", "all", "several", "various"))


@cache
def _words(kind: str) -> frozenset[str]:
    """The English words of one kind of lexicon/actions.toml: verbs, nouns_too or adverbs."""
    return frozenset(loader.table("actions")["en"][kind])


def _begins_with_verb(words: str, whole: str) -> bool:
    """True where English words begin with a verb. whole: the text that they are of; what it begins with is no mere noun."""
    first, second, *_ = [*(word.strip(",").casefold() for word in words.split(" ", 2)), "", ""]
    if first in _words("nouns_too"):
        return second in _DETERMINERS or (whole.startswith(words) and not _PREDICATE.search(whole) and second != "of")
    return first == "to" or (first in _words("verbs") and first != "further")


def promise(text: str) -> str | None:
    """The words of a commitment as they stand behind “promised to”, or None where they do not begin with a verb."""
    plain = re.sub(r"^(?:we\s+)?will\s+", "", clean(text), flags=re.IGNORECASE).replace(" … ", " ")
    opening = plain.split(" ", 1)[0].casefold()
    if opening not in _words("adverbs") and not _begins_with_verb(plain, plain):
        return None
    if is_cjk(plain) or opening == "to" or len(plain) > _LONGEST_PROMISE:
        return None
    return (plain[:1].lower() + plain[1:]).rstrip(" .;")


def whole_subject(fate: Fate) -> str:
    """What a commitment is about, in full where that is not too long for a sentence, without a predicate."""
    subject = _PREDICATE.split(clean(fate.subject))[0]
    stem = subject.removesuffix("…").rstrip()
    text = clean(fate.text)
    start = text.find(stem)
    # "the administration of access | to genetic resources" is one name; "the action | to strengthen protection" is not.
    behind = re.match(r"\s+to\s+(\w+)", text[start + len(stem) :])
    goes_on = behind is not None and not _begins_with_verb(behind.group(1), "")
    if start >= 0 and (listed := _LISTED.match(text, start + len(stem))) and stem == subject:
        # "the trial mechanism for civil|, criminal and administrative cases" is no mechanism for civil.
        return shortened(_PREDICATE.split(stem + listed.group())[0], 150)
    if start < 0 or (stem == subject and not goes_on):
        return subject
    whole = _PREDICATE.split(re.split(r"[,;(.]|\s(?:such as|so as to|in order to)\s", text[start:])[0])[0].strip()
    if whole.count("“") < whole.count("”"):
        whole = whole.replace("”", "")
    return shortened(whole, 150)


def with_article(fate: Fate) -> str:
    """What a commitment is about, with the article that stands before it in the text."""
    subject = whole_subject(fate)
    found = re.search(rf"\b(the|a|an)\s+[“\"]?{re.escape(subject.rstrip('…'))}", clean(fate.text), re.IGNORECASE)
    return f"{found.group(1).lower()} {subject}" if found else subject


def _opens(subject: str, text: str) -> bool:
    """True where a text begins with the subject, and nothing but that gives it a capital letter."""
    return text.startswith(subject) and re.match(r"[A-Z][a-z]+ [a-z]", subject) is not None


def is_noun_phrase(fate: Fate) -> bool:
    """True where what a commitment is about can stand in an English sentence: it begins with no verb."""
    subject = whole_subject(fate)
    if is_cjk(fate.subject) or _begins_with_verb(subject, clean(fate.text)):
        return False
    # "qualified universities to establish degrees" says who is to do what.
    return not any(_begins_with_verb(words, "") for words in re.split(r"\sto\s", subject)[1:])


def is_plural(subject: str) -> bool:
    """True where the head of an English noun phrase is a plural: “regulations on the protection of …”."""
    if re.match(r"\w+ing\s+(?!of\b)", subject):
        return False
    head = re.split(r"\s+(?:of|on|for|in|to|with|by|under|from|at|between|concerning)\s+", subject)[0].rstrip("”\"' ")
    return bool(re.search(r"(?<![suia])s$|ies$|ses$", head))


def telling_of(result: PlanDiff) -> tuple[Telling, ...]:
    """Every commitment shown with each of its counterparts, and those without one, as changes of their own."""
    shown = {fate.ref for fate in result.commitments}
    found = []
    for fate in (result.whole or result).commitments:
        if not result.is_old(fate.task):
            if fate.ref in shown and not fate.counterparts:
                found.append(Telling(fate.state, fate.subject, "", (fate,)))
            continue
        for counterpart in fate.counterparts:
            if fate.ref in shown or counterpart.ref in shown:
                softened = counterpart.softened and counterpart.status is Status.CONTINUED
                state = "softened" if softened else str(counterpart.status)
                reason = counterpart.signals[0].note if counterpart.signals else ""
                found.append(Telling(state, fate.subject, reason, (fate,), counterpart))
        if fate.ref in shown and not fate.counterparts:
            found.append(Telling(fate.state, fate.subject, "", (fate,)))
    return tuple(found)


class Findings:
    """Sentences on the changes of one result."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.words = facts, facts.words

    def sentences(self, changes: Iterable[Telling]) -> list[str]:
        """Changes as sentences; those that have one counterpart for one reason share a sentence."""
        groups: dict[object, Telling] = {}
        for number, change in enumerate(changes):
            partner = change.counterpart
            key: object = number
            if partner:
                # Of what is doubtful no reason is given.
                key = partner.ref if partner.doubtful else (change.state, change.reason, partner.ref)
            known = groups.get(key)
            groups[key] = replace(known, fates=(*known.fates, *change.fates)) if known else change
        return [self.sentence(change) for change in groups.values()]

    def sentence(self, change: Telling, also: bool = False) -> str:
        """One change as a sentence with its citation. also: another counterpart of the commitment was spoken of before."""
        if change.counterpart is None:
            return self._alone(change)
        facts, words = self.facts, self.words
        partner = facts.result.fate(change.counterpart.ref)
        names = words("list_comma").join(facts.name(fate) for fate in change.fates)
        cite = f"{clean(facts.old.id)}{words('comma')}{names}{words('semicolon')}{facts.pinpoint(partner)}"
        if added := facts.added_in(change.counterpart):
            cite += words("list_comma") + facts.name(added)
        by_reviewer = change.counterpart.decided_by != "model"
        if facts.sureness(change.counterpart.confidence, change.counterpart.doubtful, by_reviewer) == words("likely"):
            cite += words("semicolon") + words("likely_same")
        values = {
            "subject": self._enumerated(list(dict.fromkeys(map(self.subject, change.fates)))),
            "old": facts.plan(facts.old),
            "new": facts.plan(facts.new),
            "cite": cite,
        }
        stages = re.fullmatch(r"was to be (.+), is now to be (.+)", change.reason)
        if change.counterpart.doubtful:
            # Of what may not be the same commitment nothing is said to be stronger.
            return words.sentence(words("f_doubtful_plural" if len(change.fates) > 1 else "f_doubtful", **values))
        if change.state == "continued":
            sentence = words("f_also" if also else "f_continued", **values)
        elif stages and change.counterpart.signals[0].kind == "stage" and self._stands(change):
            plural = len(change.fates) > 1 or is_plural(whole_subject(change.fates[0]))
            before, after = (words.table["stages"].get(stage, stage) for stage in stages.groups())
            key = "f_stage_plural" if plural else "f_stage"
            sentence = words(key, before=before, after=after, **values)
        else:
            reasons = facts.reasons(change.counterpart)
            reason = shortened(reasons[0], 160) if change.counterpart.signals else words("reviewer")
            key = f"f_{change.state}"
            if stages and words.lang == "en":
                reason = f"what {reason.replace(', is', ' is')}"
            for opening, other in (("added: ", "f_added"), ("renewed with added tasks: ", "f_renewed")):
                if change.reason.startswith(opening):
                    key, reason = other, re.sub(r"^[^:：]*[:：]\s*", "", reason)
            if key == "f_renewed":
                values["subject"] = f"“{facts.campaign(whole_subject(change.fates[0]))}”"
            sentence = words(key, reason=reason, **values)
        return words.sentence(sentence)

    def _alone(self, change: Telling) -> str:
        """Commitments without a counterpart."""
        facts, words = self.facts, self.words
        values = {"old": facts.plan(facts.old), "new": facts.plan(facts.new)}
        state = change.state if facts.calls_new or change.state != "new" else "unmatched"
        if len(change.fates) > 1:
            items = [words("with_cite", text=self.subject(fate), cite=facts.name(fate)) for fate in change.fates]
            plan = clean(facts.plan_of(change.fates[0].task).id)
            return words.sentence(words(f"f_{state}_list", items=self._enumerated(items), plan=plan, **values))
        fate = change.fates[0]
        state += "_doubtful" if fate.doubtful and state in ("dropped", "new") else ""
        said = promise(fate.text)
        values["cite"] = facts.name(fate)
        if said and words.lang == "en" and change.state != "undetermined":
            sentence = words(f"f_{state}", promise=said, **values)
        else:
            sentence = words(f"f_{state}_quote", quote=shortened(facts.quotation(fate).translate(INNER), 200), **values)
        if fate.nearest and facts.closest(fate):
            near = facts.pinpoint(facts.result.fate(fate.nearest[0]))
            unsure = "f_near_old" if change.state == "new" else "f_near"
            sentence += words(unsure if fate.doubtful else "f_closest", cite=near)
        return words.sentence(sentence)

    def _enumerated(self, items: Sequence[str]) -> str:
        if len(items) == 1:
            return items[0]
        return self.words("list_comma").join(items[:-1]) + self.words("and") + items[-1]

    def subject(self, fate: Fate) -> str:
        """What a commitment is about, as it stands in a sentence."""
        subject = whole_subject(fate)
        if self.words.lang != "en" or not is_noun_phrase(fate):
            return f"“{subject}”"
        if _opens(subject, clean(fate.text)) and self._is_common(subject.split(" ", 1)[0].lower()):
            return subject[:1].lower() + subject[1:]
        return with_article(fate)

    def _is_common(self, word: str) -> bool:
        """True for an English word that the plans write with a small letter elsewhere."""
        texts = (task.full_text for plan in (self.facts.old, self.facts.new) for task in plan.tasks)
        return any(re.search(rf"\b{re.escape(word)}\b", text) for text in texts)

    def _stands(self, change: Telling) -> bool:
        """True where what changed can be the subject of a sentence in the language of the briefing."""
        return self.words.lang != "en" or all(is_cjk(fate.subject) or is_noun_phrase(fate) for fate in change.fates)

    def pinned(self, ref: str, topic: str) -> str:
        """The headline that tells what became of one commitment. Raises UsageError where it is not among those shown."""
        words, facts = self.words, self.facts
        change = next(
            (c for c in telling_of(facts.result) if ref in (c.fates[0].ref, c.counterpart and c.counterpart.ref)), None
        )
        if change is None or change.state == "undetermined":
            why = "cannot be told" if change else "is not among the commitments shown"
            raise UsageError(f"{ref} makes no headline: it {why}", "name one by --pin that the alert lists")
        values = {"old": clean(facts.old.id), "new": clean(facts.new.id), "topic": words.sentence(topic)}
        return words("h_topic" if topic else "h_whole", finding=self._clause(change), **values)

    def headline(self, changes: Sequence[Telling], topic: str) -> str:
        """The finding in one line: what weighs most, and how much is without a counterpart."""
        words, facts = self.words, self.facts
        result = facts.result
        new = clean(facts.new.id)
        parts = []
        dropped = [fate for fate in result.old_commitments if fate.status is Status.DROPPED]
        kept = [fate for fate in result.old_commitments if fate.counterparts]
        if topic:
            if dropped:
                parts.append(self._gone(dropped))
            parts += [self._clause(change) for change in changes if _is_sure_change(change)][:1]
            added = [fate for fate in result.new_commitments if is_safe(fate)] if facts.calls_new else []
            if added and len(parts) < 2:
                first = next((fate for fate in added if fate.named), added[0])
                parts.append(words("h_new", subject=_for_headline(self.subject(first))))
            if not parts:
                parts.append(words.counted("h_same", len(kept), count=len(kept)) if kept else words("h_nothing"))
            return words("h_topic", topic=words.sentence(topic), new=new, finding=words("semicolon").join(parts))
        parts += [self._clause(change) for change in changes if _is_sure_change(change)][:1]
        if dropped:
            unsure = sum(fate.doubtful for fate in dropped)
            key = "h_dropped_count_doubtful" if unsure else "h_dropped_count"
            parts.append(words(key, count=len(dropped), total=len(result.old_commitments), doubtful=unsure))
        elif kept:
            parts.append(words.counted("h_same", len(kept), count=len(kept)))
        if not parts:
            parts.append(words("h_nothing"))
        return words("h_whole", old=clean(facts.old.id), new=new, finding=words("semicolon").join(parts))

    def _gone(self, dropped: Sequence[Fate]) -> str:
        """What of a topic has no counterpart, as a clause: those that are safe to say so of, or else how many there are."""
        safe = sorted((fate for fate in dropped if not fate.doubtful), key=lambda fate: not fate.named)
        if not safe:
            total = len(self.facts.result.old_commitments)
            return self.words("h_dropped_unsure", count=len(dropped), total=total)
        key = "h_dropped" if len(safe) == 1 else "h_dropped_more"
        return self.words(key, subject=self.subject(safe[0]), count=len(safe) - 1)

    def _clause(self, change: Telling) -> str:
        """One change as a clause of a headline."""
        subject = _for_headline(self.subject(change.fates[0]))
        stages = re.fullmatch(r"was to be (.+), is now to be (.+)", change.reason)
        if stages and change.counterpart and change.counterpart.signals[0].kind == "stage" and self._stands(change):
            key = "h_stage_plural" if is_plural(whole_subject(change.fates[0])) else "h_stage"
            after = self.words.table["stages"].get(stages.group(2), stages.group(2))
            return self.words(key, subject=subject, after=after)
        if change.state == "dropped" and change.fates[0].doubtful:
            return self.words("h_dropped_doubtful", subject=subject)
        unmatched = change.state == "new" and not self.facts.calls_new
        return self.words(
            "h_unmatched" if unmatched else f"h_{change.state}", subject=subject, old=clean(self.facts.old.id)
        )


def _for_headline(subject: str) -> str:
    """A subject without its field, which is that of all of the plan, and without "in accordance with the law"."""
    return re.sub(r" in (?:the field of|accordance with|line with) [^”]*$", "", subject)


def _is_sure_change(change: Telling) -> bool:
    """True for a change of strength that may stand in a headline: it rests on more than one word of a translator."""
    partner = change.counterpart
    if partner is None or partner.doubtful or not partner.signals:
        return False
    return change.state in ("escalated", "softened") and partner.signals[0].kind != "intensity"


def short_name(fate: Fate) -> str:
    """What a commitment is about, for a list of names."""
    if fate.named:
        return shortened(whole_subject(fate), 70)
    found = clean(objects.parse(fate.text).text)
    return shortened(found if " " in found or is_cjk(found) else clean(fate.text), 46)
