"""The three sites, each made of a package's own project template, and with rows before the server is added."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
CLUB = FOLDER.parent / "club_site" / "members"
GUNICORN = ("-m", "gunicorn", "mysite.wsgi", "--threads", "4", "--no-control-socket")
UVICORN = ("-m", "uvicorn", "mysite.asgi:application", "--log-level", "warning")


def tool_of_the_club() -> str:
    return "\n\n" + (CLUB / "mcp_tools.py").read_text().partition("\n\n\n")[2]


@dataclass(frozen=True)
class Kind:
    """A kind of site: how it is made, its own `app`, and the `text` that its `tool` returns about its rows."""

    name: str
    app: str
    tool: str
    text: str
    # Pages that stay as they are.
    pages: tuple[str, ...]
    sign_in: str
    admin: str = "/admin/"
    settings: str = "settings.py"
    source: Path | None = None
    # How its template becomes a project.
    start: tuple[str, ...] = ("-m", "django", "startproject", "mysite")
    server: tuple[str, ...] = GUNICORN
    tool_text: Callable[[], str] | None = None

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def app_folder(self) -> Path:
        return self.source or self.folder / self.app

    def own_tool(self) -> str:
        return self.tool_text() if self.tool_text else (self.folder / "tool.txt").read_text()


WAGTAIL = ("-c", "from wagtail.bin.wagtail import main; main()", "start", "mysite")
KINDS = (
    Kind(
        name="plain",
        app="members",
        tool="list_bookings",
        text="Court 4",
        pages=("/", "/sign-in/"),
        sign_in="/sign-in/",
        source=CLUB,
        tool_text=tool_of_the_club,
    ),
    Kind(
        name="wagtail",
        app="blog",
        tool="list_posts",
        text="Apples of the year",
        pages=("/", "/apples/", "/search/?query=apples", "/admin/login/"),
        sign_in="/admin/login/",
        admin="/django-admin/",
        settings="settings/base.py",
        start=WAGTAIL,
    ),
    Kind(
        name="rest",
        app="accounts",
        tool="list_events",
        text="Concert",
        pages=("/api/events/", "/api/events/?format=json", "/api/sign-in/login/"),
        sign_in="/api/sign-in/login/",
        server=UVICORN,
    ),
)
