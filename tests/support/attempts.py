"""Attempts to connect from an address, and how the timeline shows them."""

from datetime import timedelta
from typing import Any

from django.test import Client as Browser

from accounts.diagnosis.attempt import Attempt
from accounts.diagnosis.timeline import recent
from accounts.models import Event

HERE, THERE = "192.0.2.1", "198.51.100.7"


def discover(address: str = HERE, agent: str = "claude-code/2") -> Browser:
    """Send the requests of a program without a token: the challenge and the metadata."""
    program = Browser(REMOTE_ADDR=address, headers={"User-Agent": agent})
    program.post("/mcp", "{}", content_type="application/json")
    program.get("/.well-known/oauth-protected-resource/mcp")
    program.get("/.well-known/oauth-authorization-server")
    return program


def call(token: str) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return Browser().post("/mcp", body, content_type="application/json", headers=headers)


def the_attempt(**of: Any) -> Attempt:
    [attempt] = recent(**of)
    return attempt


def steps(attempt: Attempt) -> list[str]:
    return [step.name for step in attempt.steps]


def later(**by: float) -> None:
    """Move all events back in time."""
    for event in Event.objects.all():
        Event.objects.filter(pk=event.pk).update(at=event.at - timedelta(**by))
