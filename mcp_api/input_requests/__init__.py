"""Input requests: what a call asks its client for, and forms."""
