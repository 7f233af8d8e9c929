"""Asking the client while a call is served: what can be asked, and how a call goes on with the answers."""
