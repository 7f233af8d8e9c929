"""People at their pages in a real browser."""
