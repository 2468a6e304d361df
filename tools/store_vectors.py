"""Compute the vectors of the bundled plans and store them beside the plans.

    python tools/store_vectors.py

To be run again whenever a plan's text, or the way tasks are taken apart, has changed; a test compares a sample.
"""

from __future__ import annotations

from plancmp.embeddings import encoders, vector_store, vectors
from plancmp.embeddings.multilingual import MultilingualEncoder
from plancmp.linkage import preparation
from plancmp.plans import catalogue


def main() -> None:
    for encoder in (encoders.choose_encoder(), MultilingualEncoder()):
        for plan_id, directory in catalogue.directories().items():
            plan = catalogue.stored(plan_id)
            texts = list(dict.fromkeys(preparation.records_of(plan).texts))
            path = directory / vector_store.file_name(encoder.name)
            known = vector_store.read_store(path)
            keys = vector_store.keys_of(texts)
            if known is not None and set(known[0].tolist()) == set(keys.tolist()):
                print(f"{encoder.name} {plan_id:12} {len(texts)} texts, up to date")
                continue
            found = vectors.embed(texts, encoder=encoder)
            vector_store.write_store(path, keys, found)
            print(f"{encoder.name} {plan_id:12} {len(texts)} texts, {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
