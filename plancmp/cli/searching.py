"""Commands that look for a topic in all plans."""

from __future__ import annotations

from typing import Any

import click

from .options import (
    deliver,
    list_views,
    output_of,
    output_options,
    views_of,
)
from .progress import embedding, working


@click.command()
@click.argument("query", nargs=-1)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=300,
    help="How many tasks the table shows at most, the best matches; 300 by default. Other formats have all.",
)
@click.option("--model", help="A sentence-transformers model by name or path.")
@output_options
def history(query: tuple[str, ...], limit: int, model: str | None, **values: Any) -> None:
    """Where a topic or name stands in every plan, oldest first.

    Example: plancmp history "trade secrets"; a task is followed by its name: plancmp history 2021:37
    """
    from ..analysis import history

    options = output_of(values)
    found = history.history(" ".join(query), model, embedding, working)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import history as drawing

        return drawing.history(found, width, limit)

    def page() -> str:
        from ..report import history_page

        return history_page.history_html(found)

    def markdown() -> str:
        from ..report import history_page

        return history_page.history_markdown(found)

    lists = list_views("of_history", found) | {"html": page, "md": markdown}
    deliver(views_of(table, json=found.to_dict, csv=lambda: entries_csv(found), **lists), options)


@click.command()
@click.argument("query", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="How many tasks at most; 20 by default.")
@click.option("--model", help="A sentence-transformers model by name or path.")
@output_options
def search(query: tuple[str, ...], limit: int, model: str | None, **values: Any) -> None:
    """Best-matching tasks, best first.

    Example: plancmp search "pledge financing" --limit 5
    """
    from ..analysis import history

    options = output_of(values)
    found = history.search(" ".join(query), limit, model, embedding, working)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import history as drawing

        return drawing.search(found, width)

    deliver(views_of(table, json=found.to_dict, csv=lambda: entries_csv(found)), options)


def entries_csv(found: Any) -> str:

    from ..report import csv_table
    header = ("ref", "plan", "date", "section", "match", "score", "status", "continues", "bodies", "text")
    rows = [
        (
            entry.task.ref, entry.plan.id, entry.plan.issued, " / ".join(f"{s.number} {s.heading}" for s in entry.task.section), entry.match,
            entry.score, str(entry.status or ""), "; ".join(entry.continues), "; ".join(b.id or b.name for b in entry.task.bodies), entry.task.text,
        )
        for entry in found.entries
    ]  # fmt: skip
    return csv_table.csv_text(header, rows)
