"""Django's handler for an event loop, with all of a request's work in one thread of a pool."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from typing import IO, Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

Scope = dict[str, Any]


class OneThread(ASGIHandler):
    """Django's handler starts a thread for each request, and switches to it for signals, middleware and view in turn.
    Here all of them are synchronous: switching once takes half the time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._threads = ThreadPoolExecutor(settings.LOOP_THREADS, thread_name_prefix="request")

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"This server supports HTTP, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            await self._serve(scope, body, receive, send)

    async def _serve(self, scope: Scope, body: IO[bytes], receive: Any, send: Any) -> None:
        """Respond, unless the client disconnects first."""
        listening = asyncio.ensure_future(receive())
        working = asyncio.ensure_future(self._respond(scope, body, send))
        try:
            await asyncio.wait({listening, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
            if not working.done():
                working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    async def _respond(self, scope: Scope, body: IO[bytes], send: Any) -> None:
        response = await self._in_thread(lambda: self._response(scope, body))
        try:
            await self.send_response(response, send)
        finally:
            if response.streaming:
                await self._in_thread(response.close)

    def _response(self, scope: Scope, body: IO[bytes]) -> Any:
        """Return the response, as WSGIHandler does. Unless it is a stream, close it in the thread of its connection."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__
        if response.streaming:
            # The thread continues with other work, and another one closes the stream.
            close_old_connections()
        else:
            response.close()
        return response

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        """Return the result of `work`. After a cancellation, wait for it nevertheless, and close it."""
        future = asyncio.wrap_future(self._threads.submit(copy_context().run, work))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            response = await future
            if isinstance(response, HttpResponseBase) and response.streaming:
                await self._in_thread(response.close)
            raise
