"""Settings of the MCP server, each with its default (docs/settings.md); those of accounts are among them.

`conf.ASYNC_CALLS` is the current value, from Django's settings. `Settings.ASYNC_CALLS` is the default.
"""

from collections.abc import Collection, Mapping, Sequence

from accounts import conf as accounts_conf
from accounts.conf import DerivedSetting, Setting


class Settings(accounts_conf.Settings):
    """The settings that this app reads, besides those of Django and of the packages that it uses."""

    SERVER_VERSION = Setting("0.3.0")
    """Version that clients see."""
    SERVER_INSTRUCTIONS = Setting("")
    """Text for models: what the server is for, and how its tools belong together."""
    SERVER_INSTRUCTIONS_UNREAD = Setting("")
    """Name of the file of the instructions, if it could not be read."""
    SERVER_WEBSITE_URL = Setting("")
    """Web site that clients show beside the name."""
    SERVER_ICONS = Setting[Sequence[str]](())
    """Addresses of icons that clients show beside the name."""
    TOOL_PREFIXES = Setting[Mapping[str, str]]({})
    """Prefix of the names of an app's tools and prompts, by the app's package."""
    RESULT_FORM = Setting("both")
    """Form of structured data: "text" for models, "structured" for programs, or "both"."""
    LIST_PAGE_SIZE = Setting(100)
    """Entries of a page of a list."""
    EXTENSIONS = Setting[Sequence[str]](
        (
            "mcp_api.extensions.tasks.extension.Tasks",
            "mcp_api.extensions.skills.extension.Skills",
            "mcp_api.extensions.apps.extension.Apps",
        )
    )
    """Extensions of MCP that this server has: dotted paths of classes (mcp_api/extensions/extension.py)."""
    CALL_TIMEOUT_SECONDS = Setting(60.0)
    """Time limit of a tool, prompt or resource without a `timeout=` of its own."""
    TASK_TIMEOUT_SECONDS = Setting(3600.0)
    """Time limit of a task of a tool without a `timeout=` of its own."""
    TASK_TTL_SECONDS = Setting(86_400)
    """Seconds after its creation in which a task and its result can be read. Then they are deleted."""
    TASKS_OF_PERSON = Setting(100)
    """Tasks of one person that have not ended."""
    OWN_MIDDLEWARE = Setting[Collection[str]](())
    """Middleware that requests to /mcp may bypass on an event loop (mcp_api/transport/application.py)."""

    # --- Of each process ---
    STREAMS = Setting(12)
    """Streams held open on threads at a time."""
    ASYNC_STREAMS = Setting(1000)
    """Streams held open on the event loop at a time."""
    TOOL_THREADS = Setting(16)
    """Calls that run in threads at a time."""
    ASYNC_CALLS = Setting(1000)
    """Calls of async tools that run on the event loop at a time."""
    TASK_THREADS = Setting(4)
    """Tasks that run in threads at a time. With 0, only `manage.py run_tasks` and other backends run them."""
    LOOP_THREADS = Setting(32)
    """Threads that an event loop has for requests, and as many again for calls."""

    CALL_WAITERS = DerivedSetting[int](lambda conf: most_waiting_calls(conf.REQUEST_THREADS, conf.FETCH_WAITERS))
    """Requests whose threads may wait at a time for calls or hold streams open."""


def most_waiting_calls(threads: int, fetching: int) -> int:
    """Return how many of `threads` may wait for calls: all but those that fetch and two, or half if there are few.

    The others are left for pages, /health and quick calls.
    """
    return max(1, threads // 2, threads - fetching - 2)


conf = Settings()
