"""HTTP at /mcp: one procedure (endpoint.py) and two shells, each with its own way to wait (effects.py).

views.py, or application.py under an event loop -> endpoint.py -> message_handling.py -> execution/ -> the reply
"""
