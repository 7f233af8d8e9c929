"""The audit log: events, their writing, and sampling of repeated refusals."""
