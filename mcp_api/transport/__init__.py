"""HTTP at /mcp: one procedure (endpoint.py), two shells around it, one for each way to wait (effects.py).

views.py, or application.py under an event loop -> endpoint -> protocol/dispatch -> the reply
"""
