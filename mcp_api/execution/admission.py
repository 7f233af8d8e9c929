"""Admission of a call that does not run at once: its principal is first read again from the database.

A call may wait for a thread, for the other messages of its batch, or for an answer of its client. Meanwhile its token
may have ended, and its person may have lost a permission.
"""

import time
from collections.abc import Collection
from dataclasses import replace

from accounts.models import Event
from accounts.resource_server.bearer import InvalidToken, Principal, admit_again
from mcp_api.calls import audit
from mcp_api.calls.call import Call
from mcp_api.calls.incoming import Incoming

# As for open streams, a revocation takes effect within two seconds.
FRESH_SECONDS = 1.0
LONG_SECONDS = 2.0


class Admission:
    """The principal of a request, and the time when it was read."""

    def __init__(self, incoming: Incoming, principal: Principal) -> None:
        self._incoming, self._principal = incoming, principal
        self._read_at = time.monotonic()

    def of(self, call: Call) -> Call:
        """Return `call` with a principal that is not old. Raises InvalidToken, whose event is written."""
        if self.is_old:
            return self.again(call)
        return call if call.principal is self._principal else replace(call, principal=self._principal)

    def confirm(self, call: Call) -> None:
        """Read the principal again before the result of a long call is sent.

        Raises InvalidToken, whose event is written.

        A call that sends no message before its result has no open stream, which would be watched meanwhile
        (mcp_api/streams/open_streams.py).
        """
        if self.must_confirm:
            self.again(call)

    @property
    def must_confirm(self) -> bool:
        """Whether `confirm` queries the database."""
        return time.monotonic() - self._read_at > LONG_SECONDS

    def again(self, call: Call, others: Collection[int] = ()) -> Call:
        """Return `call` with its principal as it is now, narrowed to what the tokens with the ids `others` allow, too.

        Raises InvalidToken, whose event is written.
        """
        try:
            return replace(call, principal=self._read(others))
        except InvalidToken as error:
            detail = str(error.detail)
            audit.record(call, Event.Outcome.REFUSED, time.monotonic(), reason=error.reason, detail=detail)
            raise

    def _read(self, others: Collection[int]) -> Principal:
        self._principal = narrowed = admit_again(self._principal.token_id, self._incoming.request)
        self._read_at = time.monotonic()
        for token_id in others:
            narrowed = narrowed.narrowed_by(admit_again(token_id, self._incoming.request))
        return narrowed

    @property
    def is_old(self) -> bool:
        """Whether `of` queries the database."""
        return time.monotonic() - self._read_at > FRESH_SECONDS
