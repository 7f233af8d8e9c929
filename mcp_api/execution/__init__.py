"""Execution of a call: its context, its attempts, its messages to the client, and its event."""
