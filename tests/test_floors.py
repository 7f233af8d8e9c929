"""Floors: a room imports only from rooms below it (docs/architecture.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mcp_api

PROJECT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "mcp_api", "config")
# From the ground up; rooms of one line do not import each other. A module beside the rooms is a room of its own.
ACCOUNTS = [
    {"conf", "counters", "crypto", "background", "numbers", "roles"},
    {"http"},
    {"db"},
    {"rate_limits"},
    {"responses", "fetching"},
    {"models"},
    {"user_model"},
    {"languages"},
    {"scopes", "email", "audit", "pruning"},
    {"diagnosis"},
    {"revocation", "metrics"},
    {"clients"},
    {"key_sets"},
    {"client_credentials", "dpop"},
    {"protected_resources"},
    {"signing"},
    {"trusted_issuers"},
    {"grants", "checks"},
    {"oauth"},
    {"resource_server"},
    {"people", "event_loop"},
    {"admin_base"},
    {"admin"},
    {"apps", "management", "templatetags", "urls"},
]
EXTENSIONS = ("extensions.tasks", "extensions.apps", "extensions.skills")
MCP_API = [
    {"conf", "errors", "models"},
    {"db", "protocol"},
    {"workers", "pubsub", "schemas"},
    {"input_requests"},
    {"calls"},
    {"registry"},
    {"toolsets"},
    {"policy", "integrations"},
    {"streams"},
    # The seam itself; each of its folders is a room of its own, above all that it extends.
    {"extensions"},
    {"methods"},
    {"execution"},
    {"transport", "local"},
    # What the package itself exports, from all of the rooms that apps use (mcp_api/__init__.py).
    set(mcp_api.__all__),
    set(EXTENSIONS),
    {"admin", "checks", "mcp_tools", "metrics", "playground", "pruning", "testing"},
    {"management", "urls"},
    {"site"},
    {"apps"},
]
MOST_FILES = 13
MOST_LINES = 250
# The tests of admin, and of what the pages show, test these.
SEEN_IN_PAGES = {"accounts/templatetags", "config/formats"}
# Modules without a database or a request, whose rules the models state too.
PURE = {"accounts.clients.names", "accounts.clients.redirect_uris", "accounts.clients.metadata.grant_types"}


def modules(app: str) -> Iterator[tuple[str, str]]:
    """The modules of `app`, by their dotted name, with each name that they import at any time."""
    for path in sorted((PROJECT / app).rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        if "migrations" in parts:
            continue
        for imported in imports(ast.parse(path.read_text())):
            yield ".".join(part for part in parts if part != "__init__"), imported


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def is_of(name: str, *apps: str) -> bool:
    return name.partition(".")[0] in apps


@pytest.mark.parametrize(("app", "above"), [("accounts", ["mcp_api", "config"]), ("mcp_api", ["config"])])
def test_app_imports_nothing_of_those_above_it(app: str, above: list[str]) -> None:
    assert [(module, name) for module, name in modules(app) if is_of(name, *above)] == []


@pytest.mark.parametrize(("app", "floors"), [("accounts", ACCOUNTS), ("mcp_api", MCP_API)])
def test_room_imports_only_from_those_below_it(app: str, floors: list[set[str]]) -> None:
    numbers = {room: number for number, rooms in enumerate(floors) for room in rooms}

    def room(name: str) -> str:
        _, first, *below = name.split(".")
        extension = ".".join([first, *below[:1]])
        return extension if extension in EXTENSIONS else first

    wrong = [
        (module, name)
        for module, name in modules(app)
        if module != app and is_of(name, app) and room(module) != room(name)
        if name.rpartition(".")[0] not in PURE and name not in PURE
        if numbers[room(name)] >= numbers[room(module)]
    ]
    assert wrong == []


def test_no_room_is_crowded() -> None:
    rooms = {path.parent for path, _ in sources()}
    files = {str(room.relative_to(PROJECT)): sum(path.parent == room for path, _ in sources()) for room in rooms}
    assert {room: number for room, number in files.items() if number > MOST_FILES} == {}


def test_no_file_is_long() -> None:
    tests = [(path, len(path.read_text().splitlines())) for path in (PROJECT / "tests").rglob("*.py")]
    long = {str(path.relative_to(PROJECT)): lines for path, lines in [*sources(), *tests] if lines > MOST_LINES}
    assert long == {}


def test_each_room_has_one_of_its_name_among_the_tests() -> None:
    rooms = {f"{app}/{path.name}" for app in APPS for path in (PROJECT / app).iterdir() if has_modules(path)}
    assert "accounts/oauth" in rooms
    tested = {room for room in rooms if list((PROJECT / "tests" / room).glob("test_*.py"))}
    assert rooms - tested == SEEN_IN_PAGES


def has_modules(room: Path) -> bool:
    return room.is_dir() and room.name != "migrations" and any(room.rglob("*.py"))


def test_no_test_imports_from_another() -> None:
    """Code that several tests need is in a module without tests: in tests/support/, or in their own folder."""
    found = list(modules("tests"))
    assert any(name == "tests.support.flows.App" for _, name in found)
    assert [(module, name) for module, name in found if re.match(r"tests\.(\w+\.)*test_", name)] == []


def sources() -> list[tuple[Path, int]]:
    """The modules of the three packages, each with its number of lines, without what makes a package of a folder."""
    paths = [path for app in APPS for path in (PROJECT / app).rglob("*.py")]
    return [
        (path, len(path.read_text().splitlines()))
        for path in paths
        if path.name != "__init__.py" and path.parent.name != "migrations"
    ]
