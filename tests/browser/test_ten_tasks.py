"""Ten tasks of an operator, each in at most four clicks from the front page of admin."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import assert_fits
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

MOST_CLICKS = 4

SCENE = """
from datetime import timedelta
from django.contrib.auth.models import Group
from django.utils import timezone
from accounts.models import Event
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
Group.objects.get_or_create(name="Finance")
for size in ("1280", "375"):
    person = make_user(f"ada-{size}", password="a-long-password")
    evil = make_client(name=f"Evil {size}", redirect_uris="https://evil.example/cb", registration_source="dcr")
    make_tokens(make_authorization(person, evil))
    make_client(name=f"New {size}", redirect_uris="https://new.example/cb", registration_source="dcr", approved_at=None)
    make_client(name=f"Robot {size}", redirect_uris="https://robot.example/cb")
    Event.objects.create(
        kind="authorization", outcome="refused", reason="mismatching_redirect_uri", client_id=evil.client_id,
        client_name=evil.name, user_id=person.pk, username=person.username, address="192.0.2.1",
    )
    first = timezone.localtime().replace(day=1, hour=12)
    call = {"kind": "mcp", "client_id": evil.client_id, "client_name": evil.name, "user_id": person.pk}
    call |= {"username": person.username, "duration_ms": 900}
    Event.objects.create(**call, outcome="ok", action="tools/call last_month", at=first - timedelta(days=5))
    Event.objects.create(**call, outcome="failed", action="tools/call echo")
print("ready")
"""


class Operator:
    """The operator at the front page of admin. Each click counts, and so does each search."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.content = page.locator("#content-main")
        self.clicks = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def link(self, name: str | re.Pattern[str]) -> None:
        self.click(self.content.get_by_role("link", name=name, exact=isinstance(name, str)).first)

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def search(self, text: str) -> None:
        self.clicks += 1
        self.page.locator("#searchbar").fill(text)
        self.page.keyboard.press("Enter")

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    with LiveServer(template) as running:
        assert "ready" in running.shell(SCENE)
        yield running


@pytest.fixture
def size(page: Page) -> str:
    return str(page.evaluate("innerWidth"))


@pytest.fixture
def operator(page: Page, server: LiveServer) -> Iterator[Operator]:
    page.goto(f"{server.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    operator = Operator(page)
    yield operator
    assert operator.clicks <= MOST_CLICKS
    assert_fits(page)


def test_why_an_app_cannot_connect(operator: Operator, size: str) -> None:
    operator.click(operator.page.get_by_role("link", name="Why did a connection fail?"))
    attempt = operator.page.locator("li.attempt").filter(has_text=f"Evil {size}").first
    expect(attempt).to_contain_text("What to do:")


def test_malicious_app_is_stopped(operator: Operator, size: str) -> None:
    operator.link("Clients")
    operator.link(re.compile(f"Evil {size}"))
    operator.button("Stop this app…")
    operator.button("Suspend")
    operator.sees(f"Stopped: Evil {size} at evil.example")


def test_access_of_an_employee_who_left_ends(operator: Operator, size: str) -> None:
    operator.link("Users")
    operator.link(f"ada-{size}")
    operator.button("End all access…")
    operator.button("Suspend the account, sign out everywhere, and revoke all access")
    operator.sees(re.compile(f"Suspended, signed out and access revoked: ada-{size}"))


def test_tool_is_given_to_one_group(operator: Operator) -> None:
    operator.link(re.compile("^Tools, resources"))
    operator.link(re.compile("^get_time"))
    operator.click(operator.page.get_by_label("Finance"))
    operator.button("Save")
    operator.sees("was changed successfully")


def test_client_is_approved(operator: Operator, size: str) -> None:
    operator.click(operator.page.get_by_role("link", name=re.compile("waiting for approval")))
    operator.link(re.compile(f"New {size}"))
    operator.button("Approve…")
    operator.button("Approve")
    operator.sees(f"Approved: New {size} at new.example.")


def test_slow_and_failing_tools_of_the_week_are_on_the_front_page(operator: Operator) -> None:
    for caption in ("Slowest tools", "Most failing tools"):
        table = operator.page.locator("table").filter(has_text=caption)
        expect(table).to_contain_text("in 7 days")
        expect(table).to_contain_text("echo")


def test_last_month_of_one_person_is_exported(operator: Operator, size: str) -> None:
    operator.link("Events")
    operator.search(f"ada-{size}")
    operator.link("Last month")
    operator.sees("last_month")
    with operator.page.expect_download() as downloading:
        operator.link("Export CSV")
    lines = downloading.value.path().read_text().splitlines()
    assert all("last_month" in line and f"ada-{size}" in line for line in lines[1:])
    assert len(lines) == 2


def test_secret_is_rotated(operator: Operator, size: str) -> None:
    operator.link("Clients")
    operator.link(re.compile(f"Robot {size}"))
    operator.button("Rotate secret…")
    operator.button("Rotate secret")
    operator.sees("it is not shown again")


def test_person_becomes_an_auditor_who_can_only_read(operator: Operator, size: str) -> None:
    operator.link("Users")
    operator.link(f"ada-{size}")
    operator.click(operator.page.get_by_label("Auditor"))
    operator.button("Save")
    operator.sees("was changed successfully")


def test_client_for_chatgpt_is_added(operator: Operator) -> None:
    operator.click(operator.content.locator(".model-client").get_by_role("link", name="Add"))
    operator.link("ChatGPT")
    operator.button("Save")
    operator.sees("it is not shown again")
