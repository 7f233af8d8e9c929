"""Every endpoint, sent what no client should send: its protocol's own error comes back, and nothing is written."""
