"""Database access of calls: transactions that begin late, connections that can be taken away, read-only tools."""
