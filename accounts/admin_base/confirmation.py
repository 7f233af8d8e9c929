"""Confirmation pages: the form sends a digest of what the page showed, so that exactly that is confirmed."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.crypto import salted_hmac


def digest_of(shown: object, *, salt: str) -> str:
    """Return a keyed digest of `shown`, whose repr() must be stable."""
    return salted_hmac(salt, repr(shown), algorithm="sha256").hexdigest()


def is_confirmed(request: HttpRequest, digest: str, *, changed: str) -> bool:
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
