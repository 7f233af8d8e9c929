"""The processor time of parsing an input, which must be short and grow no faster than the input.

It is the time of this thread alone, and the best of several runs, so that other work on the machine does not count.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from oauthlib.oauth2 import OAuth2Error
from pydantic import ValidationError

from accounts.clients.metadata.validation import MetadataRefused
from accounts.resource_server.bearer import InvalidToken
from mcp_api.errors import McpError
from mcp_api.schemas.input_schema import InvalidArguments

# What gunicorn lets through (config/gunicorn.py), and MAX_BODY_BYTES.
HEADER = 8_190
BODY = 2_500_000
# What another limit leaves of the body of an OAuth endpoint.
OAUTH_BODY = 65_536
MOST_SECONDS = 0.05
# For whole bodies at /mcp, which are parsed in a thread (under an event loop, those of more than 64 kB).
MOST_SECONDS_PER_BODY = 0.5
# For the most arguments that a tool is given, which are checked in its thread: 5 microseconds for each value.
MOST_SECONDS_PER_CALL = 0.5

MEASURABLE_SECONDS = 0.005
TRIES = 8

REFUSALS = (
    *(InvalidArguments, InvalidToken, MetadataRefused, McpError, OAuth2Error, ValidationError),
    *(ValueError, BadRequest, SuspiciousOperation),
)

Parse = Callable[[Any], object]
Make = Callable[[int], Any]


def seconds(parse: Parse, value: Any) -> float:
    """Processor time of the best of three runs."""

    def once() -> float:
        started = time.thread_time()
        with suppress(*REFUSALS):
            parse(value)
        return time.thread_time() - started

    return min(once() for _ in range(3))


def check(parse: Parse, make: Make, largest: int, most: float = MOST_SECONDS) -> None:
    """Try again what takes too long: other work on the machine may be the cause. Quadratic time is always too long."""
    whole_input, quarter = make(largest), make(largest // 4)
    for _ in range(TRIES):
        whole = seconds(parse, whole_input)
        # Four times the input takes four times as long, in quadratic time sixteen times. The margin is for caches.
        linear = whole <= MEASURABLE_SECONDS or whole < 8 * seconds(parse, quarter) + MEASURABLE_SECONDS
        if whole < most and linear:
            return
    problem = f"{whole:.3f} s for the whole, at most {most} s; at most 8 times as long as for a quarter: {linear}"
    raise AssertionError(problem)
