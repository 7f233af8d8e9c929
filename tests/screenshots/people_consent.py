"""Series of the consent page of each kind of client, and of devices."""

import httpx2

from tests.browser.grants.rows import BILLING
from tests.screenshots.camera import Camera
from tests.support.oauth.devices import DEVICE_ALONE
from tests.support.oauth.http_client import REDIRECT_URI, App, register

PUBLIC = {"token_endpoint_auth_method": "none"}


def address(camera: Camera, client_id: str, **parameters: str) -> str:
    return App(camera.server, client_id, "").authorization_url(**{"redirect_uri": REDIRECT_URI, **parameters})


def registered(camera: Camera, **metadata: object) -> str:
    return str(register(camera.server, **metadata).json()["client_id"])


def consent(camera: Camera) -> None:
    """The consent page: on loopback, on the web, for another server, for more than before, and without a name."""
    camera.sign_in()
    local = registered(camera, client_name="Reading Assistant")
    camera.open(address(camera, local, scope="read write"))
    camera.take("consent")
    camera.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    camera.take("consent-unfolded")
    camera.page.evaluate("document.querySelectorAll('[name=scope]').forEach(each => each.checked = false)")
    camera.press("[name=decision][value=approve]")
    camera.take("consent-nothing-chosen")
    camera.open(address(camera, local, scope="read"))
    camera.take("consent-one-scope")
    addresses = ["https://reading.example.com/cb", "https://other.example.org/cb", "com.example.reader:/cb"]
    web = registered(
        camera,
        client_name="Claude",
        redirect_uris=addresses,
        client_uri="https://reading.example.com",
        **PUBLIC,
    )
    camera.open(address(camera, web, redirect_uri=addresses[0], scope="read write"))
    camera.take("consent-several-destinations")
    camera.open(address(camera, web, redirect_uri=addresses[2], scope="read"))
    camera.take("consent-own-scheme")
    scope = "read write invoices.read invoices.write"
    camera.open(address(camera, local, scope=scope, resource=BILLING))
    camera.take("consent-other-server")
    nameless = registered(camera, client_name="")
    camera.open(address(camera, nameless, scope="read"))
    camera.take("consent-nameless")
    camera.open(address(camera, local, prompt="login"))
    camera.take("sign-in-again")
    camera.open(address(camera, local, scope="read", prompt="consent", max_age="0"))
    camera.take("sign-in-again-for-age")


def answers(camera: Camera) -> None:
    """Consent that adds to what was given, and the pages that lead back to an app, or away from a wrong one."""
    camera.sign_in()
    camera.server.shell(
        "from tests.support.factories import make_authorization, make_client\n"
        "client = make_client(name='Cursor', redirect_uris='https://cursor.com/cb', client_id='cursor')\n"
        "make_authorization(User.objects.get(username='demo'), client, scope='read')"
    )
    camera.open(address(camera, "cursor", redirect_uri="https://cursor.com/cb", scope="read write"))
    camera.take("consent-by-operator-adds")
    own = registered(camera, client_name="Reader", redirect_uris=["com.example.reader:/cb"], **PUBLIC)
    camera.open(address(camera, own, redirect_uri="com.example.reader:/cb", scope="read"))
    camera.press("[name=decision][value=approve]")
    camera.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    camera.take("return-to-own-scheme")
    web = registered(camera, client_name="Reader", redirect_uris=["https://reading.example.com/cb"])
    camera.open(address(camera, web, redirect_uri="https://reading.example.com/cb", scope="nonsense", state="x"))
    camera.take("request-refused")
    for name, parameters in {
        "unknown-client": {"client_id": "nobody"},
        "unknown-redirect": {"redirect_uri": "https://attacker.example/cb"},
        "unknown-resource": {"resource": "https://nowhere.example.com/mcp"},
        "no-challenge": {"code_challenge": ""},
    }.items():
        camera.open(address(camera, **{"client_id": own, "redirect_uri": "com.example.reader:/cb", **parameters}))
        camera.take(f"authorization-error-{name}")


def device(camera: Camera) -> None:
    """A device's code: typed, wrong, from a link, the consent page, and both answers."""
    camera.sign_in()
    camera.open("/device")
    camera.take("device")
    camera.find("[name=user_code]").fill("WRNG-CODE")
    camera.press("form:has([name=user_code]) button.primary")
    camera.take("device-wrong-code")
    for answer in ("approve", "cancel"):
        link = device_link(camera)
        camera.open(link)
        camera.take("device-link")
        camera.press("form:has([name=user_code]) button.primary")
        camera.take("device-consent")
        camera.press(f"[name=decision][value={answer}]")
        camera.take(f"device-{answer}")
    camera.open(link)
    camera.press("form:has([name=user_code]) button.primary")
    camera.take("device-used-code")


def device_link(camera: Camera) -> str:
    document = {name: value for name, value in DEVICE_ALONE.items() if value is not None}
    client = registered(camera, **{**document, "redirect_uris": [], "client_name": "Television of the reading room"})
    asked = {"client_id": client, "scope": "read write"}
    url = f"{camera.server.url}/oauth/device_authorization"
    return str(httpx2.post(url, data=asked).json()["verification_uri_complete"])
