"""Look-up of a task for its own person and client."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.models.authorizations import usable_condition
from accounts.resource_server.bearer import Principal
from accounts.user_model import User
from mcp_api.errors import McpError
from mcp_api.models import Task

UNKNOWN = "There is no such task. It has expired, or it is not yours."


def of(principal: Principal, task_id: str) -> Task:
    """Return the task of this person, client and endpoint. Raises McpError for any other, or one that has expired."""
    return _find(task_id, usable_condition("authorization__"), **_whose(principal))


def of_person(user: User, task_id: str) -> Task:
    """Return the task of this person. Raises McpError for any other, or one that has expired."""
    return _find(task_id, user=user)


def known(principal: Principal, task_ids: Iterable[str]) -> list[str]:
    """Return the ids, in their usual form, of those tasks that this person and client has at this endpoint."""
    keys = [key for key in map(_key, task_ids) if key is not None]
    mine = Task.objects.filter(usable_condition("authorization__"), **_whose(principal), pk__in=keys)
    found = set(mine.filter(expires_at__gt=timezone.now()).values_list("pk", flat=True))
    return [str(key) for key in dict.fromkeys(keys) if key in found]


def _whose(principal: Principal) -> dict[str, Any]:
    return {"user": principal.user, "client": principal.client, "endpoint": principal.endpoint}


def _key(task_id: str) -> UUID | None:
    try:
        return UUID(task_id)
    except ValueError:
        return None


def _find(task_id: str, *conditions: Q, **whose: Any) -> Task:
    key = _key(task_id)
    if key is None:
        raise McpError(INVALID_PARAMS, UNKNOWN)
    task = Task.objects.filter(*conditions, pk=key, expires_at__gt=timezone.now(), **whose).first()
    if task is None:
        raise McpError(INVALID_PARAMS, UNKNOWN)
    return task
