"""Threads that calls run in, and the bounds on them."""
