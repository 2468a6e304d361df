"""Lines to plans: the catalogue of plans, the parser, responsibility clauses, metadata, user plans."""
