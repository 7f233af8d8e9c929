"""Threads and event-loop tasks for calls, with bounds for all of them and for each person."""
