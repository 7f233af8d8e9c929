"""Names of models and columns for people, which can be translated without a migration."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.utils.functional import Promise
from django.utils.text import camel_case_to_spaces

from accounts.db import verbose_names
from accounts.models import Client, Event
from mcp_api.db import verbose_names as mcp_names
from mcp_api.models import Task, Toolset

OWN = [
    each for label in (Event._meta.app_label, Task._meta.app_label) for each in apps.get_app_config(label).get_models()
]
SHOWN = [each for each in OWN if admin.site.is_registered(each)]


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_models_in_admin_and_their_columns_have_names_that_can_be_translated(model: type) -> None:
    meta = model._meta  # type: ignore[attr-defined]
    shown = [
        column
        for column in (*meta.local_fields, *meta.local_many_to_many)
        if column.editable and not column.auto_created
    ]
    assert isinstance(meta.verbose_name, Promise)
    assert isinstance(meta.verbose_name_plural, Promise)
    assert [column.name for column in shown if not isinstance(column.verbose_name, Promise)] == []


@pytest.mark.parametrize("columns", [verbose_names.COLUMNS, mcp_names.COLUMNS], ids=["accounts", "mcp_api"])
def test_english_names_of_columns_are_those_that_django_derives(columns: dict[str, object]) -> None:
    assert {name: str(text) for name, text in columns.items()} == {name: name.replace("_", " ") for name in columns}


def test_english_names_of_models_are_those_that_django_derives() -> None:
    written = {"AllowedExchange", "Grant", "IDToken"}
    derived = {name: names for name, names in verbose_names.MODELS.items() if name not in written}
    assert {name: str(one) for name, (one, _) in derived.items()} == {
        name: camel_case_to_spaces(name) for name in derived
    }
    assert str(Client._meta.verbose_name_plural) == "clients"
    assert str(Toolset._meta.verbose_name) == "toolset"


def test_column_with_a_name_of_its_own_keeps_it() -> None:
    assert str(Event._meta.get_field("client_id").verbose_name) == "client ID"
