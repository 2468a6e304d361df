"""Generators of made-up plans and documents, which tests, benchmarks and tools share."""
