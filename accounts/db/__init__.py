"""Database access: prepared statements, pooled connections, batches and short transactions."""
