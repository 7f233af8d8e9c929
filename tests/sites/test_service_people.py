"""Service people of a site whose people have a model of their own: marked in admin, and without a consent."""

import re
from urllib.parse import urlencode

from tests.sites.connection import PASSWORD, Connection
from tests.sites.site import Site
from tests.support.oauth.http_client import REDIRECT_URI
from tests.support.oauth.pkce import CHALLENGE
from tests.support.people.browser import Person

ADMIN = """
from django.test import Client as Browser
from accounts.models import ServicePerson
browser = Browser(headers={"host": "localhost"})
browser.force_login(Member.objects.get(email="boss@club.example"))
LIST = "/admin/oauth_mcp/serviceperson/"
def add(name):
    return browser.post(LIST + "add/", {"name": name})
"""


def test_service_person_who_signs_in_on_the_site_s_page_connects_nothing(served: Site) -> None:
    client_id = Connection(served, "ada@club.example").credentials["client_id"]
    made = f'robot = Member.objects.create_user("robot@club.example", {PASSWORD!r})'
    served.shell(f"{made}; ServicePerson.objects.create(user=robot)")
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT_URI, "state": "random123"}
    asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    robot = Person("robot@club.example", PASSWORD)
    for url in (f"{served.url}/oauth/authorize?{urlencode(asked)}", f"{served.url}/device"):
        page = robot.open(url)
        assert page.status_code == 400
        assert "A service person cannot connect an app" in page.text
        assert not re.search(r"value=.approve", page.text)
    assert served.shell('print(Consent.objects.filter(user__email="robot@club.example").count())') == "0"


def test_operator_adds_lists_and_removes_a_service_person(site: Site) -> None:
    assert site.shell(f"""{ADMIN}
Member.objects.create_user("ci@club.example", "x")
Member.objects.filter(email="ci@club.example").update(is_active=True)
print(add("ci@club.example").status_code)
print("ci@club.example" in browser.get(LIST).text)
row = ServicePerson.objects.get()
print(browser.get(f"{{LIST}}{{row.pk}}/change/").status_code)
""").split() == ["302", "True", "200"]
    assert site.shell(f"""{ADMIN}
from tests.support.factories import make_authorization, make_client
given = make_authorization(Member.objects.get(email="ci@club.example"), make_client())
row = ServicePerson.objects.get()
print(browser.post(f"{{LIST}}{{row.pk}}/delete/", {{"post": "yes"}}).status_code)
given.refresh_from_db()
print(given.revoked_at is not None, ServicePerson.objects.count())
print(Member.objects.filter(email="ci@club.example").count())
""").split() == ["302", "True", "0", "1"]


def test_nobody_with_more_rights_and_nobody_unknown_becomes_one(site: Site) -> None:
    printed = site.shell(f"""{ADMIN}
for name in ("boss@club.example", "nobody@club.example", "x\\0y"):
    print(add(name).status_code)
print(ServicePerson.objects.count())
""")
    assert printed.split() == ["200", "200", "200", "0"]
