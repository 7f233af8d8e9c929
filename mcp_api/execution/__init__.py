"""Execution of a call: transaction, attempts, deadline, exchange with the client, and sealed request state."""
