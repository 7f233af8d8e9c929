"""Protected resources: bearer tokens and their principals."""
