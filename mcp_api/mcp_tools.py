"""Tools of every new server. Put your own into the `mcp_tools.py` of your apps."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone as clock
from pydantic import BaseModel, Field

from accounts.models import is_service
from accounts.user_model.fields import email_of, full_name_of
from mcp_api import Context, ToolError, tool


class ClientInfo(BaseModel):
    client_id: str
    name: str


class UserInfo(BaseModel):
    username: str
    name: str
    email: str
    service: bool = Field(description="Whether it is a service person: a machine, which acts without a person.")
    scopes: list[str]
    client: ClientInfo


@tool(read_only=True)
def echo(text: str) -> str:
    """Return the given text unchanged."""
    return text


@tool(read_only=True)
def get_time(timezone: str = "UTC") -> str:
    """Return the current date and time in ISO 8601, in the given IANA time zone (such as Europe/Berlin)."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ToolError(f"{timezone!r} is not an IANA time zone. Try one like Europe/Berlin or UTC.") from error
    now: datetime = clock.now()
    return now.astimezone(zone).isoformat(timespec="seconds")


@tool(read_only=True)
def get_user_info(context: Context) -> UserInfo:
    """Return who is signed in, through which client, and what that client was granted."""
    return UserInfo(
        username=context.user.get_username(),
        name=full_name_of(context.user),
        email=email_of(context.user),
        service=is_service(context.user),
        scopes=sorted(context.scopes),
        client=ClientInfo(client_id=context.client.client_id, name=context.client.name),
    )
