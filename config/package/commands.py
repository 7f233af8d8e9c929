"""The steps of setuptools that collect the files of the wheel, and those that a wheel can be built of."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

from config.package.rename import PACKAGES, Tree, renamed

ROOT = Path(__file__).resolve().parents[2]
# Commands that would replace Django's own in the other project, or are about this project's own people.
LEFT_OUT = {
    f"accounts/management/commands/{name}.py"
    for name in ("createcachetable", "import_people", "migrate", "runserver", "seed_demo")
}
MADE_BY_PYTHON = "__pycache__"


class BuildPy(build_py):
    """Build `oauth_mcp` with `accounts` and `mcp_api` below it, whose imports fit that."""

    def run(self) -> None:
        super().run()
        tree, target = Tree(ROOT), Path(self.build_lib) / "oauth_mcp"
        for module in target.glob("*.py"):
            module.write_bytes(renamed(module.read_bytes(), tree))
        for path in packaged():
            copy(path, target / path.relative_to(ROOT), tree)


class Sdist(sdist):
    """Collect the sources of the wheel, and what builds it."""

    def make_distribution(self) -> None:
        sources = [*packaged(), ROOT / "config" / "__init__.py", *(ROOT / "config" / "package").rglob("*.py")]
        self.filelist.extend(str(path.relative_to(ROOT)) for path in sources)
        super().make_distribution()


def packaged() -> Iterator[Path]:
    """Return the files of both packages that the wheel has."""
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*"))):
        name = path.relative_to(ROOT)
        if path.is_file() and MADE_BY_PYTHON not in name.parts and name.as_posix() not in LEFT_OUT:
            yield path


def copy(path: Path, target: Path, tree: Tree) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".py":
        shutil.copyfile(path, target)
        return
    try:
        target.write_bytes(renamed(path.read_bytes(), tree, is_migration=path.parent.name == "migrations"))
    except ValueError as error:
        raise ValueError(f"{path.relative_to(ROOT)}: {error}") from error
