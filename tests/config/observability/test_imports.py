"""Libraries for metrics and traces are imported only if they are used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_database

PROJECT = Path(__file__).resolve().parents[3]


def test_unused_libraries_are_not_imported() -> None:
    loaded = "{name.split('.')[0] for name in sys.modules} & {'prometheus_client', 'opentelemetry', 'google'}"
    code = f"import sys, config.wsgi, mcp_api.transport.views as views; print({loaded}, views.McpView)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    # Executed: a forked process would have some of these loaded.
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("set() <class"), done.stdout
