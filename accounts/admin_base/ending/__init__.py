"""Ends of access that an operator confirms: a summary of what ends, and the page that asks."""
