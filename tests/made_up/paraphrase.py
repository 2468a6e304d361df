"""Mild paraphrases of plan texts, as another translator would have written them."""

from __future__ import annotations

import re
from dataclasses import replace

from plancmp.model import Plan

VERBS = {
    "promote": "advance",
    "strengthen": "reinforce",
    "improve": "enhance",
    "formulate": "draw up",
    "carry out": "conduct",
    "establish": "set up",
    "accelerate": "speed up",
    "deepen": "further deepen",
    "build": "construct",
    "guide": "steer",
    "encourage": "motivate",
    "explore": "look into",
    "implement": "put into practice",
    "crack down on": "combat",
    "optimize": "refine",
    "continue to": "keep on working to",
    "support": "back",
    "issue": "release",
}
BRITISH = {
    "utilization": "utilisation",
    "organize": "organise",
    "center": "centre",
    "defense": "defence",
    "optimization": "optimisation",
    "specialized": "specialised",
    "catalog": "catalogue",
    "standardization": "standardisation",
}
BODIES = {
    "China National Intellectual Property Administration": "State Intellectual Property Office",
    "Central Propaganda Department": "Central Publicity Department",
    "State Administration for Market Regulation": "General Administration of Market Regulation",
    "Ministry of Agriculture and Rural Affairs": "Ministry of Agriculture and Rural Development",
    "National Forestry and Grassland Administration": "State Forestry and Grassland Administration",
}


def _swap(text: str, table: dict[str, str]) -> str:
    def other(match: re.Match[str]) -> str:
        word = table[match.group().casefold()]
        return word[0].upper() + word[1:] if match.group()[0].isupper() else word

    pattern = re.compile(
        r"\b(?:" + "|".join(sorted(map(re.escape, table), key=len, reverse=True)) + r")\b", re.IGNORECASE
    )
    return pattern.sub(other, text)


def verbs(text: str) -> str:
    return _swap(text, VERBS)


def british(text: str) -> str:
    return _swap(text, BRITISH)


def quotes(text: str) -> str:
    return text.translate(str.maketrans({"“": '"', "”": '"', "’": "'"}))


def reordered(text: str) -> str:
    """The last sentence first, where there are several."""
    sentences = re.split(r"(?<=[.])\s+(?=[A-Z])", text)
    return " ".join([sentences[-1], *sentences[:-1]]) if len(sentences) > 1 else text


def printing(text: str) -> str:
    """British spelling, straight quotation marks, and the last sentence first."""
    return quotes(british(reordered(text)))


def of_plan(plan: Plan, change) -> Plan:
    """The plan with every task's text changed; bodies and places stay."""
    tasks = tuple(replace(task, text=change(task.text)) for task in plan.tasks)
    return replace(
        plan,
        tasks=tasks,
        source=replace(plan.source, file=f"changed {plan.source.file}", sha256=f"{abs(hash(change.__name__)):064d}"),
    )


def rebodied(source: str) -> str:
    """A source text in which bodies have other translated names."""
    for name, other in BODIES.items():
        source = source.replace(name, other)
    return source
