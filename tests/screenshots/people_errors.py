"""Series of pages with errors, and of those that are rendered alone, as no visitor reaches them at will."""

from tests.screenshots.camera import Camera

# Templates with their contexts, as source.
RENDERED = {
    "400": "{'status': 400}",
    "403": "{}",
    "403_csrf": "{}",
    "429": "{'seconds': 90, 'wait': wait_in_words(90), 'back': '/'}",
    "500": "{}",
    "503": "{}",
    "account/signup_closed": "{}",
    "account/verification_sent": "{}",
    "account/password_set": "{'form': SetPasswordForm(user=request.user)}",
    "socialaccount/login": "{'provider': provider}",
    "socialaccount/login_cancelled": "{}",
    "socialaccount/signup": "{'account': account, 'form': SetPasswordForm(user=request.user)}",
}
CONTEXTS = """
from types import SimpleNamespace
from allauth.account.forms import SetPasswordForm
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage import default_storage
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from accounts.rate_limits.page import wait_in_words

provider = SimpleNamespace(name="Acme")
account = SimpleNamespace(get_provider=provider)
request = RequestFactory().get("/")
request.user, request.session = AnonymousUser(), {}
request._messages = default_storage(request)
"""


def errors(camera: Camera) -> None:
    """Errors of the server's addresses: nothing there, not allowed, without a cookie."""
    camera.open("/nothing-here")
    camera.take("not-found")
    camera.sign_in()
    camera.open("/nothing-here")
    camera.take("not-found-signed-in")
    camera.open("/admin/")
    camera.take("admin-not-allowed")
    camera.open("/accounts/sso/")
    camera.take("connections")
    camera.open("/accounts/sso/login/error/")
    camera.take("single-sign-on-error")


def rendered(camera: Camera) -> None:
    """Pages of templates alone."""
    for template, context in RENDERED.items():
        with_language = f"with translation.override({camera.language!r}):"
        show = f"print(render_to_string('{template}.html', {{'server_name': 'City Library', **{context}}}, request))"
        camera.show(camera.server.shell(f"{CONTEXTS}\n{with_language}\n    {show}"))
        camera.take(f"rendered-{template.replace('/', '-')}")
