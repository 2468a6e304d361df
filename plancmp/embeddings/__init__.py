"""Text to sentence vectors: encoders, and vectors shipped or kept in the cache."""
