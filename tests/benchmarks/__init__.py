"""Figures that are measured, not tested: each module is a command that prints them."""
