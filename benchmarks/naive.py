"""What one would put together in an afternoon: both plans, all-MiniLM cosine and token_set_ratio, the mean of the two,
the best match of every old task, and a rich table. The baseline for benchmarks/startup.py."""

from __future__ import annotations

import os
import re
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table
from sentence_transformers import SentenceTransformer

from plancmp.embeddings.minilm import default_weights

DATA = Path(__file__).resolve().parent.parent / "data"


def tasks(plan: str) -> list[str]:
    text = (DATA / plan / "source.txt").read_text("utf-8")
    return [line for line in text.splitlines() if re.match(r"\d+\. .*\)", line)]


def main() -> None:
    old, new = tasks("2021-2022"), tasks("2024")
    model = SentenceTransformer(str(default_weights()), device="cpu")
    cosine = model.encode(old, normalize_embeddings=True) @ model.encode(new, normalize_embeddings=True).T
    table = Table("old", "new", "score")
    for i, text in enumerate(old):
        scores = [(cosine[i, j] + fuzz.token_set_ratio(text, other) / 100) / 2 for j, other in enumerate(new)]
        best = max(range(len(new)), key=scores.__getitem__)
        table.add_row(text[:60], new[best][:60], f"{scores[best]:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
