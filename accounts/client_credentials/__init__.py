"""Client authentication: secrets, keys and assertions."""
