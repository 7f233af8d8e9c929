"""The names that `mcp_api` exports."""

import subprocess
import sys

BEFORE_APPS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import mcp_api
for name in set(mcp_api.__all__) - {"expose", "search"}:
    getattr(mcp_api, name)
"""


def test_names_can_be_imported_before_djangos_apps_are_loaded() -> None:
    """But for those that need Django REST framework or models, which cannot."""
    # Executed: a forked process would have Django loaded.
    subprocess.run([sys.executable, "-c", BEFORE_APPS], check=True)


def test_each_name_is_exported() -> None:
    import mcp_api

    assert all(hasattr(mcp_api, name) for name in mcp_api.__all__)
    assert set(mcp_api.__all__) <= set(dir(mcp_api))
    assert not hasattr(mcp_api, "no_such_name")
