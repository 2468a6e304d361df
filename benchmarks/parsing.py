"""Time of parsing against size: what is twice as long must not take four times as long, whatever it is made of.

python benchmarks/parsing.py        prints, for each repeated piece, the ratio of times at 400,000 and 200,000 characters
"""

from __future__ import annotations

import statistics
import time

from plancmp.plans import parser

PIECES = [
    "(",
    "（）",
    "(x is responsible) ",
    "1.推进工作。（公安部负责）",
    "1. Do it. (The Ministry of Justice is responsible) ",
    "（公安部负责",
    "1. ",
    "公安部、",
    "the ",
    "law on ",
    "“",
    "《甲",
    "\n1. x y z",
    "\n一、甲",
    "\nBox 1 abc",
    "\nShort title",
    "\n- y",
    "\n" + "word " * 60,
    "中",
    "1",
]


def seconds(piece: str, size: int) -> float:
    text = "1. Begin\nI. Main objectives\n" + piece * (size // len(piece))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        parser.parse(text, "x")
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    print("| piece | ratio for twice the size |")
    print("|---|---|")
    for piece in PIECES:
        print(f"| `{piece[:24]!r}` | {seconds(piece, 400_000) / seconds(piece, 200_000):.2f} |")


if __name__ == "__main__":
    main()
