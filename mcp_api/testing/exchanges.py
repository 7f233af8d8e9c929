"""The operator's permission to exchange the tokens of calls for those of another server."""

from accounts.http.address import RESOURCE_PATH
from accounts.models import AllowedExchange, ProtectedResource
from mcp_api.conf import conf
from mcp_api.testing.wire import TEST_ORIGIN


def allow_exchange(resource: str, scope: str) -> None:
    """Let tools exchange the token of their call for one at `resource`, as an operator allows it in admin."""
    own = (conf.PUBLIC_URL or TEST_ORIGIN) + RESOURCE_PATH
    source, _ = ProtectedResource.objects.get_or_create(identifier=own, defaults={"name": "This server"})
    target, _ = ProtectedResource.objects.get_or_create(identifier=resource, defaults={"name": resource[:100]})
    AllowedExchange.objects.update_or_create(source=source, target=target, defaults={"scope": scope})
