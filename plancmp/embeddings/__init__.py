"""Text to sentence vectors: encoders, and stored vectors."""
