"""The MCP server, and views of Django REST framework."""

from pathlib import Path

from config.settings.environment import env
from mcp_api.conf import Settings as Defaults

# For views of the operator's own apps: closed by default. The server's views set all of these themselves.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

# For models, in `initialize` and `server/discover`: a text, or the name of a file with it.
SERVER_INSTRUCTIONS_FILE = env.str("SERVER_INSTRUCTIONS_FILE", default="")
SERVER_INSTRUCTIONS, SERVER_INSTRUCTIONS_UNREAD = env.str("SERVER_INSTRUCTIONS", default=""), ""
if SERVER_INSTRUCTIONS_FILE:
    try:
        SERVER_INSTRUCTIONS = Path(SERVER_INSTRUCTIONS_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        SERVER_INSTRUCTIONS_UNREAD = SERVER_INSTRUCTIONS_FILE
# Shown beside the name of the server.
SERVER_WEBSITE_URL = env.str("SERVER_WEBSITE_URL", default=Defaults.SERVER_WEBSITE_URL)
SERVER_ICONS = env.list("SERVER_ICONS", default=[])

# The names of the tools and prompts of each app get its prefix: library=library_,shop=shop_.
TOOL_PREFIXES = env.dict("TOOL_PREFIXES", default={})
# Structured data leaves as text for models, as structuredContent for programs ("structured"), or as "both".
RESULT_FORM = env.str("RESULT_FORM", default=Defaults.RESULT_FORM)
# Entries of a page of tools/list and of the other lists.
LIST_PAGE_SIZE = env.int("LIST_PAGE_SIZE", default=Defaults.LIST_PAGE_SIZE)

# Extensions of MCP: dotted paths of their classes.
EXTENSIONS = env.list("EXTENSIONS", default=list(Defaults.EXTENSIONS))
# Tasks: their time limit, how long they and their results are kept, how many a person may have at a time, and how many
# run at a time in each process.
TASK_TIMEOUT_SECONDS = env.float("TASK_TIMEOUT_SECONDS", default=Defaults.TASK_TIMEOUT_SECONDS)
TASK_TTL_SECONDS = env.int("TASK_TTL_SECONDS", default=Defaults.TASK_TTL_SECONDS)
TASKS_OF_PERSON = env.int("TASKS_OF_PERSON", default=Defaults.TASKS_OF_PERSON)
TASK_THREADS = env.int("TASK_THREADS", default=Defaults.TASK_THREADS)
# A backend of Django's task interface. By default, the server's own processes run tasks.
TASKS = {"default": {"BACKEND": env.str("TASK_BACKEND", default="mcp_api.extensions.tasks.backend.ServerProcesses")}}

# Streams that each process holds open: half of gunicorn's threads (config/gunicorn.py) by default.
STREAMS = env.int("STREAMS", default=env.int("THREADS", default=Defaults.REQUEST_THREADS) // 2)
# The same on an event loop, where an open stream takes no thread.
ASYNC_STREAMS = env.int("ASYNC_STREAMS", default=Defaults.ASYNC_STREAMS)
# Calls of async tools that run at a time on the event loop of each process; those of one person take half at most.
ASYNC_CALLS = env.int("ASYNC_CALLS", default=Defaults.ASYNC_CALLS)
# For tools, prompts and resources without a timeout= of their own.
CALL_TIMEOUT_SECONDS = env.float("CALL_TIMEOUT_SECONDS", default=Defaults.CALL_TIMEOUT_SECONDS)
