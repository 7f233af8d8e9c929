"""A client of the MCP endpoint for a project's tests, like Django's test client for pages.

    from mcp_api.testing import McpClient

    class LendingTests(TestCase):
        def test_a_book_is_lent_once_the_reader_confirms(self):
            client = McpClient(self.reader, scopes=["library:lend"], answers=[{"sure": True}])
            self.assertIn("is yours", client.call("lend_book", book=1, until="2030-01-01").text)

Requests are handled as in production (token, scopes, permissions, schemas, transaction, events), but in the test's own
thread, within its transaction, and without a time limit, so that a breakpoint may pause them.
"""

from mcp_api.testing.client import McpClient, McpClientError, ToolResult
from mcp_api.testing.exchanges import allow_exchange
from mcp_api.testing.threads import in_this_thread

__all__ = ["McpClient", "McpClientError", "ToolResult", "allow_exchange", "in_this_thread"]
