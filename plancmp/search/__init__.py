"""A query to tasks of all plans: query, index, topics, meaning, lineage."""
