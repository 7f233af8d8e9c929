"""The Context that a tool may take: its caller, progress, log messages and questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_api.calls.channel import ClientChannel
from mcp_api.input_requests import questions
from mcp_api.schemas.injected import Injected

if TYPE_CHECKING:
    from mcp_types import CreateMessageResult, CreateMessageResultWithTools, LoggingLevel, Root, SamplingMessage
    from pydantic import BaseModel

    from accounts.models import Client, User
    from accounts.resource_server.bearer import Principal
    from mcp_api.input_requests.questions import Elicited, InputRequest


class Context(Injected):
    """Handed to each tool, resource or prompt that has a parameter of this type; clients never see that parameter.

    Whoever takes one runs in a thread of its own, so that what it says on the way can leave at once.
    """

    def __init__(
        self,
        principal: Principal,
        channel: ClientChannel | None = None,
        subject: str = "",
        address: str | None = None,
    ) -> None:
        self.principal = principal
        # The IP address that the call came from, where it came over the network.
        self.address = address
        self._channel = channel or ClientChannel()
        self._subject = subject
        self._asked = 0

    # --- Who calls -----------------------------------------------------------------------------

    @property
    def user(self) -> User:
        """The person in whose name the tool runs."""
        return self.principal.user

    @property
    def client(self) -> Client:
        """The OAuth client that called it."""
        return self.principal.client

    @property
    def scopes(self) -> frozenset[str]:
        """What the person granted that client."""
        return self.principal.scopes

    # --- While it runs -------------------------------------------------------------------------

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the result any more: a tool that takes long looks at it now and then."""
        return self._channel.cancelled

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell the client how far the work is, where it asked to be told. `done` only ever grows.

        Ends the call where it was cancelled: what the tool wrote is taken back.
        """
        self._channel.stop_if_cancelled()
        self._channel.progress(done, total, message)

    def log(self, data: Any, level: LoggingLevel = "info", *, logger: str = "") -> None:
        """Send the client a log message: `data` is a text, or anything that JSON can hold, but never a secret."""
        self._channel.log(level, data, logger or self._subject)

    def close_sse_stream(self) -> None:
        """Let the client come back for the rest: end the connection, not the call. Where it cannot, do nothing."""
        if self._channel.close_sse_stream is not None:
            self._channel.close_sse_stream()

    # Its name up to version 0.2.0.
    hang_up = close_sse_stream

    # --- Asking the client ---------------------------------------------------------------------
    #
    # The first time, each of these ends the attempt: what was written is rolled back, nothing is held while
    # somebody thinks, and the tool runs again from its top with the answer. So ask before you act. To catch
    # BaseException only delays the end: an attempt that has asked is never committed. `key` tells one question of a
    # tool from another; in their order they have one already.

    def elicit(self, message: str, schema: type[BaseModel] | dict[str, Any], *, key: str = "") -> Elicited[Any]:
        """Ask the person to fill in a form: `schema` is a flat pydantic model, or a JSON Schema. Never for secrets.

        Flat: each field is a string, a number, a boolean or a choice, no model and no list of models (spec:
        client/elicitation). Anything else is an error that names the field, in the log and with DEBUG.
        """
        return self._ask_one("elicitation", questions.form(message, schema), key)

    def confirm(self, message: str, *, key: str = "") -> bool:
        """Ask the person for a yes before what cannot be undone. False where they say no, decline or cancel."""
        return bool(self._ask_one("confirmation", questions.confirmation(message), key))

    def elicit_url(self, message: str, url: str, *, key: str = "") -> Elicited[None]:
        """Ask the person to open an address, for what must not pass through the client.

        That they accepted says that they went there: whether they are done is yours to know.
        Raises ValueError unless `url` is an http or https address without user information, in ASCII characters.
        """
        return self._ask_one("visit", questions.visit(message, url), key)

    def sample(
        self, messages: str | list[SamplingMessage], *, max_tokens: int = 1000, key: str = "", **options: Any
    ) -> CreateMessageResult | CreateMessageResultWithTools:
        """Let the client's model answer. `options` are further fields of mcp_types.CreateMessageRequestParams."""
        return self._ask_one("sampling", questions.sampling(messages, max_tokens=max_tokens, **options), key)

    def roots(self, *, key: str = "") -> list[Root]:
        """The folders that the client works in."""
        return self._ask_one("roots", questions.roots(), key)

    def ask(self, **asked: InputRequest[Any]) -> dict[str, Any]:
        """Several questions at once, answered by name; each is made by mcp_api.questions: confirmation, form, visit,
        sampling, roots.
        """
        return self._channel.ask(asked)

    def can(self, capability: str) -> bool:
        """Whether the client declares it: "elicitation", "sampling" or "roots", or a part, "elicitation.url"."""
        name, _, part = capability.partition(".")
        return questions.declares(self._channel.capabilities, name, {part: {}} if part else {})

    def _ask_one(self, kind: str, question: InputRequest[Any], key: str) -> Any:
        self._asked += 1
        key = key or f"{kind}_{self._asked}"
        return self._channel.ask({key: question})[key]
