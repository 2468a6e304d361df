"""One result, many views: each draws the same numbers."""
