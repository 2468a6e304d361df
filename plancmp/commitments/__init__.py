"""A task to its commitments, and what each of them acts upon."""
