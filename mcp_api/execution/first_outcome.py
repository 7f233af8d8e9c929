"""First outcome of a call that may send messages before its result: its first message, or its conclusion."""

from typing import Protocol

from mcp_api.execution.conclusion import Conclusion


class StreamStarted:
    """The call sent a message before its result: Exchange.respond makes a stream of this and all further ones."""


FirstOutcome = Conclusion | StreamStarted


class OutcomeReceiver(Protocol):
    """Receiver of a call's first outcome, for which its request waits."""

    def set_outcome(self, outcome: FirstOutcome) -> None:
        """Pass the outcome to the request. May be called from any thread."""
