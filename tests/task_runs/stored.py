"""What the database holds of a task."""

from tests.support.server import LiveServer


def status_of(server: LiveServer, task_id: str) -> str:
    [(status,)] = server.database.rows(
        f"SELECT status FROM mcp_api_task WHERE replace(CAST(id AS text), '-', '') = '{task_id.replace('-', '')}'"  # noqa: S608 - our own id
    )
    return str(status)
