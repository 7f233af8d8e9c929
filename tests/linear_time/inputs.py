"""Bodies and forms that the tests parse."""

import json
from typing import Any
from uuid import UUID

from django.http import QueryDict

from accounts.grants import oauthlib_backend
from accounts.http.hash_collisions import MODULUS
from mcp_api.protocol import envelope


def message(params: Any, method: str = "tools/call", members: dict[str, Any] | None = None) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **(members or {})}).encode()


def uuids_with_one_hash(count: int) -> list[str]:
    return [str(UUID(int=number * MODULUS)) for number in range(count)]


def parse_legacy(body: bytes) -> object:
    return envelope.parse(body, {"MCP-Protocol-Version": "2025-11-25"})


def form(text: str) -> object:
    return oauthlib_backend.well_formed(QueryDict(text))
