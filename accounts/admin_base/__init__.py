"""Base classes for admin pages."""
