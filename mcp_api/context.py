"""What a tool may ask of the call that it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # `mcp_api` is imported before models can be.
    from accounts.bearer import Principal
    from accounts.models import Client, User


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to each tool that has a parameter of this type; clients never see that parameter."""

    principal: Principal

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
