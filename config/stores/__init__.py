"""Backends of the cache and of sessions."""
