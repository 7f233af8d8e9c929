"""The tool of the site's own app."""

from mcp_api import Context, tool


@tool(read_only=True)
def list_bookings(context: Context) -> list[str]:
    """Return the courts that the member has booked."""
    return [booking.court for booking in context.user.bookings.order_by("pk")]
