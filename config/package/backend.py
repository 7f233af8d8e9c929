"""Build backend of the wheel (PEP 517): that of setuptools, which writes nothing into the checkout."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from setuptools import build_meta

__all__ = [
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_wheel",
]

NOT_EDITABLE = (
    "This project cannot be installed with --editable: modules of the wheel have other names than in the checkout. "
    "Run `pip install .` again after each change."
)


def get_requires_for_build_editable(config_settings: Any = None) -> NoReturn:
    """Refuse `pip install --editable`."""
    raise NotImplementedError(NOT_EDITABLE)


def build_editable(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> NoReturn:
    raise NotImplementedError(NOT_EDITABLE)


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    with elsewhere():
        return list(build_meta.get_requires_for_build_wheel(config_settings))


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    with elsewhere():
        return list(build_meta.get_requires_for_build_sdist(config_settings))


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Any = None) -> str:
    with elsewhere():
        return str(build_meta.prepare_metadata_for_build_wheel(metadata_directory, config_settings))


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    with elsewhere():
        return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    with elsewhere():
        return str(build_meta.build_sdist(sdist_directory, config_settings))


@contextmanager
def elsewhere() -> Iterator[None]:
    """Meanwhile setuptools writes what it makes on the way into a folder that is removed."""
    with tempfile.TemporaryDirectory() as made:
        config = Path(made, "distutils.cfg")
        config.write_text(f"[build]\nbuild_base = {made}/build\n[egg_info]\negg_base = {made}\n")
        os.environ["DIST_EXTRA_CONFIG"] = str(config)
        try:
            yield
        finally:
            del os.environ["DIST_EXTRA_CONFIG"]
