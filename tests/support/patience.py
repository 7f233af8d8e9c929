"""Seconds that a test waits for an event: as long as a busy machine may need. No test is about speed."""

PATIENCE_SECONDS = 300
