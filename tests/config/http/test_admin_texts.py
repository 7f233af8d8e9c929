"""Texts of admin that packages leave in English."""

import json
import re

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.support.factories import make_client


@pytest.mark.parametrize("language", ["ar", "de", "zh-hans"])
def test_scripts_of_admin_have_texts_in_each_language(admin_client: Browser, language: str) -> None:
    response = admin_client.get(reverse("admin:jsi18n"), headers={"accept-language": language})
    found = re.search(r"const newcatalog = (\{.*?\n  \});", response.text, re.DOTALL)
    assert found
    catalog = json.loads(found[1])
    for text in ("Choose all %s", "(click to clear)", "Thursday", "abbrev. day Thursday\x04Thur"):
        assert catalog[text] not in ("", text, "Thu")


def test_permissions_are_named_in_the_language_of_the_reader(admin_client: Browser) -> None:
    page = admin_client.get(reverse("admin:auth_group_add"), headers={"accept-language": "de"}).text
    assert "Darf hinzufügen: Client" in page
    assert set(re.findall(r"Can \w+ \w+", page)) == {"Can lend books"}
    assert "Can add client" in admin_client.get(reverse("admin:auth_group_add")).text


def test_stored_message_is_in_the_language_of_the_reader(admin_client: Browser) -> None:
    data = {"action": "approve", "_selected_action": [make_client().pk]}
    page = admin_client.post(
        reverse("admin:oauth_mcp_client_changelist"), data, headers={"accept-language": "de"}, follow=True
    ).text
    assert "Es gibt nichts zu genehmigen" in page
