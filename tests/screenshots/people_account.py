"""Series of a person's own pages: apps, password, addresses, second factors, passkeys, and the tools of a trial."""

import re

from tests.screenshots.camera import Camera
from tests.support.database import Template
from tests.support.people.authenticators import DEVICE
from tests.support.people.one_time_codes import code_with_time_left
from tests.support.servers.server import LiveServer

PASSWORD = "a-long-password-of-theirs"
# Calls, failed connections and a task of demo's apps.
CALLS = """
from accounts.models import Authorization, Event
demo = User.objects.get(username="demo")
for authorization in Authorization.objects.filter(consent__user=demo)[:2]:
    client = authorization.consent.client
    of = {"kind": "mcp", "user_id": demo.pk, "username": "demo", "client_id": client.client_id,
          "client_name": client.name, "authorization_id": authorization.pk, "token_id": 1, "address": "192.0.2.10"}
    for outcome, reason in (("ok", ""), ("refused", "insufficient_scope"), ("failed", "tool_error")):
        Event.objects.create(outcome=outcome, reason=reason, action="tools/call find_books", duration_ms=7, **of)
    Event.objects.create(kind="authorization", outcome="refused", reason="mismatching_redirect_uri",
                         **{name: of[name] for name in ("user_id", "username", "client_id", "client_name", "address")})
"""
TRIAL = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DEBUG": "true", "SERVER_NAME": "City Library"}
BOOK = (
    "from tests.library.models import Author, Book\n"
    "Book.objects.create(title='Dune', author=Author.objects.create(name='Frank Herbert'), isbn='1')"
)


def newcomer(camera: Camera, name: str) -> None:
    camera.server.add_person(name, PASSWORD)
    camera.sign_in(name, PASSWORD)


def confirm(camera: Camera) -> None:
    camera.open("/accounts/reauthenticate/")
    camera.find("[name=password]").fill(PASSWORD)
    camera.press("form:has([name=password]) button.primary")


def apps(camera: Camera) -> None:
    """The connected apps: none, one of each grant with calls and failures, and after one was disconnected."""
    newcomer(camera, "newcomer")
    camera.open("/apps")
    camera.take("apps-none")
    camera.server.shell(CALLS)
    camera.page.context.clear_cookies()
    camera.sign_in()
    camera.open("/apps")
    camera.take("apps")
    camera.press("button[name=client]")
    camera.take("apps-disconnected")


def account(camera: Camera) -> None:
    """Confirmation of the password, a new password, and e-mail addresses."""
    newcomer(camera, "ada")
    camera.open("/accounts/reauthenticate/")
    camera.take("reauthenticate")
    camera.find("[name=password]").fill("wrong")
    camera.press("form:has([name=password]) button.primary")
    camera.take("reauthenticate-wrong")
    confirm(camera)
    camera.open("/accounts/email/")
    camera.take("email-none")
    for address in ("no-address", "ada@example.com"):
        camera.find("[name=email]").fill(address)
        camera.page.evaluate("document.querySelectorAll('form').forEach(each => each.noValidate = true)")
        camera.press("button[name=action_add]")
        camera.take(f"email-{address.partition('@')[0]}")
    camera.open(camera.wait_for_log(re.compile(r"http\S+/accounts/confirm-email/[^\s/]+/")))
    camera.take("email-confirm")
    camera.press("main form button.primary")
    camera.take("email-confirmed")
    camera.open("/accounts/confirm-email/none/")
    camera.take("email-confirm-link-unknown")
    camera.open("/accounts/email/")
    camera.find("[name=email]:not([type=radio])").fill("another@example.com")
    camera.press("button[name=action_add]")
    camera.page.locator("[type=radio]").last.check()
    camera.press("button[name=action_remove]")
    camera.take("email-remove")
    camera.open("/accounts/password/change/")
    camera.take("password-change")
    for name, text in (("oldpassword", "wrong"), ("password1", "12345"), ("password2", "123456")):
        camera.find(f"[name={name}]").fill(text)
    camera.press("main form button.primary")
    camera.take("password-change-refused")


def second_factor(camera: Camera) -> None:
    """An authenticator app and recovery codes: added, asked for, and removed."""
    newcomer(camera, "grace")
    camera.open("/accounts/2fa/")
    camera.take("second-factor-none")
    confirm(camera)
    camera.open("/accounts/2fa/totp/activate/")
    camera.take("authenticator-app")
    secret = camera.find("code[data-copy]").inner_text()
    camera.find("[name=code]").fill("000000")
    camera.press("form:has([name=code]) button.primary")
    camera.take("authenticator-app-wrong-code")
    code, _ = code_with_time_left(secret)
    camera.find("[name=code]").fill(code)
    camera.press("form:has([name=code]) button.primary")
    camera.take("authenticator-app-added")
    for name in ("", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/"):
        camera.open(f"/accounts/2fa/{name}")
        camera.take(f"second-factor-{name.strip('/').replace('/', '-') or 'all'}")
    camera.page.context.clear_cookies()
    camera.sign_in("grace", PASSWORD)
    camera.take("second-step")
    camera.find("[name=code]").fill("000000")
    camera.press("form:has([name=code]) button.primary")
    camera.take("second-step-wrong-code")


def passkeys(camera: Camera) -> None:
    """A passkey: added, listed, renamed, removed, and as a second step."""
    devtools = camera.page.context.new_cdp_session(camera.page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    newcomer(camera, "alan")
    camera.open("/accounts/2fa/webauthn/")
    camera.take("passkeys-none")
    confirm(camera)
    camera.open("/accounts/2fa/webauthn/add/")
    camera.take("passkey-add")
    camera.press("main .buttons button")
    camera.page.wait_for_url("**/accounts/2fa/**")
    camera.page.wait_for_timeout(1000)
    camera.take("passkey-added")
    camera.open("/accounts/2fa/webauthn/")
    camera.take("passkeys")
    for name in ("edit", "remove"):
        camera.open("/accounts/2fa/webauthn/")
        camera.press(f"a[href*='/{name}/']")
        camera.take(f"passkey-{name}")
    camera.page.context.clear_cookies()
    camera.sign_in("alan", PASSWORD)
    camera.take("second-step-passkey")


def tools(camera: Camera) -> None:
    """The tools of a server in its trial: the list, a form, a result, a question and an error."""
    with Template() as template, LiveServer(template, workers=1, env=TRIAL) as server:
        server.manage("migrate", "--verbosity", "0")
        server.shell(BOOK)
        camera.server = server
        camera.open("/accounts/login/")
        camera.take("trial-sign-in")
        camera.open("/")
        camera.take("trial-front")
        camera.sign_in()
        camera.open("/tools/")
        camera.take("tools")
        for tool, fields in {
            "echo": {"text": "Hello there"},
            "lend_book": {"book": "1", "until": "2030-01-01"},
            "get_time": {"timezone": "Nowhere"},
            "get_user_info": {},
        }.items():
            camera.open(f"/tools/{tool}")
            camera.take(f"tool-{tool}")
            for name, text in fields.items():
                camera.find(f"main form [name$={name}]").fill(text)
            camera.press("main form button.primary")
            camera.take(f"tool-{tool}-called")
        camera.open("/tools/lend_book")
        camera.press("main form button.primary")
        camera.take("tool-lend_book-refused")
