"""JSON Schemas: made of signatures, and used to check what clients send."""
