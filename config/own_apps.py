"""The operator's own apps, which the setting APPS names."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured


def installable(names: Iterable[str], installed: Collection[str]) -> tuple[list[str], dict[str, str]]:
    """Return those of `names` that can be installed beside `installed`, and the problem of each other one.

    A name is that of an app or its AppConfig, as in INSTALLED_APPS.
    """
    usable, problems = list[str](), dict[str, str]()
    for name in names:
        problem = problem_of(name, [*installed, *usable])
        if problem:
            problems[name] = problem
        else:
            usable.append(name)
    return usable, problems


def problem_of(name: str, installed: Collection[str]) -> str:
    """Return why the app cannot be installed, or an empty string."""
    if name in installed:
        return "it is already installed"
    try:
        AppConfig.create(name)
    except (ImportError, ImproperlyConfigured) as error:
        return str(error)
    return ""


def is_readable(file: Path) -> bool:
    return os.access(file, os.R_OK) and not file.is_dir()


def urls_of(names: Collection[str], project: Path) -> list[str]:
    """Return the URL modules of those apps in `names` that are in the folder `project`.

    The manual of an app that is an installed package says how to mount its pages.
    """
    modules = []
    for app in apps.get_app_configs():
        folder = Path(app.path)
        is_ours = folder.is_relative_to(project) and "site-packages" not in folder.parts
        is_named = app.name in names or f"{type(app).__module__}.{type(app).__qualname__}" in names
        if is_ours and is_named and (folder / "urls.py").exists():
            modules.append(f"{app.name}.urls")
    return modules
