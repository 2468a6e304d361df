"""The two plans that reviews are tried on, as fixtures of several files."""

from __future__ import annotations

import pytest

from plancmp import pipeline
from plancmp.analysis import questions
from plancmp.linkage.match_model import Alignment
from plancmp.model import Decisions, Plan
from plancmp.plans import catalogue

OLD, NEW = "2021-2022", "2024"


@pytest.fixture(scope="session")
def plans() -> tuple[Plan, Plan]:
    return catalogue.stored(OLD), catalogue.stored(NEW)


@pytest.fixture(scope="session")
def alignment(plans: tuple[Plan, Plan]) -> Alignment:
    return pipeline.score_pair(*plans)


@pytest.fixture(scope="session")
def queue(plans: tuple[Plan, Plan], alignment: Alignment) -> list[questions.ReviewItem]:
    return questions.candidates(*plans, alignment, Decisions(OLD, NEW))
