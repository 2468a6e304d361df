"""The annex: method, settings, version, decisions, what is undetermined, and the command that repeats a briefing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ..model import Decision, Fate, Status
from ..version import __version__
from .blocks import Block, Cell, Heading, Paragraph, Table, clean
from .facts import Facts


def compose(facts: Facts, command: str, decisions: Sequence[Decision]) -> Iterator[Block]:
    """The blocks of the annex. command: what repeats the briefing, or "". decisions: the reviewer's."""
    words, result = facts.words, facts.result
    yield Heading(1, words("appendix"), "appendix")
    yield Paragraph(words("method_units"))
    yield Paragraph(words("method_status"))
    yield Paragraph(words("method_sure"))
    if command:
        yield Heading(2, words("repeat"), "repeat")
        yield Paragraph(words("method_repeat", version=__version__))
        yield Paragraph(clean(command), "small")
    yield _sources(facts)
    yield _settings(facts)
    for plan in (facts.old, facts.new):
        if plan.warnings:
            warnings = words("semicolon").join(words.phrase(clean(warning)) for warning in plan.warnings)
            yield Paragraph(words("warnings", id=clean(plan.id), warnings=warnings))
    yield Heading(2, words("decisions"), "decisions")
    if decisions:
        yield _decisions(facts, decisions)
    else:
        yield Paragraph(words("no_decisions"))
    yield Heading(2, words("undetermined_list"), "undetermined-list")
    open_fates = [fate for fate in result.commitments if fate.status is Status.UNDETERMINED]
    if open_fates:
        yield _undetermined(facts, open_fates)
    else:
        gaps = [facts.gap(plan) for plan in facts.incomplete()]
        yield Paragraph(words("semicolon").join(gaps) + words("full_stop") if gaps else words("undetermined_none"))


def _sources(facts: Facts) -> Table:
    words = facts.words
    rows = tuple(
        (clean(plan.id), clean(plan.source.file), facts.address(plan), clean(plan.source.sha256))
        for plan in (facts.old, facts.new)
    )
    return Table("sources", words("source"), (words("plan"), words("file"), words("address"), words("sha256")), rows)


def _settings(facts: Facts) -> Table:
    words = facts.words
    rows: list[tuple[Cell, ...]] = [
        ("version", __version__, words("version")),
        *([("taught_by", facts.result.taught_by, words("taught"))] if facts.result.taught_by else []),
        ("encoder", clean(facts.result.encoder) or words("unknown"), words("encoder")),
        *(
            (clean(key), value, words(f"setting_{key}") if f"setting_{key}" in words.table else "")
            for key, value in facts.result.config.items()
        ),
    ]
    header = (words("setting"), words("value"), words("meaning"))
    return Table("settings", words("settings"), header, tuple(rows))


def _decisions(facts: Facts, decisions: Sequence[Decision]) -> Table:
    words = facts.words
    rows = tuple(
        (
            clean(f"{decision.old} → {decision.new}"),
            words.status(decision.outcome.replace(" ", "_")),
            clean(decision.who),
            clean(decision.when),
            clean(decision.note),
        )
        for decision in decisions
    )
    header = (words("tasks"), words("verdict"), words("reviewer_name"), words("date"), words("note"))
    return Table("decisions", words("decisions"), header, rows)


def _undetermined(facts: Facts, fates: Sequence[Fate]) -> Table:
    words = facts.words
    by_section: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for fate in fates:
        task = facts.result.task(fate.task)
        why = words("why_undetermined") if fate.complete else words("cut")
        by_section[clean(facts.plan_of(fate.task).id), facts.section(task), why].append(facts.name(fate))
    rows = tuple(
        (plan, section, words("list_comma").join(names), why) for (plan, section, why), names in by_section.items()
    )
    header = (words("plan"), words("section"), words("commitments"), words("reason"))
    return Table("undetermined", words("undetermined_list"), header, rows)
