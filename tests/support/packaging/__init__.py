"""The wheel, environments for it, and fresh clones."""
