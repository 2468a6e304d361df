"""Record linkage of two plans' commitments: records, blocking, comparisons, match model."""
