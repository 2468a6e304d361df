"""Mangle plans in every way that files get mangled, and see that they are still read: no crash, no hang, no word lost.

The documents are files in turn of each format: text, Markdown, HTML, Word.

    python tools/fuzz_documents.py                 20,000 documents
    python tools/fuzz_documents.py --count 500 --seed 7

Prints how many documents were tried, the slowest, and each failure with the seed that makes it again. Exit code 1 on any.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from plancmp.documents import reader
from plancmp.errors import DocumentError
from plancmp.plans import metadata, parser

# The mangled documents are those of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from made_up.mangled_documents import FORMATS, as_file, document, lost, sources


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=0, help="the first seed")
    options.add_argument(
        "--patience", type=float, default=5.0, help="seconds of the processor after which a document counts as a hang"
    )
    chosen = options.parse_args()
    texts = sources()
    failures = tasks = refused = 0
    folder = Path(tempfile.mkdtemp())
    slowest = (0.0, chosen.seed)
    began = time.perf_counter()
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        kind = FORMATS[seed % len(FORMATS)]
        path = folder / f"x.{kind}"
        path.write_bytes(as_file(seed, document(seed, texts), kind))
        start = time.process_time()
        try:
            text = reader.read(path).markdown
            metadata.guess(text)
            plan = parser.parse(text, "x")
            missing = lost(text, plan)
            trouble = f"lost {sum(missing.values())} letters: {''.join(missing)[:60]}" if missing else ""
            tasks += len(plan.tasks)
        except DocumentError:
            refused, trouble = refused + 1, ""
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
        took = time.process_time() - start
        slowest = max(slowest, (took, seed))
        if took > chosen.patience:
            trouble = trouble or f"took {took:.1f} s"
        if trouble:
            failures += 1
            print(f"seed {seed}: {trouble}")
    print(
        f"{chosen.count} documents tried in {time.perf_counter() - began:.0f} s: {failures} failures, {refused} refused in words, {tasks} tasks read, "
        f"slowest {slowest[0]:.2f} s (seed {slowest[1]})"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
