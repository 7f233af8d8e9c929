"""The MCP server, and views of Django REST framework."""

from config.settings.environment import env
from mcp_api.conf import Settings as Defaults

# For views of the operator's own apps: closed by default. The server's views set all of these themselves.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

# Streams that each process holds open: half of gunicorn's threads (config/gunicorn.py) by default.
STREAMS = env.int("STREAMS", default=env.int("THREADS", default=Defaults.REQUEST_THREADS) // 2)
# The same on an event loop, where an open stream takes no thread.
ASYNC_STREAMS = env.int("ASYNC_STREAMS", default=Defaults.ASYNC_STREAMS)
# Calls of async tools that run at a time on the event loop of each process; those of one person take half at most.
ASYNC_CALLS = env.int("ASYNC_CALLS", default=Defaults.ASYNC_CALLS)
# For tools, prompts and resources without a timeout= of their own.
CALL_TIMEOUT_SECONDS = env.float("CALL_TIMEOUT_SECONDS", default=Defaults.CALL_TIMEOUT_SECONDS)
