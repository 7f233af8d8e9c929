"""Alternatives: each serves the same `echo`, as its own documentation has it."""
