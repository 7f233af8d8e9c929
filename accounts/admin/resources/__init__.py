"""Admin of protected resources, and of the keys that sign their tokens."""
