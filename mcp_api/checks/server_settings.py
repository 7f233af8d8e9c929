"""Checks of the settings: what the server says of itself, and the forms of names, lists and results."""

import re
from collections.abc import Iterator
from typing import get_args

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks.backends.dummy import DummyBackend

from mcp_api.checks.tag import TAG
from mcp_api.conf import conf
from mcp_api.extensions import registry as extensions
from mcp_api.extensions.tasks import worker
from mcp_api.registry.tools import ResultForm

ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?")
PREFIX = re.compile(r"[A-Za-z0-9_-]{1,32}")
MOST_IN_LIST = 1000


@register(TAG)
def check_server_description(**kwargs: object) -> list[CheckMessage]:
    """Report instructions that cannot be read, and addresses that clients would not show."""
    found: list[CheckMessage] = []
    if conf.SERVER_INSTRUCTIONS_UNREAD:
        message = f"SERVER_INSTRUCTIONS_FILE={conf.SERVER_INSTRUCTIONS_UNREAD} cannot be read."
        hint = "Name a text file in UTF-8 that this server's user may read, or set SERVER_INSTRUCTIONS."
        found.append(Error(message, hint=hint, id="mcp_api.E019"))
    addresses = [("SERVER_WEBSITE_URL", conf.SERVER_WEBSITE_URL)] if conf.SERVER_WEBSITE_URL else []
    addresses += [("SERVER_ICONS", icon) for icon in conf.SERVER_ICONS]
    hint = "Write a whole address, as in https://example.com/icon.png."
    return found + [
        Error(f"{name} has {address!r:.80}, which is not an address.", hint=hint, id="mcp_api.E020")
        for name, address in addresses
        if not ADDRESS.fullmatch(address) and not (name == "SERVER_ICONS" and address.startswith("data:image/"))
    ]


@register(TAG)
def check_forms(**kwargs: object) -> list[CheckMessage]:
    """Report values of RESULT_FORM, LIST_PAGE_SIZE and TOOL_PREFIXES that have no meaning."""
    return [Error(message, hint=hint, id="mcp_api.E024") for message, hint in wrong_forms()]


@register(TAG)
def check_extensions(**kwargs: object) -> list[CheckMessage]:
    """Report extensions in EXTENSIONS that could not be registered."""
    hint = "Name classes by their dotted paths, as in mcp_api.extensions.tasks.extension.Tasks (docs/extensions.md)."
    return [Error(f"EXTENSIONS: {problem}", hint=hint, id="mcp_api.E025") for problem in extensions.problems]


@register(TAG)
def check_task_backend(**kwargs: object) -> list[CheckMessage]:
    """Report a backend that never runs what it is given, while tools may become tasks."""
    if not (worker.is_offered() and isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], DummyBackend)):
        return []
    hint = "Leave TASK_BACKEND out, so that the server runs tasks, or name a backend with workers (docs/tasks.md)."
    return [Error("TASK_BACKEND names a backend that runs nothing.", hint=hint, id="mcp_api.E035")]


def wrong_forms() -> Iterator[tuple[str, str]]:
    """Messages, each with its hint."""
    if conf.RESULT_FORM not in get_args(ResultForm):
        yield f"RESULT_FORM is {conf.RESULT_FORM!r:.80}.", f"Use one of {', '.join(get_args(ResultForm))}."
    if not 0 < conf.LIST_PAGE_SIZE <= MOST_IN_LIST:
        yield f"LIST_PAGE_SIZE is {conf.LIST_PAGE_SIZE}.", f"Use a number from 1 to {MOST_IN_LIST}."
    names = {config.name for config in apps.get_app_configs()}
    for app, prefix in conf.TOOL_PREFIXES.items():
        if app not in names:
            yield f"TOOL_PREFIXES names {app!r:.80}, which is no installed app.", "Name the package of an app in APPS."
        if not PREFIX.fullmatch(prefix):
            hint = "Use up to 32 letters, digits, - and _, as in library=library_."
            yield f"The prefix {prefix!r:.80} of {app} in TOOL_PREFIXES cannot be used.", hint
