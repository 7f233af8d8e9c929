"""An operator at the site's admin, over real HTTP."""

import re

import httpx2

from tests.sites.packaged.site import PackagedSite
from tests.support.people.browser import FormReader, Person


def revoke_all(site: PackagedSite, operator: Person) -> httpx2.Response:
    """Choose all authorizations in the list of the site's admin, revoke and confirm; return the page after that."""
    url = f"{site.url}{site.kind.admin}oauth_mcp/authorization/"
    page = operator.open(url)
    boxes = re.findall(r'<input [^>]*name="_selected_action"[^>]*>', page.text)
    pks = [pk for box in boxes for pk in re.findall(r' value="(\d+)"', box)]
    assert pks, page.text
    fields = {"action": "revoke_access", "_selected_action": pks, "index": "0"}
    with httpx2.Client(cookies=operator.cookies, headers={"Referer": url}, follow_redirects=True) as browser:
        asked = browser.post(url, data={**fields, **token_of(page)})
        form = next(form for form in FormReader.read(asked.text) if dict(form.fields).get("action") == "revoke_access")
        confirmed: dict[str, list[str]] = {}
        for name, value in (*form.fields, *form.buttons[:1]):
            confirmed.setdefault(name, []).append(value)
        return browser.post(url, data=confirmed)


def token_of(page: httpx2.Response) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return {"csrfmiddlewaretoken": found[1]}
