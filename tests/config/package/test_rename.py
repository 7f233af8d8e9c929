"""Renaming of the wheel's modules: only names before a dot change, and no line moves."""

import ast
from pathlib import Path

import pytest

from config.package.rename import PACKAGES, Tree, renamed
from tests.conftest import PROJECT

SOURCES = {
    "accounts/__init__.py": "",
    "accounts/scopes.py": "class Scopes:\n    pass\n\n\nREAD: str = 'read'\n",
    "accounts/models/__init__.py": "from accounts.models.people import User\n",
    "accounts/models/people.py": "class User:\n    pass\n",
    "mcp_api/__init__.py": "",
    "mcp_api/policy/__init__.py": "",
}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name, source in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    return Tree(tmp_path)


CHANGED = {
    "from accounts.models import User": "from oauth_mcp.accounts.models import User",
    "from  accounts import scopes": "from  oauth_mcp.accounts import scopes",
    "from accounts import (  # why\n    scopes,\n)": "from oauth_mcp.accounts import (  # why\n    scopes,\n)",
    "import os, accounts.scopes as s": "import os, oauth_mcp.accounts.scopes as s",
    "import accounts.scopes; print('é', accounts.scopes.READ)": (
        "import oauth_mcp.accounts.scopes; print('é', oauth_mcp.accounts.scopes.READ)"
    ),
    "def f():\n    import mcp_api\n    return mcp_api": (
        "def f():\n    import oauth_mcp.mcp_api\n    return oauth_mcp.mcp_api"
    ),
    "PATH = 'accounts.scopes.Scopes'": "PATH = 'oauth_mcp.accounts.scopes.Scopes'",
    'x = {"é": r"accounts.scopes.READ"}': 'x = {"é": r"oauth_mcp.accounts.scopes.READ"}',
    'include("accounts.models.people")': 'include("oauth_mcp.accounts.models.people")',
    'class Config(AppConfig):\n    name = "accounts"': 'class Config(AppConfig):\n    name = "oauth_mcp.accounts"',
}


@pytest.mark.parametrize("source", CHANGED)
def test_names_of_the_packages_are_changed(tree: Tree, source: str) -> None:
    assert renamed(source.encode(), tree).decode() == CHANGED[source]


KEPT = {
    "a relative import": "from . import scopes",
    "another package of a name that begins like ours": "import accounts_of_others; from mcp_api_client import call",
    "a variable": "def f(accounts): return accounts.models",
    "a label": 'class Config(AppConfig):\n    label = "accounts"',
    "a model, which has the form of a module's name": 'key = ForeignKey("accounts.User")',
    "a permission": 'has_perm("accounts.view_user")',
    "a module that there is not": 'path = "accounts.missing.Scopes"',
    "something that a module imports": 'path = "accounts.models.User"',
    "a template and its folder": 'render("accounts/models/people.html")',
    "prose": '"""As accounts.scopes says."""',
    "part of a formatted string": 'f"accounts.scopes.{name}"',
    "what a signature is made with": 'SALT = "accounts.scopes"\nSALT, A_PURPOSE = "mcp_api.policy", "accounts.models"',
}


@pytest.mark.parametrize("source", KEPT.values(), ids=KEPT)
def test_all_else_is_kept(tree: Tree, source: str) -> None:
    assert renamed(source.encode(), tree).decode() == source


def test_migration_names_models_in_its_strings(tree: Tree) -> None:
    source = b'import accounts.models\nfield = ManyToManyField(to="mcp_api.policy")\n'
    changed = b'import oauth_mcp.accounts.models\nfield = ManyToManyField(to="mcp_api.policy")\n'
    assert renamed(source, tree, is_migration=True) == changed


UNFIT = {
    "an escape": r'"accounts.\x73copes"',
    "two parts": '"accounts." "scopes"',
    "two lines": "from \\\n accounts import scopes",
}


@pytest.mark.parametrize("source", UNFIT.values(), ids=UNFIT)
def test_name_that_stands_in_another_form_is_refused(tree: Tree, source: str) -> None:
    with pytest.raises(ValueError, match="Write it"):
        renamed(source.encode(), tree)


def test_statements_of_this_project_keep_their_lines() -> None:
    tree = Tree(PROJECT)
    assert {name.partition(".")[0] for name in tree.paths} == set(PACKAGES)
    for path in tree.paths.values():
        source = path.read_bytes()
        assert lines_of(renamed(source, tree)) == lines_of(source)


def lines_of(source: bytes) -> list[tuple[str, int]]:
    statements = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt))
    return [(type(node).__name__, node.lineno) for node in statements]
