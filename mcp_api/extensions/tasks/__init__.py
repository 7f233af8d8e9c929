"""The extension io.modelcontextprotocol/tasks (SEP-2663): calls of tools that go on after their reply."""
