"""Compute the vectors of the bundled plans and store them beside the plans.

    python benchmarks/store_vectors.py

To be run again whenever a plan's text, or the way tasks are taken apart, has changed; a test compares a sample.
"""

from __future__ import annotations

from plancmp import corpus, linking, vectors
from plancmp.multilingual import MultilingualEncoder


def main() -> None:
    for encoder in (vectors.SentenceEncoder(), MultilingualEncoder()):
        for plan_id, directory in corpus.directories().items():
            plan = corpus.stored(plan_id)
            texts = list(dict.fromkeys(linking.side_of(plan).texts))
            path = directory / vectors.file_name(encoder.name)
            known = vectors.read_store(path)
            keys = vectors.keys_of(texts)
            if known is not None and set(known[0].tolist()) == set(keys.tolist()):
                print(f"{encoder.name} {plan_id:12} {len(texts)} texts, up to date")
                continue
            found = vectors.embed(texts, encoder=encoder)
            vectors.write_store(path, keys, found)
            print(f"{encoder.name} {plan_id:12} {len(texts)} texts, {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
