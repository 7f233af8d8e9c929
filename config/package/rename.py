"""Rename the packages `accounts` and `mcp_api` in a module's source, for a project that may have its own of that name.

Each change puts `oauth_mcp.` before a name, so that all lines keep their numbers, and tracebacks fit the source.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PREFIX = "oauth_mcp."
PACKAGES = ("accounts", "mcp_api")
# A value so named is no path: it stands in what was signed or encrypted.
NOT_A_PATH = ("SALT", "PURPOSE")
FROM = re.compile(rb"from\s+(?=[a-z])")
OPENING = re.compile(rb"""[rRuU]?(?:\"\"\"|'''|"|')""")

# A line, counted from 1, and a number of bytes of it.
Position = tuple[int, int]


class Tree:
    """The modules of both packages below `root`, by their dotted names."""

    def __init__(self, root: Path) -> None:
        self.paths = {name_of(path.relative_to(root)): path for path in paths_below(root)}
        self._names_in = cache(lambda module: frozenset(defined(ast.parse(self.paths[module].read_bytes()))))

    def has(self, path: str) -> bool:
        """Return whether `path` names a module, or something that a module defines. A package's own name does not."""
        module, dot, name = path.rpartition(".")
        return bool(dot) and (path in self.paths or (module in self.paths and name in self._names_in(module)))


def paths_below(root: Path) -> Iterator[Path]:
    return (path for package in PACKAGES for path in (root / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(part for part in path.with_suffix("").parts if part != "__init__")


def defined(tree: ast.Module) -> Iterator[str]:
    """Return the names of the classes, functions and variables of a module, without what it imports."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def renamed(source: bytes, tree: Tree, *, is_migration: bool = False) -> bytes:
    """Return the source of a module with the packages' new names in its imports, and in strings that name modules.

    A migration's strings name models: `mcp_api.policy` is that model there, and not the package.
    Raises ValueError where a name cannot be found in the text.
    """
    module, lines = ast.parse(source), source.splitlines(keepends=True)
    found = {*in_imports(module, lines), *in_uses(module), *in_app_configs(module, lines)}
    if not is_migration:
        found.update(in_strings(module, lines, tree))
    for line, column in sorted(found, reverse=True):
        text = lines[line - 1]
        lines[line - 1] = text[:column] + PREFIX.encode() + text[column:]
    return b"".join(lines)


def in_imports(module: ast.Module, lines: list[bytes]) -> Iterator[Position]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and not node.level and is_of_packages(node.module or ""):
            yield after(FROM, node, lines)
        elif isinstance(node, ast.Import):
            yield from ((name.lineno, name.col_offset) for name in node.names if is_of_packages(name.name))


def in_uses(module: ast.Module) -> Iterator[Position]:
    """Return where names stand that `import accounts.models` made: it makes `oauth_mcp` now."""
    imports = [node for node in ast.walk(module) if isinstance(node, ast.Import)]
    made = {name.name.partition(".")[0] for node in imports for name in node.names if not name.asname}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and node.id in made.intersection(PACKAGES):
            yield node.lineno, node.col_offset


def in_strings(module: ast.Module, lines: list[bytes], tree: Tree) -> Iterator[Position]:
    left_out = {
        id(constant)
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and any(is_no_path(target) for target in node.targets)
        for constant in ast.walk(node.value)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and id(node) not in left_out and is_path(node.value, tree):
            yield in_string(node, lines)


def is_path(value: object, tree: Tree) -> bool:
    return isinstance(value, str) and is_of_packages(value) and tree.has(value)


def is_no_path(target: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id.endswith(NOT_A_PATH) for node in ast.walk(target))


def in_app_configs(module: ast.Module, lines: list[bytes]) -> Iterator[Position]:
    """Return where an AppConfig names its package. Its label stays: that is the name of its tables and permissions."""
    for made in (node for node in module.body if isinstance(node, ast.ClassDef)):
        for node in (node for node in made.body if isinstance(node, ast.Assign)):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if targets == ["name"] and isinstance(node.value, ast.Constant) and node.value.value in PACKAGES:
                yield in_string(node.value, lines)


def in_string(node: ast.Constant, lines: list[bytes]) -> Position:
    """Return where the text of a literal begins, which is its value as it stands."""
    line, column = after(OPENING, node, lines)
    if not lines[line - 1][column:].startswith(str(node.value).encode()):
        raise ValueError(f"Line {line}: {node.value!r} stands there in another form. Write it as one plain string.")
    return line, column


def after(opening: re.Pattern[bytes], node: ast.stmt | ast.expr, lines: list[bytes]) -> Position:
    found = opening.match(lines[node.lineno - 1], node.col_offset)
    if found is None:
        raise ValueError(f"Line {node.lineno}: what stands there cannot be renamed. Write it on one line.")
    return node.lineno, found.end()


def is_of_packages(name: str) -> bool:
    return name.partition(".")[0] in PACKAGES
