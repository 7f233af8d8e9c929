"""Processes that tests start, and talk to."""
