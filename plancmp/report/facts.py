"""What a result says, in the words of one language: quotations, citations, reasons, bodies, gaps and counts.

Texts of plans stay as they are printed, without control characters; all other words come from lexicon/wording.toml.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..analysis.telling import is_safe
from ..lexicon import loader
from ..lexicon.loader import canonical
from ..model import Body, Counterpart, Fate, Link, Outcome, Plan, Signal, Status, Task
from ..outcomes.caveats import TAUGHT, TRANSLATIONS, different_kinds
from ..outcomes.result import PlanDiff
from ..plans import catalogue, editions
from ..plans.gaps import gap_in_words
from ..text import CJK, fold, shortened
from .blocks import Side, Words, clean, section_numbers, section_path, verbatim

# At least this sure, a statement is clear; below it, and not doubtful, it is likely.
CLEAR = 0.9

# The closest text of the other plan is quoted up to this many characters.
_LONGEST_CLOSEST = 140

# Quotation marks inside a quotation.
INNER = str.maketrans("“”", "‘’")


class Facts:
    """The facts of one result, worded."""

    def __init__(self, result: PlanDiff, words: Words) -> None:
        self.result, self.words = result, words
        self.old, self.new = result.old, result.new
        # Between plans of different kinds what has no counterpart may be said in general words: nothing is called new.
        self.calls_new = not different_kinds(self.old, self.new)
        directories = {plan.id: catalogue.vector_store(plan) for plan in (self.old, self.new)}
        self._particulars = {key: catalogue.particulars(path) if path else {} for key, path in directories.items()}

    # Plans

    def plan_of(self, task_ref: str) -> Plan:
        return self.old if self.result.is_old(task_ref) else self.new

    def plan(self, plan: Plan) -> str:
        """The plan as prose names it: “the 2024 plan”."""
        return self.words("the_plan", id=clean(plan.id))

    def particular(self, plan: Plan, key: str) -> str:
        """What plan.toml says beside the plan's own fields, or ""."""
        return clean(str(self._particulars[plan.id].get(key) or ""))

    def title(self, plan: Plan) -> str:
        return (self.particular(plan, "title_zh") if self.words.lang == "zh" else "") or clean(plan.title or plan.id)

    def issuer(self, plan: Plan) -> str:
        """Who issued a plan, in the language of the briefing where that is known."""
        if self.words.lang == "zh":
            body = loader.bodies().get(loader.find_body(plan.issuer) or "")
            return self.particular(plan, "issuer_zh") or clean((body.name_zh if body else "") or plan.issuer)
        return clean(plan.issuer)

    def date(self, text: str) -> str:
        """A date in words; anything else as it is."""
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError:
            return clean(text)
        month = self.words.table["months"][day.month - 1]
        return self.words("day", day=day.day, month=month, year=day.year)

    def address(self, plan: Plan) -> str:
        """The web address of a plan's text and the day on which it was fetched; "" for a file of the user's."""
        source = plan.source
        if not source.url or not source.retrieved:
            return clean(source.url or "")
        return self.words("retrieved_from", address=clean(source.url), date=self.date(source.retrieved[:10]))

    def gap(self, plan: Plan) -> str:
        """What is missing of a plan's text, in one clause; "" for a whole one."""
        return self.words.phrase(clean(gap_in_words(plan)))

    def incomplete(self) -> list[Plan]:
        return [plan for plan in (self.old, self.new) if not plan.whole]

    # Commitments

    def name(self, fate: Fate) -> str:
        """`1(e)`, as people are shown a commitment."""
        return clean(self.result.name(fate))

    def pinpoint(self, fate: Fate) -> str:
        """`2024, 1(e)`."""
        return f"{clean(self.plan_of(fate.task).id)}{self.words('comma')}{self.name(fate)}"

    def added_in(self, counterpart: Counterpart) -> Fate | None:
        """The commitment of the counterpart's task that a reason quotes as added, where it is another than the counterpart."""
        found = counterpart.signals and re.search(r"added(?: tasks)?: “(.+?)…?”", counterpart.signals[0].note)
        if not found:
            return None
        whole = self.result.whole or self.result
        partner = self.result.fate(counterpart.ref)
        mates = (fate for fate in whole.new_commitments if fate.task == partner.task)
        return next((fate for fate in mates if found.group(1).strip() in clean(fate.text) and fate != partner), None)

    def quotation(self, fate: Fate) -> str:
        """The commitment's words, verbatim."""
        return verbatim(clean(fate.text), clean(self.result.task(fate.task).full_text))

    def sureness(self, confidence: float, doubtful: bool, by_reviewer: bool = False) -> str:
        """How sure a statement is, in a word."""
        if by_reviewer:
            return self.words("reviewer")
        return self.words("doubtful" if doubtful else "clear" if confidence >= CLEAR else "likely")

    def label(self, state: str) -> str:
        return self.words.status(state)

    def task_label(self, state: str, outcomes: Iterable[Outcome]) -> str:
        """What became of a task or of a pair of tasks, and what else became of parts of it."""
        found = list(outcomes)
        parts = [self.label(state)]
        parts += [self.words("partly_dropped")] if any(outcome.partly_dropped for outcome in found) else []
        parts += [self.words("partly_new")] if any(outcome.partly_new for outcome in found) else []
        return self.words("comma").join(parts)

    def reason(self, signal: Signal) -> str:
        """A signal in plain words."""
        note = clean(signal.note)
        if signal.kind == "campaign" and self.words.lang == "zh":
            for campaign in loader.campaigns().values():
                note = note.replace(campaign.name, f"“{self.campaign(campaign.name)}”")
        note = self.words.phrase(note)
        if self.words.lang == "zh":
            note = note.replace("”; “", "”；“")
        if signal.kind == "bodies":
            note = re.sub(r"\b[A-Z][A-Z-]+\b", lambda match: self.body_name(match.group()), note)
        return note

    def campaign(self, name: str) -> str:
        """The name of a campaign in the language of the briefing, or as it stands where the lexicon does not know it."""
        campaign = loader.campaigns().get(loader.campaign_forms().get(fold(name), ""))
        if self.words.lang != "zh" or campaign is None:
            return name
        return next((form for form in campaign.forms if CJK.search(form)), name)

    def reasons(self, counterpart: Counterpart) -> tuple[str, ...]:
        """Why a pairing has its status, the deciding reason first."""
        found = [self.reason(signal) for signal in counterpart.signals]
        return (*found, *([self.words("unclear")] if counterpart.unclear else []))

    def notes(self, fate: Fate, nearest: bool = True) -> tuple[str, ...]:
        """What must be said of a commitment without a counterpart, or of a cut one. nearest: and where it may live on."""
        words = self.words
        found = []
        if fate.status is Status.UNDETERMINED and fate.complete:
            found.append(words("why_undetermined"))
        if not fate.complete:
            found.append(words("cut"))
        if self.result.task(fate.task).other_edition:
            found.append(words("other_edition"))
        if fate.note == "one-off":
            found.append(words("one_off"))
        if nearest and fate.nearest and not fate.counterparts and fate.doubtful:
            other = self.result.fate(fate.nearest[0])
            found.append(words("nearest", ref=self.pinpoint(other), words=self.quotation(other).translate(INNER)))
        return tuple(found)

    def closest(self, fate: Fate, key: str = "") -> str:
        """The closest text of the other plan to what has no counterpart; "" where nothing comes near, or cannot be told.

        key: the words to put it in, instead of those that say how close it is.
        """
        if not fate.nearest or fate.counterparts or fate.status is Status.UNDETERMINED or is_safe(fate):
            return ""
        nearest = self.result.fate(fate.nearest[0])
        quoted = shortened(self.quotation(nearest).translate(INNER), _LONGEST_CLOSEST)
        if key:
            return self.words(key, ref=self.name(nearest), words=quoted)
        return self.words("nearest" if fate.doubtful else "closest", ref=self.pinpoint(nearest), words=quoted)

    def citation(self, task: Task, section: str = "") -> str:
        """The exact place of a task. section: its section in other words."""
        first, last = task.lines
        lines = self.words("line", first=first) if first == last else self.words("lines", first=first, last=last)
        return self.words(
            "cite",
            plan=clean(self.plan_of(task.ref).id),
            section=section or self.section(task),
            number=clean(editions.marked(task.number, task)),
            lines=lines,
        )

    def section(self, task: Task) -> str:
        return section_path(task.section) or self.words("no_heading")

    def side(self, task: Task) -> Side:
        return Side(
            clean(task.ref),
            self.section(task),
            clean(task.full_text),
            self.bodies(task),
            tuple(self.body_name(canonical(body), body.name) for body in task.bodies),
            self.citation(task),
            self.citation(task, section_numbers(task.section)),
        )

    # Bodies

    def body_name(self, key: str, printed: str = "") -> str:
        """The name of a body in the language of the briefing, or as printed where the lexicon does not know it."""
        entry = loader.bodies().get(key)
        if not entry:
            return clean(printed or key)
        name = (entry.name_zh if self.words.lang == "zh" else entry.name) or entry.name
        return name.removesuffix(" (generic)")

    def _body(self, body: Body) -> str:
        lead = self.words("lead_mark") if body.lead else ""
        return self.body_name(body.id or "", body.name or body.as_printed) + lead + (" ?" if body.doubtful else "")

    def bodies(self, task: Task) -> tuple[str, ...]:
        if len(task.bodies) == 1:
            return (self._body(replace(task.bodies[0], lead=False)),)
        return tuple(self._body(body) for body in task.bodies)

    def _listed(self, keys: Iterable[str], tasks: Sequence[Task]) -> str:
        printed = {canonical(body): body.name for task in tasks for body in task.bodies}
        return self.words("list_comma").join(self.body_name(key, printed.get(key, "")) for key in keys)

    def body_changes(self, link: Link) -> str:
        """Who is newly named, no longer named, took over or leads now, in a pair of tasks."""
        words = self.words
        tasks = [self.result.task(ref) for ref in (link.old, link.new)]
        before, after = (task.bodies for task in tasks)
        if not before or not after:
            return ""
        parts = [
            f"{words(key)}{words('colon')}{self._listed(keys, tasks)}"
            for key, keys in (("newly_named", link.newly_named), ("no_longer_named", link.no_longer_named))
            if keys
        ]
        old, new = {canonical(body): body for body in before}, {canonical(body): body for body in after}
        for key in sorted(old.keys() & new.keys()):
            entry = loader.bodies().get(old[key].id or "")
            if entry and entry.successor and old[key].key != new[key].key:
                pair = {"old": self.body_name(old[key].key), "new": self.body_name(new[key].key)}
                parts.append(words("succession", year=entry.successor.get("year", "?"), **pair))
        leads = [[body for body in bodies if body.lead] for bodies in (before, after)]
        if all(leads) and {canonical(b) for b in leads[0]} != {canonical(b) for b in leads[1]}:
            was, now = (self._listed((canonical(b) for b in found), tasks) for found in leads)
            parts.append(words("lead_changed", old=was, new=now))
        return words("semicolon").join(parts)

    # Counts and caveats

    def counts(self, doubtful_apart: bool = False) -> list[str]:
        """How many commitments of each side had which fate, of what is shown.

        doubtful_apart: of what is doubtful nothing is said to be stronger or weaker.
        """
        words, result = self.words, self.result
        sentences = []
        for side, plan, other in (("old", self.old, self.new), ("new", self.new, self.old)):
            fates = result.old_commitments if side == "old" else result.new_commitments
            summary = result.summary[f"{side}_commitments"]
            total = result.selection[side][1] if result.selection else len(fates)
            values = {"plan": self.plan(plan), "total": total}
            if result.selection:
                opening = words.counted("count_shown", len(fates), shown=len(fates), **values)
            else:
                opening = words("count_whole", **values)
            kept = summary["continued"] + summary["escalated"]
            compared = [fate for fate in fates if side == "old" and not (doubtful_apart and fate.doubtful)]
            strength = [
                words(key, count=count)
                for key, count in (
                    ("count_stronger", sum(fate.state == "escalated" for fate in compared)),
                    ("count_weaker", sum(fate.state == "softened" for fate in compared)),
                    (
                        "count_doubtful_apart" if doubtful_apart and side == "old" else "count_doubtful",
                        sum(bool(fate.counterparts) and fate.doubtful for fate in fates),
                    ),
                )
                if count
            ]
            unsure = sum(
                fate.doubtful for fate in fates if not fate.counterparts and fate.status is not Status.UNDETERMINED
            )
            parts = [
                words.counted(key, count, count=count, other=self.plan(other))
                + (words("in_brackets", text=words("count_doubtful", count=doubtful)) if doubtful else "")
                for key, count, doubtful in (
                    (f"count_kept_{side}", kept, 0),
                    ("count_dropped", summary.get("dropped", 0), unsure),
                    ("count_new" if self.calls_new else "count_dropped", summary.get("new", 0), unsure),
                    ("count_open", summary["undetermined"], 0),
                )
                if count
            ]
            if kept and strength:
                parts[0] += words("in_brackets", text=words("list_comma").join(strength))
            told = words("colon") + words("semicolon").join(parts) if parts else ""
            sentences.append(words.sentence(opening + told) + words("full_stop").rstrip())
        return sentences

    def caveats(self) -> list[str]:
        """What this rests on, in plain words that say what they touch."""
        return [
            *self._gap_caveats(),
            *self._translation_caveat(),
            *self._no_counterpart_caveat(),
            *self._doubt_caveat(),
            *(self.words.phrase(clean(note)) for note in self._other_notes()),
        ]

    def _other_notes(self) -> list[str]:
        """Notes of the result but those on gaps, which are worded here."""
        gaps = tuple(gap_in_words(plan) for plan in self.incomplete())
        # The gap and the translations have words of their own here; what was learned stands in the annex.
        return [
            note
            for note in self.result.notes
            if not (gaps and note.startswith(gaps)) and not note.startswith((TRANSLATIONS, TAUGHT))
        ]

    def _gap_caveats(self) -> list[str]:
        words = self.words
        found = []
        for plan, other, fates in (
            (self.old, self.new, self.result.new_commitments),
            (self.new, self.old, self.result.old_commitments),
        ):
            if plan.whole:
                continue
            open_fates = [fate for fate in fates if fate.status is Status.UNDETERMINED and fate.complete]
            key = "gap_touches" if open_fates else "gap_touches_nothing"
            touched = words(
                key,
                count=len(open_fates),
                plan=self.plan(other),
                refs=self.names(open_fates, 6),
                whether=words("whether_new" if plan is self.old else "whether_taken_up"),
                sought=words("sought_new" if plan is self.old else "sought_dropped"),
            )
            found.append(f"{self.gap(plan)}{words('full_stop')}{touched}")
        return found

    def names(self, fates: Sequence[Fate], most: int) -> str:
        """The names of some commitments, and how many more there are."""
        shown = self.words("list_comma").join(self.name(fate) for fate in fates[:most])
        return shown + (self.words("and_more", count=len(fates) - most) if len(fates) > most else "")

    def _translation_caveat(self) -> list[str]:
        words = self.words
        by = [(plan, self.particular(plan, "translated_by")) for plan in (self.old, self.new)]
        translated = [(plan, who) for plan, who in by if who and plan.language == "en"]
        if not translated:
            return []
        unofficial = len(translated) == 2 and all("not official" in who for _, who in translated)
        who = words("semicolon").join(
            f"{clean(plan.id)}{words('colon')}{words.phrase(name)}" for plan, name in translated
        )
        sentence = words("translations_unofficial" if unofficial else "translations", who=who)
        single = [fate for fate in self.result.old_commitments if self.rests_on_one_word(fate) and not fate.doubtful]
        if single:
            sentence += words.counted("one_word", len(single), count=len(single), refs=self.names(single, 8))
        return [sentence]

    @staticmethod
    def rests_on_one_word(fate: Fate) -> bool:
        """True where a change of strength hangs on a word of intensity, which may be the translator's."""
        if fate.state not in ("escalated", "softened") or not fate.counterparts[0].signals:
            return False
        return fate.counterparts[0].signals[0].kind == "intensity"

    def _no_counterpart_caveat(self) -> list[str]:
        dropped = [fate for fate in self.result.old_commitments if fate.status is Status.DROPPED]
        if not dropped:
            return []
        sentence = self.words("not_given_up", plan=self.plan(self.new))
        once = [fate for fate in dropped if fate.note == "one-off"]
        if once:
            sentence += self.words("may_be_done", refs=self.names(once, 8))
        return [sentence]

    def _doubt_caveat(self) -> list[str]:
        doubtful = [fate for fate in self.result.old_commitments if fate.doubtful]
        return [self.words("doubts", refs=self.names(doubtful, 12))] if doubtful else []
