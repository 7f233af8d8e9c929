"""The short way of modern requests under an event loop: past Django's middleware and views, which need a thread each.
Calls are what it is for: those of tools that read and take no time (quick.py) are in no thread but for the tool itself.

    config/asgi.py -> application -> entry (the token's lookup) -> answering -> quick | exchange -> the reply

It is taken only while all is well: whatever is to be refused before it is dispatched is left to the ordinary way
(mcp_api/views.py), before anything was done, so that there is one place for each refusal.
"""
