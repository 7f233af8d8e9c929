"""Series of the front page, sign-in and forgotten passwords."""

import re

from tests.screenshots.camera import Camera


def front(camera: Camera) -> None:
    """The front page of a stranger and of a person who has signed in, and the page that asks before a sign-out."""
    camera.open("/")
    camera.take("front")
    camera.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    camera.take("front-unfolded")
    camera.sign_in()
    camera.open("/")
    camera.take("front-signed-in")
    camera.open("/accounts/logout/")
    camera.take("sign-out")
    camera.press("form[action$='/accounts/logout/'] button.primary, main form button")
    camera.take("front-signed-out")


def sign_in(camera: Camera) -> None:
    """The sign-in page: empty, for an app, after errors, after too many, and at a suspended account."""
    camera.open("/accounts/login/")
    camera.take("sign-in")
    camera.open("/accounts/login/?next=/device")
    camera.take("sign-in-for-device")
    camera.server.add_person("suspended", "a-long-password-of-theirs")
    camera.server.shell("User.objects.filter(username='suspended').update(is_active=False)")
    camera.sign_in("suspended", "a-long-password-of-theirs")
    camera.take("sign-in-suspended")
    camera.open("/accounts/login/?next=/oauth/authorize")
    camera.page.evaluate("document.querySelectorAll('form').forEach(each => each.noValidate = true)")
    camera.press("form:has([name=password]) button.primary")
    camera.take("sign-in-empty")
    for attempt in range(8):
        camera.sign_in("nobody", "wrong")
        if attempt == 0:
            camera.take("sign-in-wrong")
    camera.take("sign-in-too-many")
    camera.open("/accounts/login/")
    camera.press("form[action*='/accounts/oidc/'] button")
    camera.take("single-sign-on-failed")


def password_reset(camera: Camera) -> None:
    """Each page from a forgotten password to a new one. The address is in the mail, which the server prints."""
    camera.open("/accounts/password/reset/")
    camera.take("reset")
    camera.find("[name=email]").fill("demo@example.com")
    camera.press("main form button.primary")
    camera.take("reset-sent")
    link = camera.wait_for_log(re.compile(r"http\S+/accounts/password/reset/key/\S+"))
    camera.open(link)
    camera.take("reset-new-password")
    camera.find("[name=password1]").fill("12345")
    camera.find("[name=password2]").fill("123456")
    camera.press("main form button.primary")
    camera.take("reset-new-password-refused")
    for field in ("password1", "password2"):
        camera.find(f"[name={field}]").fill("demo123-and-much-longer")
    camera.press("main form button.primary")
    camera.take("reset-done")
    camera.open(link)
    camera.take("reset-link-used")
    camera.server.shell("demo = User.objects.get(username='demo'); demo.set_password('demo123'); demo.save()")
