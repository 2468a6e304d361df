"""Commands that compare two plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from . import completion
from .options import (
    DAY,
    FILE,
    WORDS,
    briefing_views,
    command_line,
    decision_options,
    deliver,
    filter_of,
    filter_options,
    given_of,
    list_views,
    load_plan,
    must_exist,
    note,
    output_of,
    output_options,
    reading_options,
    views_of,
)
from .progress import embedding

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("old", shell_complete=completion.plans)
@click.argument("new", shell_complete=completion.plans)
@click.option("--full", is_flag=True, help="Whole texts, with the words that changed marked.")
@click.option("--undetermined", is_flag=True, help="List the commitments that cannot be told.")
@click.option("--summary", is_flag=True, help="Only the plans, what is missing and the counts.")
@click.option("--stat", "by_section", is_flag=True, help="Only counts, by section.")
@click.option("--oneline", is_flag=True, help="One line a commitment, fields separated by tabs.")
@click.option(
    "--sort",
    type=click.Choice(["section", "confidence", "status"]),
    default="section",
    help="Order of the table; by section of the old plan by default.",
)
@click.option("--model", help="A sentence-transformers model by name or path, instead of the one that comes along.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 where anything changed, with 0 where nothing did.")
@decision_options
@filter_options
@reading_options
@output_options("json", "csv", "md", "html", "docx", "xlsx")
def diff(
    old: str, new: str, full: bool, undetermined: bool, summary: bool, by_section: bool, oneline: bool, sort: str,
    model: str | None, exit_code: bool, read_anyway: bool, refresh: bool, **values: Any,
) -> int:  # fmt: skip
    """What happened to every commitment between two plans.

    Example: plancmp diff 2021 2024 --status escalated --section 2
    """
    from dataclasses import replace

    from .. import pipeline
    from ..analysis import selection
    from ..plans import catalogue

    options, wanted = output_of(values), filter_of(values)
    first, second = (load_plan(name, read_anyway=read_anyway, refresh=refresh) for name in (old, new))
    decisions = given_of(values, first, second)
    result = pipeline.diff(first, second, model, embedding, decisions)
    named = tuple(note for name in (old, new) if (note := catalogue.resolve(name).note))
    result = replace(result, notes=(*named, *result.notes))
    chosen = selection.select(result, wanted)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import comparison as drawing

        if oneline:
            return drawing.one_line(chosen)
        if by_section:
            return drawing.stat(chosen, width)
        return drawing.diff(chosen, drawing.Layout(width, full, undetermined, sort, brackets=plain), summary)

    def csv() -> str:
        from ..report import csv_table

        return csv_table.diff_csv(chosen)

    deliver(
        views_of(
            table,
            json=chosen.to_dict,
            csv=csv,
            table_rests_on=lambda: repr((chosen, full, undetermined, summary, by_section, oneline, sort)),
            **briefing_views(
                chosen,
                wanted=wanted,
                command=command_line(click.get_current_context()),
                decisions=lambda: decisions.on(result.old, result.new).entries,
            ),
        ),
        options,
    )
    changed = any(fate.state != "continued" for fate in chosen.commitments)
    return 3 if exit_code and changed else 0


@click.command()
@click.argument("task", shell_complete=completion.tasks)
@decision_options
@output_options("json", "csv")
def show(task: str, **values: Any) -> None:
    """One task in full: text, bodies, source lines, its commitments and their counterparts in other plans.

    Example: plancmp show 2024:31; one commitment: plancmp show 2021:1e
    """
    from .. import pipeline, serialization
    from ..commitments import references
    from ..report import csv_table

    options, decisions = output_of(values), given_of(values)
    plan, found, index = references.find(task)
    only = None if index is None else references.name_of(found.ref, index)
    results = pipeline.with_neighbours(plan, embedding, decisions)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import plans as drawing

        return drawing.task(plan, found, results, only, width)

    fates = [fate for result in results for fate in result.commitments if fate.task == found.ref]
    links = [link for result in results for link in result.links if found.ref in (link.old, link.new)]
    data = {
        "schema": "plancmp.task/1",
        "plan": serialization.plan_dict(plan),
        "task": serialization.task_dict(found),
        "commitments": [serialization.fate_dict(fate) for fate in fates if only in (None, fate.ref)],
        "links": [serialization.link_dict(link) for link in links],
    }
    deliver(views_of(table, json=lambda: data, csv=lambda: csv_table.tasks_csv([found])), options)


@click.command()
@click.argument("oldtask", shell_complete=completion.tasks)
@click.argument("newtask", shell_complete=completion.tasks)
@decision_options
@output_options("json")
def explain(oldtask: str, newtask: str, **values: Any) -> None:
    """Why two tasks, or two commitments, are or are not linked, and how the status came about.

    Example: plancmp explain 2021:30 2024:31, or of commitments: plancmp explain 2021:30b 2024:31a
    """
    from ..analysis import explanation
    from ..commitments import references

    options = output_of(values)
    old_plan, old, old_index = references.find(oldtask)
    new_plan, new, new_index = references.find(newtask)
    decisions = given_of(values, old_plan, new_plan)
    explained = explanation.explain(old_plan, old, new_plan, new, embedding, (old_index, new_index), decisions)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import explanation as drawing

        return drawing.explanation(explained, width, plain)

    deliver(views_of(table, json=explained.to_dict), options)


@click.command()
@click.argument("old", shell_complete=completion.plans)
@click.argument("new", shell_complete=completion.plans)
@click.option(
    "--body",
    type=WORDS,
    shell_complete=completion.bodies,
    help="One body in full: any of its names or its id, for example SAMR.",
)
@decision_options
@output_options("json", "csv", "md", "html", "docx", "xlsx")
def bodies(old: str, new: str, body: str | None, **values: Any) -> None:
    """Responsible bodies: tasks gained, lost, lead changes.

    Example: plancmp bodies 2021 2024 --body SAMR
    """
    from ..analysis import bodies, selection
    from ..lexicon import loader
    from ..report import csv_table

    options = output_of(values)
    first, second = load_plan(old), load_plan(new)
    decisions = given_of(values, first, second)
    only = None
    if body:
        ids = selection.body_ids(body, (first, second))
        only = {
            entry.successor["id"] if (entry := loader.bodies().get(key)) and entry.successor else key for key in ids
        }
    found = bodies.responsibilities(first, second, embedding, only, decisions)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import bodies as drawing

        return drawing.responsibilities(found, width, bool(body))

    header = ("body", "name", "old_tasks", "new_tasks", "joined", "left", "took_lead", "gave_lead", "succession")

    def pairs(links: Any) -> str:
        return "; ".join(f"{a} > {b}" for a, b in links)

    rows = [
        (
            c.id,
            c.name,
            "; ".join(c.old_tasks),
            "; ".join(c.new_tasks),
            pairs(c.joined),
            pairs(c.left),
            pairs(c.took_lead),
            pairs(c.gave_lead),
            c.succession or "",
        )
        for c in found.changes
    ]
    lists = list_views("of_bodies", found)
    deliver(views_of(table, json=found.to_dict, csv=lambda: csv_table.csv_text(header, rows), **lists), options)


@click.command()
@click.argument("old", shell_complete=completion.plans)
@click.argument("new", shell_complete=completion.plans)
@click.option(
    "-o",
    "--output",
    "path",
    type=FILE,
    required=True,
    help="The file: .docx, .html, .md or .xlsx.",
)
@click.option(
    "--length",
    type=click.Choice(["alert", "report", "annex"]),
    default="alert",
    help="alert: two to four pages; report: every commitment, by section; annex: method, settings, decisions.",
)
@click.option("--author", default=None, help="Who signs the briefing; also the author of tracked changes.")
@click.option("--client", default=None, help="For whom it is made.")
@click.option("--headline", default=None, help="A headline of one's own, instead of the one made from the data.")
@click.option("--pin", metavar="COMMITMENT", default="", help="What the headline is to be about, for example 2021:1d.")
@click.option(
    "--placeholders/--no-placeholders", default=True, help="Marked places for the firm's own words; there by default."
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the fixed words; English by default."
)
@click.option("--template", type=FILE, help="A .docx whose styles the briefing takes.")
@click.option(
    "--marks",
    type=click.Choice(["tracked", "formatting"]),
    default="tracked",
    help="Changes in a Word report: Word's tracked changes, or marked by colour and line.",
)
@click.option("--date", type=DAY, help="Date of the briefing, YYYY-MM-DD; today by default.")
@click.option("--model", help="A sentence-transformers model by name or path.")
@click.option("--overwrite", is_flag=True, help="Write over a Word or Excel file that has been edited since.")
@decision_options
@filter_options
def brief(
    old: str, new: str, path: Path, length: str, author: str | None, client: str | None, headline: str | None,
    pin: str, placeholders: bool, lang: str, template: Path | None, marks: str, date: str | None, model: str | None,
    overwrite: bool, **values: Any,
) -> None:  # fmt: skip
    """A client briefing as docx, html, md or xlsx.

    Example: plancmp brief 2021 2024 --topic "trade secrets" -o client.docx
    """
    from .. import pipeline
    from ..analysis import selection
    from ..report.output import Options

    wanted = filter_of(values)
    if template is not None:
        must_exist(template)
    if path.suffix.casefold() not in (".docx", ".html", ".htm", ".md", ".xlsx"):
        raise UsageError(f"a briefing cannot be written as {path.name}", "end the file in .docx, .html, .md or .xlsx")
    first, second = load_plan(old), load_plan(new)
    given = given_of(values, first, second)
    result = pipeline.diff(first, second, model, embedding, given)
    chosen = selection.select(result, wanted)
    pinned = _commitment(pin) if pin else ""
    if not chosen.commitments:
        note("nothing fits these filters; the briefing says so")
    views = briefing_views(
        chosen, template, marks, length=length, wanted=wanted, author=author, client=client, lang=lang, date=date,
        headline=headline, pin=pinned, placeholders=placeholders, command=command_line(click.get_current_context()),
        decisions=lambda: given.on(result.old, result.new).entries,
    )  # fmt: skip
    deliver(views_of(lambda width, plain: (), **views), Options(path=path, overwrite=overwrite))


def _commitment(name: str) -> str:
    """The full name of a commitment. Raises UsageError for anything else."""
    from ..commitments import references

    _, task, index = references.find(name)
    if index is None:
        raise UsageError(
            f"{name} names a task", f"add the letter of a commitment: {name}a; plancmp show {name} lists them"
        )
    return references.name_of(task.ref, index)


@click.command()
@click.argument("gold", type=FILE)
@output_options("json")
def evaluate(gold: Path, **values: Any) -> None:
    """Score the alignment against a hand-labelled file.

    Example: plancmp evaluate tests/gold/dev-2021-2024.json
    """

    options = output_of(values)
    from ..analysis import evaluation

    labels = evaluation.read_gold(gold)
    score = (
        evaluation.evaluate_commitments(labels) if evaluation.is_of_commitments(labels) else evaluation.evaluate(labels)
    )

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import explanation as drawing

        return drawing.evaluation(score, width)

    deliver(views_of(table, json=lambda: score), options)
