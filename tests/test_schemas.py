"""Every JSON output of every command against the schemas of the package."""

from __future__ import annotations

import json
import re
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from plancmp.cli import main
from plancmp.outcomes import signals
from plancmp.plans import user_plans

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / "plancmp/schemas"
SCHEMAS = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(DIRECTORY.glob("*.json"))}
OUTPUTS = {schema["title"]: name for name, schema in SCHEMAS.items() if name != "definitions.json"}


def closed(schema: Any) -> Any:
    """The schema without room for fields that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if "properties" in found and "type" in found:
        found["additionalProperties"] = False
    return found


@cache
def validator(title: str, strict: bool = False) -> Draft202012Validator:
    schemas = closed(SCHEMAS) if strict else SCHEMAS
    registry = Registry().with_resources((name, DRAFT202012.create_resource(item)) for name, item in schemas.items())
    return Draft202012Validator(schemas[OUTPUTS[title]], registry=registry)


def faults(data: Any, strict: bool = False) -> list[str]:
    return [
        f"{error.json_path}: {error.message[:200]}" for error in validator(data["schema"], strict).iter_errors(data)
    ]


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def call(*arguments: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["plancmp", *arguments, "--format", "json"])
        with pytest.raises(SystemExit) as leave:
            main.run()
        captured = capsys.readouterr()
        assert not leave.value.code, captured.err
        return json.loads(captured.out)

    return call


def test_the_kinds_of_signals_are_those_that_the_balance_ranks() -> None:
    definitions = json.loads((DIRECTORY / "definitions.json").read_text("utf-8"))["$defs"]
    assert set(definitions["signal"]["properties"]["kind"]["enum"]) == set(signals.ORDER)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    assert SCHEMAS[name]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_kind_of_output_has_its_schema() -> None:
    sources = "".join(path.read_text("utf-8") for path in sorted((ROOT / "plancmp").rglob("*.py")))
    named = set(re.findall(r'"(plancmp\.[a-z]+/\d+)"', sources))
    assert named == OUTPUTS.keys()
    assert all(name == title.removeprefix("plancmp.").split("/")[0] + ".json" for title, name in OUTPUTS.items())


def test_nothing_is_defined_for_nobody() -> None:
    text = json.dumps(SCHEMAS)
    for name in SCHEMAS["definitions.json"]["$defs"]:
        assert f'#/$defs/{name}"' in text, name


def listed(title: str) -> set[str]:
    """The schemas that docs/json.md names under the heading of an output."""
    page = (ROOT / "docs/json.md").read_text("utf-8")
    part = page.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"\(\.\./(plancmp/schemas/\S+?\.json)\)", part))


@pytest.mark.parametrize("title", OUTPUTS)
def test_the_page_on_the_outputs_leads_to_every_schema_and_its_examples_are_true(title: str) -> None:
    assert listed(title) == {f"plancmp/schemas/{OUTPUTS[title]}"}
    page = (ROOT / "docs/json.md").read_text("utf-8")
    part = page.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    example = json.loads(re.findall(r"```json\n(.*?)```", part, re.DOTALL)[0])
    assert example["schema"] == title
    assert faults(example, strict=True) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "2021", "2024"),
        ("diff", "14fyp", "2024"),
        ("diff", "2023", "2024"),
        ("diff", "2008", "14fyp"),
        ("diff", "2021", "2024", "--status", "escalated", "--section", "2"),
        ("diff", "2021", "2024", "--section", "5", "--body", "MPS"),
        *(("tasks", plan) for plan in ("2008", "2021", "14fyp", "2023", "2024")),
        ("tasks", "2024", "--body", "MPS"),
        ("show", "2021:30"),
        ("show", "2021:1e"),
        ("show", "2024:31"),
        ("show", "14fyp:box5"),
        ("show", "2008:4.2"),
        ("explain", "2021:30", "2024:31"),
        ("explain", "2021:9", "2024:31"),
        ("explain", "2021:1e", "2024:1a"),
        ("history", "trade secrets"),
        ("history", "submarine cables"),
        ("history", "2021:37"),
        ("search", "pledge financing", "--limit", "5"),
        ("search", "昆仑"),
        ("plans",),
        ("bodies", "2021", "2024"),
        ("bodies", "14fyp", "2024", "--body", "NFRA"),
        ("check", str(ROOT / "data/2024/source.txt")),
        ("check", str(ROOT / "tests/samples/zh-2024.txt")),
        ("evaluate", str(ROOT / "tests/gold/dev-2021-2024.json")),
        ("evaluate", str(ROOT / "tests/gold/dev-commitments.json")),
    ],
    ids=lambda arguments: " ".join(Path(argument).name for argument in arguments),
)
def test_outputs_fit_their_schemas_and_hold_nothing_that_these_do_not_name(answer, arguments: tuple[str, ...]) -> None:
    data = answer(*arguments)
    assert faults(data) == []
    assert faults(data, strict=True) == []


def broken(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The output with one required field left out, or one value of another kind, at its top."""
    found = []
    for key in data:
        found += [{k: v for k, v in data.items() if k != key}, {**data, key: {"of": "another kind"}}]
    return found


def test_what_lacks_a_field_or_names_an_unknown_status_does_not_fit(answer) -> None:
    data = answer("explain", "2021:30", "2024:31")
    for wrong in broken(data):
        if "schema" in wrong:
            assert list(validator("plancmp.explanation/1").iter_errors(wrong)), wrong.keys()
    for path in (("link", "status"), ("link", "decided_by"), ("link", "signals", 0, "kind"), ("tasks", 0, "status")):
        wrong = deepcopy(data)
        inner = wrong
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = "abolished"
        assert faults(wrong), path
    assert not faults({**data, "added": "later"})
    assert faults({**data, "added": "later"}, strict=True)


def test_what_was_read_in_another_edition(answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    lines = ["Plan of the Port 2031", "I. Law", *(f"{n}. Revise the rules on berth {n}." for n in range(1, 6))]
    Path("full.txt").write_text("\n".join(lines), "utf-8")
    Path("cut.txt").write_text("\n".join(lines[:5]), "utf-8")
    user_plans.add("cut.txt", "2031", declared_tasks=5)
    user_plans.add_edition("full.txt", "2031")
    for arguments in (["diff", "2031", "2024"], ["tasks", "2031"], ["show", "2031:5"], ["plans"], ["history", "berth"]):
        data = answer(*arguments)
        assert "other_edition" in json.dumps(data), arguments
        assert faults(data, strict=True) == [], arguments
