"""The arguments of a person's last call of each tool, in their session, encrypted."""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends.base import SessionBase

from accounts.crypto.sealing import cipher
from accounts.crypto.token_values import checksum

KEY = "tools_page"
PURPOSE = "mcp_api.playground.arguments"
MOST_TOOLS = 10
# Of the arguments of one call, as JSON.
LONGEST = 8000


def keep(session: SessionBase, described: dict[str, Any], arguments: dict[str, Any]) -> None:
    """Keep `arguments` for the next time that the tool's page is opened: secret ones, and very long ones, are not."""
    schema = described["inputSchema"]
    public = {name: value for name, value in arguments.items() if not is_secret(schema["properties"][name], schema)}
    entry = json.dumps({"schema": digest_of(schema), "arguments": public})
    others = {name: each for name, each in session.get(KEY, {}).items() if name != described["name"]}
    latest = list(others.items())[-(MOST_TOOLS - 1) :]
    if public and len(entry) <= LONGEST:
        latest.append((described["name"], cipher(PURPOSE).encrypt(entry.encode()).decode()))
    session[KEY] = dict(latest)


def kept(session: SessionBase, described: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that were kept; none if the tool's input schema has changed since."""
    sealed = session.get(KEY, {}).get(described["name"], "")
    try:
        entry: dict[str, Any] = json.loads(cipher(PURPOSE).decrypt(sealed))
    except InvalidToken:
        # There is none, or SECRET_KEY was changed.
        return {}
    return dict(entry["arguments"]) if entry["schema"] == digest_of(described["inputSchema"]) else {}


def forget(session: SessionBase, described: dict[str, Any]) -> None:
    session[KEY] = {name: each for name, each in session.get(KEY, {}).items() if name != described["name"]}


def digest_of(schema: dict[str, Any]) -> str:
    return checksum(json.dumps(schema, sort_keys=True))


def is_secret(described: Any, schema: dict[str, Any]) -> bool:
    """Return whether a property has a secret anywhere in it: a password, or another value that is only written."""
    waiting, definitions = [described], schema.get("$defs", {})
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            if each.get("writeOnly") is True or each.get("format") == "password":
                return True
            if "$ref" in each:
                waiting += definitions.values()
                definitions = {}
            waiting += each.values()
    return False
