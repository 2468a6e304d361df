"""The questions of a review as a file to be filled in, and the file read back: .xlsx, .csv and .jsonl."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import files
from ..analysis.questions import ReviewItem, in_words
from ..analysis.review import LINK, VERDICTS, Row
from ..errors import DocumentError, UsageError
from ..model import Plan
from ..text import fold, printable
from . import archive, csv_table
from .blocks import Briefing, Cell, Paragraph, Table, words_of

ENDINGS = (".xlsx", ".csv", ".jsonl")
# The fields of a question, and how a workbook heads them.
FIELDS = {
    "old": "Old task", "old_text": "Old text", "new": "New task", "new_text": "New text", "reason": "Why it is asked",
    "status": "Status if linked", "worth": "Worth", "confidence": "Confidence", "verdict": "Your verdict", "note": "Your note",
}  # fmt: skip
_WIDTHS = (12, 52, 12, 52, 18, 12, 8, 11, 13, 34)
_CHOICES = (LINK, *VERDICTS)
# What a filled-in file may hold at most, in bytes once unpacked.
_MOST = 200_000_000


def write(items: Sequence[ReviewItem], old: Plan, new: Plan, path: Path, overwrite: bool = False) -> None:
    """Write one row a question, the most valuable first.

    Raises UsageError for another ending, and where answers may stand in a file that is there; DocumentError where it cannot
    be written.
    """
    ending = path.suffix.casefold()
    if ending not in ENDINGS:
        raise UsageError(
            f"questions cannot be written as {printable(path.name)}", f"end the file in {', '.join(ENDINGS)}"
        )
    edited = archive.edited_since(path) if ending == ".xlsx" else path.exists() and path.stat().st_size > 0
    if edited and not overwrite:
        raise UsageError(
            f"{printable(str(path))} may hold answers: it is there, and not as plancmp wrote it" if ending == ".xlsx"
            else f"{printable(str(path))} is there already and may hold answers",
            "choose another file with -o, or write over it with --overwrite",
        )  # fmt: skip
    try:
        if ending == ".xlsx":
            from . import xlsx_writer

            xlsx_writer.write(_workbook(items, old, new), path)
            return
        rows = [_fields(item) for item in items]
        if ending == ".jsonl":
            lines = (json.dumps(row | {"verdict": None}, ensure_ascii=False) + "\n" for row in rows)
            files.write_output(path, "".join(lines).encode("utf-8", "replace"))
        else:
            text = csv_table.csv_text(tuple(FIELDS), [tuple(row.values()) for row in rows])
            # Excel takes a file without this mark for one in another encoding.
            files.write_output(path, text.encode("utf-8-sig", "replace"))
    except OSError as error:
        raise DocumentError(
            f"{printable(str(path))} cannot be written: {error.strerror or error}", "choose another place with -o"
        ) from None


def _fields(item: ReviewItem) -> dict[str, Any]:
    return {
        "old": item.old.ref,
        "old_text": printable(item.old.full_text),
        "new": item.new.ref,
        "new_text": printable(item.new.full_text),
        "reason": item.why,
        "status": item.link.state,
        "worth": round(item.worth, 2),
        "confidence": round(item.confidence, 3),
        "verdict": "",
        "note": "",
    }


def _workbook(items: Sequence[ReviewItem], old: Plan, new: Plan) -> Briefing:
    words = words_of("en")
    rows: list[tuple[Cell, ...]] = [tuple(_fields(item).values()) for item in items]
    header = tuple(FIELDS.values())
    choices = ((header.index(FIELDS["verdict"]), _CHOICES),)
    table = Table("questions", "Questions", header, tuple(rows), _WIDTHS, "Questions", choices=choices)
    how = (
        f"{words.sentence(in_words(items))}.",
        "Choose a verdict for each row that you can answer and leave the others empty. escalated, continued, softened: the new "
        "task takes up a commitment of the old one, stronger, about as strong, or weaker. link: it does, and the status is "
        "the one that the words give. none: it does not.",
        "Two tasks are linked where at least one commitment of each is about the same object for the same purpose. The same "
        "body, section or stock phrase is no link, nor is the same kind of act on another law.",
        "What is answered here goes before the program's judgement. Worth is the number of commitments that are expected to "
        "have another fate after the answer. Rows may be sorted, filtered and deleted.",
        f"Read it back: plancmp review {old.id} {new.id} --from FILE --reviewer NAME",
    )
    return Briefing(
        printable(f"Questions on {old.id} and {new.id}"),
        datetime.date.today().isoformat(),
        "",
        "",
        words,
        tuple(Paragraph(printable(text), "warning" if index == 0 else "body") for index, text in enumerate(how)),
        sheets=(table,),
    )


def read(path: Path) -> list[Row]:
    """The rows of a filled-in file. A row that cannot be read says why.

    Raises UsageError for a missing file and for another ending, DocumentError for a damaged one and for one without the
    columns old, new and verdict.
    """
    ending = path.suffix.casefold()
    if not path.exists():
        raise UsageError(f"no such file: {printable(str(path))}", "check the path")
    if ending not in ENDINGS:
        raise UsageError(
            f"{printable(path.name)} is no file of questions", f"its ending should be one of {', '.join(ENDINGS)}"
        )
    try:
        data = files.read_bytes(path)
        reader = {".xlsx": _read_workbook, ".csv": _read_csv, ".jsonl": _read_lines}[ending]
        return list(reader(data, path))
    except OSError as error:
        raise DocumentError(f"{printable(str(path))}: {error.strerror}", "name another file with --from") from None


def _read_lines(data: bytes, path: Path) -> Iterator[Row]:
    for number, line in enumerate(_decoded(data, path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"row {number}"
        try:
            entry = json.loads(line)
            if not isinstance(entry, dict):
                raise ValueError("it is no object")
        except (ValueError, RecursionError) as error:
            yield Row(place, problem=f"not JSON: {error}")
            continue
        yield _row(place, {key: "" if value is None else value for key, value in entry.items()})


def _read_csv(data: bytes, path: Path) -> Iterator[Row]:
    text = _decoded(data, path)
    first = text.partition("\n")[0]
    # Spreadsheets write what the country's settings say.
    delimiter = max(",;\t", key=first.count)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        yield from _under_header([[str(cell) for cell in line] for line in lines], path)
    except csv.Error as error:
        raise DocumentError(f"{printable(str(path))}: not CSV: {error}", "save it as CSV again") from None


def _read_workbook(data: bytes, path: Path) -> Iterator[Row]:
    import openpyxl

    damaged = DocumentError(f"{printable(str(path))} is not a workbook, or is damaged", "save it as .xlsx again")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(entry.file_size for entry in parts.infolist()) > _MOST:
                raise damaged
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        sheets = [[list(line) for line in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]
    except DocumentError:
        raise
    except Exception:
        # openpyxl raises whatever it meets in a file that is none.
        raise damaged from None
    with_header = next((lines for lines in sheets if lines and _columns(lines[0])), sheets[0] if sheets else [])
    yield from _under_header(with_header, path)


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(f"{printable(str(path))} is not UTF-8", "save it as CSV UTF-8, or as .xlsx") from None


def _columns(header: Iterable[Any]) -> dict[str, int] | None:
    """Where each field stands, or None where the header lacks what is needed."""
    called = {fold(name): field for field, title in FIELDS.items() for name in (field, title)}
    found: dict[str, int] = {}
    for index, cell in enumerate(header):
        field = called.get(fold(str(cell or "")).lstrip("'"))
        if field is not None:
            found.setdefault(field, index)
    return found if {"old", "new", "verdict"} <= found.keys() else None


def _under_header(lines: Sequence[Sequence[Any]], path: Path) -> Iterator[Row]:
    columns = _columns(lines[0]) if lines else None
    if columns is None:
        raise DocumentError(
            f"{printable(str(path))}: no row of headings with old, new and verdict",
            "fill in the file that review -o wrote",
        )
    for number, line in enumerate(lines[1:], start=2):
        values = {field: line[index] for field, index in columns.items() if index < len(line)}
        if any(value not in (None, "") for value in values.values()):
            yield _row(f"row {number}", {field: "" if value is None else value for field, value in values.items()})


def _row(place: str, values: dict[str, Any]) -> Row:
    known = {key: values[key] for key in ("old", "new", "old_text", "new_text", "verdict", "note") if key in values}
    for key in ("old", "new"):
        if key not in known:
            return Row(place, problem=f"it does not say which {key} task is meant")
    wrong = [key for key, value in known.items() if not isinstance(value, str | int | float)]
    if wrong:
        return Row(place, problem=f"“{wrong[0]}” is no text")
    return Row(place, **{key: str(value).strip() for key, value in known.items()})
