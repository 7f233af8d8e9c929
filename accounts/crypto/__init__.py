"""Secret keys, encryption at rest, and values of tokens."""
