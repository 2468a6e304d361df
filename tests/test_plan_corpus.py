"""Plans in some fifty styles, English and Chinese, in five formats, are read as their true outlines say."""

from __future__ import annotations

import functools
from pathlib import Path

import plan_corpus
import pytest
from plan_corpus import Score

from plancmp.errors import DocumentError
from plancmp.plans import catalogue

FOLDERS = plan_corpus.folders()
PLANS = [folder for folder in FOLDERS if plan_corpus.truth_of(folder).get("understood", True)]
OTHERS = [folder for folder in FOLDERS if folder not in PLANS]
LEAST = 0.95


read = functools.cache(plan_corpus.read)


@functools.cache
def scored(folder: Path) -> Score:
    try:
        plan = read(folder)
    except DocumentError:
        plan = None
    return plan_corpus.score(plan, plan_corpus.truth_of(folder))


@pytest.mark.parametrize("folder", PLANS, ids=lambda folder: folder.name)
def test_most_tasks_of_every_plan_are_found(folder: Path) -> None:
    found = scored(folder)
    assert found.tasks.f1 >= 0.8, "\n".join(found.wrong)
    assert found.names.f1 >= 0.8, "\n".join(found.wrong)


@pytest.mark.parametrize("kind", ["tasks", "names", "places", "headings", "leads", "bodies", "metadata"])
def test_of_all_plans_together_nearly_everything_is_found(kind: str) -> None:
    total = Score()
    for folder in PLANS:
        total.include(scored(folder))
    assert getattr(total, kind).f1 >= LEAST, "\n".join(total.wrong)


@pytest.mark.parametrize("folder", PLANS, ids=lambda folder: folder.name)
def test_no_plan_is_called_not_understood(folder: Path) -> None:
    plan = read(folder)
    assert plan.understood
    assert plan.doubts == ()


@pytest.mark.parametrize("folder", OTHERS, ids=lambda folder: folder.name)
def test_what_is_no_plan_is_warned_about_or_refused(folder: Path) -> None:
    try:
        plan = plan_corpus.read(folder)
    except DocumentError:
        return
    assert plan.doubts
    if not plan.understood:
        with pytest.raises(DocumentError, match="not understood"):
            catalogue.from_file(plan_corpus.document_of(folder))
