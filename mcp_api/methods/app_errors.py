"""Errors of Django and REST framework whose text is for people, as ToolErrors.

REST framework answers the same ones with their text (rest_framework.views.exception_handler). All other exceptions are
defects: their text may quote rows, queries and paths, and goes to the log.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404
from django.utils.functional import Promise
from rest_framework.exceptions import APIException
from rest_framework.settings import api_settings

from mcp_api.errors import NotFound, ToolError

MOST_CHARACTERS = 2000
SERVER_ERROR = 500
NO_MEMBER = (NON_FIELD_ERRORS, api_settings.NON_FIELD_ERRORS_KEY)
TAKEN = "A value that must be unique is taken already."
MISSING = "A value refers to something that does not exist, or something is deleted that others refer to."
# The text for each PostgreSQL code, and for the beginning of each SQLite message, which has no values.
OF_CONSTRAINTS = {
    "23505": TAKEN,
    "UNIQUE constraint failed": TAKEN,
    "23503": MISSING,
    "FOREIGN KEY constraint failed": MISSING,
}


def as_tool_error(error: BaseException) -> ToolError | None:
    """Return the ToolError with the text of `error`; None if `error` is a defect, or a ToolError already.

    A group of exceptions, as of asyncio.TaskGroup, is told if each of them is.
    """
    match error:
        case ToolError():
            return None
        case Http404() | ObjectDoesNotExist():
            return NotFound(_text(error) or "Nothing was found.")
        case PermissionDenied():
            return ToolError(_text(error) or "You do not have permission to do that.")
        case ValidationError():
            members = error.message_dict if hasattr(error, "error_dict") else error.messages
            return ToolError(_joined(members))
        case APIException() if error.status_code < SERVER_ERROR:
            return ToolError(_joined(error.detail))
        case IntegrityError():
            text = _of_constraint(error)
            return ToolError(text) if text else None
        case BaseExceptionGroup():
            told = [each if isinstance(each, ToolError) else as_tool_error(each) for each in error.exceptions]
            # Several tasks may fail for the same reason.
            return None if None in told else ToolError("\n".join(dict.fromkeys(map(str, told))))
    return None


def _text(error: BaseException) -> str:
    """Return the text that the app gave `error`; "" for other values, such as the URL patterns of a Resolver404."""
    is_text = len(error.args) == 1 and isinstance(error.args[0], str | Promise)
    return str(error.args[0])[:MOST_CHARACTERS] if is_text else ""


def _joined(problems: Any) -> str:
    return "\n".join(_lines(problems, ""))[:MOST_CHARACTERS]


def _lines(problems: Any, name: str) -> Iterator[str]:
    """A line for each problem in lists and objects of them, with the name of its member: `title: This is too long.`"""
    if isinstance(problems, dict):
        for key, inner in problems.items():
            yield from _lines(inner, name if key in NO_MEMBER else f"{name}.{key}" if name else str(key))
    elif isinstance(problems, list | tuple):
        for inner in problems:
            yield from _lines(inner, name)
    else:
        yield f"{name}: {problems}" if name else str(problems)


def _of_constraint(error: IntegrityError) -> str:
    """Return the text about the constraint that was violated, without any value; "" for one of another kind."""
    code = getattr(error.__cause__, "sqlstate", None) or str(error).partition(":")[0]
    return OF_CONSTRAINTS.get(code, "")
