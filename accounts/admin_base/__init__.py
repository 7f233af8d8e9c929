"""Base classes for admin pages, of every app."""
