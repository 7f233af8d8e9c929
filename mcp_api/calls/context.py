"""Context of a call for tools, resources and prompts: caller, progress, log messages and questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from mcp_api.calls.channel import ClientChannel
from mcp_api.input_requests import questions
from mcp_api.schemas.signature import Injected

if TYPE_CHECKING:
    from mcp_types import CreateMessageResult, CreateMessageResultWithTools, LoggingLevel, Root, SamplingMessage
    from pydantic import BaseModel

    from accounts.models import Client
    from accounts.resource_server.bearer import Principal
    from accounts.user_model import User
    from mcp_api.input_requests.questions import Elicited, InputRequest


class Context(Injected):
    """The server passes it to each tool, resource or prompt that has a parameter of this type.

    Clients do not see that parameter. Messages leave at once, before the result.
    """

    def __init__(
        self,
        principal: Principal,
        channel: ClientChannel | None = None,
        subject: str = "",
        address: str | None = None,
        meta: dict[str, Any] | None = None,
    ) -> None:
        self.principal = principal
        # The IP address that the call came from; None for a call that came by no network.
        self.address = address
        self._channel = channel or ClientChannel()
        self._subject = subject
        self._meta = meta or {}
        self._asked = 0

    # --- The caller ----------------------------------------------------------------------------

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
        """The scopes that the person granted to that client."""
        return self.principal.scopes

    @property
    def meta(self) -> dict[str, Any]:
        """The `_meta` of the request: what the client sent besides the arguments."""
        return self._meta

    # --- While it runs -------------------------------------------------------------------------

    @property
    def cancelled(self) -> bool:
        """Return whether the call was cancelled. A tool that takes long should check it now and then."""
        return self._channel.cancelled

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Send the client the progress, if it asked for that. `done` must increase from call to call.

        A cancelled call ends here, and its writes are rolled back.
        """
        self._channel.stop_if_cancelled()
        self._channel.progress(done, total, message)

    def log(self, data: Any, level: LoggingLevel = "info", *, logger: str = "") -> None:
        """Send the client a log message. `data` is any JSON value, such as a string, but never a secret."""
        self._channel.log(level, data, logger or self._subject)

    def close_sse_stream(self) -> None:
        """End the connection but not the call, if the client can reconnect; if it cannot, do nothing."""
        if self._channel.close_sse_stream is not None:
            self._channel.close_sse_stream()

    # The name up to version 0.2.0.
    hang_up = close_sse_stream

    # --- Calling another server ------------------------------------------------------------------

    def exchange_token(self, resource: str, scope: str = "") -> str:
        """Return an access token for the protected resource `resource`, in the name of the person (RFC 8693).

        `scope` are names with spaces between them; without any, the token has as much as is allowed. The operator
        allows exchanges in admin, on the page of the protected resource with this server's own address. The token is
        stored at once, even if the call fails later. Raises ExchangeRefused, a ToolError.
        """
        self._channel.stop_if_asked()
        self._channel.stop_if_cancelled()
        # It needs Django's settings and models, which an app that imports this module may not have loaded yet.
        from mcp_api.calls import token_exchange

        return token_exchange.exchange(self.principal, self.address, resource, scope)

    async def aexchange_token(self, resource: str, scope: str = "") -> str:
        """Return what `exchange_token` returns, for async functions."""
        return await sync_to_async(self.exchange_token)(resource, scope)

    # --- Asking the client ---------------------------------------------------------------------
    #
    # The first time, each of these ends the attempt: its writes are rolled back, nothing is held while the person
    # decides, and the tool runs again from its beginning with the answer. So ask before you act. Catching BaseException
    # only delays the end: an attempt with an unanswered question is never committed. `key` identifies a question of
    # a tool; by default it is derived from the order of the questions.

    def elicit(self, message: str, schema: type[BaseModel] | dict[str, Any], *, key: str = "") -> Elicited[Any]:
        """Ask the person to fill in a form: `schema` is a flat pydantic model, or a JSON Schema. Never for secrets.

        In a flat model each field is a string, a number, a boolean or a choice, and not a model or a list of models
        (spec: client/elicitation). Anything else is an error that names the field, in the log and with DEBUG.
        """
        return self._ask_one("elicitation", questions.form(message, schema), key)

    def confirm(self, message: str, *, key: str = "") -> bool:
        """Ask the person to confirm an action. Returns False if they say no, decline or cancel."""
        return bool(self._ask_one("confirmation", questions.confirmation(message), key))

    def elicit_url(self, message: str, url: str, *, key: str = "") -> Elicited[None]:
        """Ask the person to open an address, to enter there what must not pass through the client.

        If they accept, they opened it; the tool has to find out by itself whether they completed what they do there.
        Raises ValueError unless `url` is an http or https address without user information, in ASCII characters.
        """
        return self._ask_one("visit", questions.visit(message, url), key)

    def sample(
        self, messages: str | list[SamplingMessage], *, max_tokens: int = 1000, key: str = "", **options: Any
    ) -> CreateMessageResult | CreateMessageResultWithTools:
        """Ask the client's model. `options` are further fields of mcp_types.CreateMessageRequestParams."""
        return self._ask_one("sampling", questions.sampling(messages, max_tokens=max_tokens, **options), key)

    def roots(self, *, key: str = "") -> list[Root]:
        """Ask the client for the folders that it works in."""
        return self._ask_one("roots", questions.roots(), key)

    def ask(self, **asked: InputRequest[Any]) -> dict[str, Any]:
        """Ask several questions at once, and return the answers by name.

        Each question is made by a function of mcp_api.questions: confirmation, form, visit, sampling, roots.
        """
        return self._channel.ask(asked)

    def can(self, capability: str) -> bool:
        """Return whether the client declares it: "elicitation", "sampling" or "roots", or a part, "elicitation.url"."""
        name, _, part = capability.partition(".")
        return questions.declares(self._channel.capabilities, name, {part: {}} if part else {})

    def _ask_one(self, kind: str, question: InputRequest[Any], key: str) -> Any:
        self._asked += 1
        key = key or f"{kind}_{self._asked}"
        return self._channel.ask({key: question})[key]
