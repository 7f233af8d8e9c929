"""Streams: Server-Sent Events, their sources, legacy sessions, and the bounds on all of them."""
