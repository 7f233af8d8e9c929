"""The page "Add it to your site", followed to the letter."""

import re
import shutil
import tomllib
from pathlib import Path

from tests.conftest import PROJECT
from tests.sites.packaged.site import PackagedSite, append

PAGE = PROJECT / "docs" / "add-to-your-site.md"
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)
ADDRESS = "https://www.example.com"


class Manual:
    """The blocks of the page, in its order."""

    def __init__(self) -> None:
        blocks = BLOCK.findall(PAGE.read_text())
        assert [kind for kind, _ in blocks] == ["sh", "python", "python", "python", "sh", "python", "sh"]
        texts = [text for _, text in blocks]
        self.install, self.settings, self.urls, self.tool, self.start, self.asgi, self.remove = texts
        self.package = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["name"]

    def add(self, site: PackagedSite, wheel: Path) -> str:
        """Do what the page says, up to the start; return what the check printed."""
        assert self.install.strip() == f"pip install dist/{wheel.name}"
        site.overlay.pip("install", wheel)
        shutil.copytree(site.root, site.root.with_name("before"), ignore=shutil.ignore_patterns("*.sqlite3"))
        assert ADDRESS in self.settings
        append(site.settings, self.settings.replace(ADDRESS, site.url))
        append(site.urls, f"from django.urls import include\n\n{self.urls}")
        if "mysite.asgi:application" in site.kind.server:
            append(site.package / "asgi.py", self.asgi)
        (site.root / site.kind.app / "mcp_tools.py").write_text(self.tool + site.kind.own_tool())
        return self.run(site, self.start)

    def take_away(self, site: PackagedSite) -> None:
        """Remove the server as the page says, lines and all."""
        self.run(site, self.remove)
        database = site.root / "db.sqlite3"
        kept = database.read_bytes()
        shutil.rmtree(site.root)
        shutil.copytree(site.root.with_name("before"), site.root)
        database.write_bytes(kept)
        assert f"pip uninstall {self.package}" in PAGE.read_text()
        site.overlay.pip("uninstall", "--yes", self.package)

    def run(self, site: PackagedSite, commands: str) -> str:
        lines = [line.removeprefix("python manage.py ") for line in commands.strip().splitlines()]
        return "".join(site.manage(*line.split()) for line in lines)
