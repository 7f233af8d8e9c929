"""Tests of the extension Skills (SEP-2640)."""
