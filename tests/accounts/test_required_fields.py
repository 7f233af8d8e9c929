"""Required fields are marked, to the eye and to screen readers, on the forms of people and of admin."""

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
LABEL = re.compile(r"<(label|legend)\b[^>]*>(.*?)</\1>", re.DOTALL)
MARK = '<span aria-hidden="true" title="Required">*</span><span class="unseen"> required</span>'


def labels_of(page: Any) -> dict[str, bool]:
    """Return whether each label has the mark."""
    assert page.status_code == 200
    found = [inner for _, inner in LABEL.findall(page.content.decode())]
    return {inner.partition("<span")[0].strip().rstrip(":"): MARK in inner for inner in found}


def test_sign_in_marks_both_fields(client: Browser) -> None:
    labels = labels_of(client.get("/accounts/login/"))
    assert (labels["Username"], labels["Password"]) == (True, True)


@pytest.mark.parametrize("path", ["password/change/", "email/", "reauthenticate/"])
def test_forms_of_an_account_mark_what_they_require(client: Browser, path: str) -> None:
    make_user("ada", password="a-long-password")
    client.post("/accounts/login/", {"login": "ada", "password": "a-long-password"})
    assert any(labels_of(client.get(f"/accounts/{path}")).values())


def test_admin_marks_required_fields_and_no_others(admin_client: Browser) -> None:
    labels = labels_of(admin_client.get(reverse("admin:oauth_mcp_client_add")))
    assert (labels["Name"], labels["Redirect URIs"]) == (True, True)
    assert not labels["Client URI"]


def test_fields_that_only_show_a_value_are_not_marked(admin_client: Browser) -> None:
    person = make_user("ada")
    labels = labels_of(admin_client.get(reverse("admin:oauth_mcp_user_change", args=[person.pk])))
    assert (labels["Username"], labels["First name"]) == (True, False)
