"""First outcome of a call that may send messages before its result: a message, or how it ended."""

import queue
from typing import Protocol

from mcp_api.execution.conclusion import Conclusion


class StreamStarted:
    """As the first word: the call said something, and Exchange.respond makes a stream of it and of the rest."""


class Waiting(Protocol):
    """Where the request waits for the first word of its call."""

    def tell(self, word: Conclusion | StreamStarted) -> None:
        """May be called from any thread."""


class InThread:
    """Waits in a thread."""

    def __init__(self) -> None:
        self._words: queue.SimpleQueue[Conclusion | StreamStarted] = queue.SimpleQueue()

    def tell(self, word: Conclusion | StreamStarted) -> None:
        self._words.put(word)

    def take(self, seconds: float) -> Conclusion | StreamStarted | None:
        """Return the first word; None where there is none in that time."""
        try:
            return self._words.get(timeout=seconds)
        except queue.Empty:
            return None
