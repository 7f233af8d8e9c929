"""Confirmation pages: the form sends a digest of what the page showed, so that exactly that is confirmed."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.crypto import salted_hmac
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.clients.destinations import label_of
from accounts.models import Client
from accounts.numbers import count

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The fields of an action's form that the confirmation sends again. The last names groups of repeated registrations.
SENT_AGAIN = ("action", "index", "select_across", "back", ACTION_CHECKBOX_NAME, "lookalike")
# Part of the signed value: it must not change when the module moves.
SALT = "accounts.admin.confirmation"
CHANGED = _("The selected rows have changed since this page was opened. Look at them again, then confirm.")
TEMPLATE = "admin/oauth_mcp/confirm_action.html"
MOST_NAMED, LONGEST_NAME = 20, 60
# An action of admin, of one row or many. One that returns None redirects.
Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


def digest_of(shown: object, *, salt: str) -> str:
    """Return a keyed digest of `shown`, whose repr() must be stable."""
    return salted_hmac(salt, repr(shown), algorithm="sha256").hexdigest()


def is_confirmed(request: HttpRequest, digest: str, *, changed: "StrOrPromise") -> bool:
    """Return whether the form that was sent confirms `digest`. If it confirms another one, warn with `changed`."""
    sent = request.POST.get("shown")
    if sent is not None and sent != digest:
        messages.warning(request, changed)
    return sent == digest


def confirmation_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, template: str, *, title: str, digest: str, **context: Any
) -> HttpResponse:
    """Return the page of `template`, whose form sends `digest` as `shown`."""
    page = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "shown": digest,
        **context,
    }
    return TemplateResponse(request, template, page)


def asks(
    question: "StrOrPromise", consequence: "StrOrPromise", *, button: "StrOrPromise", is_risky: bool = False
) -> Callable[[Action], Action]:
    """Return a decorator of an action: a page states its `consequence`, and the action runs once that is confirmed.

    `question` is the title of the page, with {} for the row or the number of rows. `is_risky` colours the button.
    """

    def decorate(action: Action) -> Action:
        @wraps(action)
        def run(model_admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
            pks = pks_of(rows)
            digest = digest_of_action(action.__name__, pks)
            if not pks or is_confirmed(request, digest, changed=CHANGED):
                return action(model_admin, request, rows)
            names = [_named(row) for row in rows.order_by("pk")[:MOST_NAMED]]
            subject = names[0] if len(pks) == 1 else f"{count(len(pks))} {model_admin.opts.verbose_name_plural}"
            return confirmation_page(
                model_admin,
                request,
                TEMPLATE,
                title=str(question).format(subject),
                digest=digest,
                consequence=consequence,
                names=names,
                more=len(pks) - len(names),
                button=button,
                is_risky=is_risky,
                fields=fields_of(request),
                cancel_url=model_admin.back_url(request, rows),
            )

        return run

    return decorate


def _named(row: Any) -> str:
    """Return the name of `row`; of a client with its hosts, because a name alone proves nothing."""
    return Truncator(label_of(row) if isinstance(row, Client) else str(row)).chars(LONGEST_NAME)


def digest_of_action(name: str, pks: list[Any]) -> str:
    return digest_of((name, pks), salt=SALT)


def pks_of(rows: QuerySet[Any]) -> list[Any]:
    return sorted(rows.order_by().values_list("pk", flat=True))


def fields_of(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields of the action's form, which the confirmation sends again."""
    return [(name, value) for name in SENT_AGAIN for value in request.POST.getlist(name)]
