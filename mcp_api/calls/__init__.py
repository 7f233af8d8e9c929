"""A call: the message, its caller, its HTTP request, the channel to its client, and its event in the audit log."""
