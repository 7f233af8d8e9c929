"""Helpers that tests share: servers, browsers, people, rows and certificates."""
