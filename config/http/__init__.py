"""Middleware, request bodies, and views that belong to neither app."""
