"""A person with a right to the guarded tool and resource, and a way to change that."""

from collections.abc import Iterator

import pytest

from tests.streams.wire import Wire
from tests.streams.withdrawn_rights.rights import PERMISSION, Act
from tests.support.servers.server import LiveServer


@pytest.fixture
def act(server: LiveServer, wire: Wire) -> Iterator[Act]:
    """Run code about the `person`, their `permission` and policies, in a process of its own."""
    names = (
        "from django.contrib.auth.models import Group, Permission; from mcp_api.models import Policy; "
        "from django.utils import timezone; from tests.support.factories import *; from django.conf import settings; "
        f"person = User.objects.get(username={wire.username!r}); {PERMISSION}"
    )
    yield lambda code: server.shell(names + code)
    server.shell("from mcp_api.models import Policy; [policy.delete() for policy in Policy.objects.all()]")


@pytest.fixture
def permitted(wire: Wire, act: Act) -> Wire:
    """Ada's connection, who has the permission that the guarded things ask for, and a session."""
    act("person.user_permissions.add(permission)")
    return wire.initialize()
