"""The audit log: events, their writing, and sampling of floods."""
