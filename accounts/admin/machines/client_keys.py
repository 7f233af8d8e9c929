"""The public keys of a client on its page in admin, and the page on which an operator replaces them."""

import json

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.machines.key_forms import KeysForm
from accounts.admin.rights import may_act_through
from accounts.admin_base.confirmation import confirmation_page, digest_of, fields_of, is_confirmed
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.client_credentials.key_replacement import known_keys, may_replace, replace
from accounts.dpop.keys import thumbprint
from accounts.languages.sentences import join
from accounts.models import Client

# Part of the signed value: it must not change when the module moves.
SALT = "accounts.admin.client_keys"
TEMPLATE = "admin/oauth_mcp/client/keys.html"
CHANGED = _("The keys have changed since this page was opened. Look at them again, then replace them.")
NO_KEYS = _("The keys of this client cannot be replaced here: it has none, or changes them itself.")
MORE_RIGHTS = _("This client acts as a service person with permissions that you lack. Ask a superuser.")
NOT_FETCHED = _("not fetched yet: the server does that when the client authenticates")


class ClientKeysMixin(ObjectActionsMixin):
    """Adds the keys, and the action that replaces those of a client that an operator made."""

    @admin.display(description=_("public keys"))
    def public_keys(self, client: Client) -> SafeString | str:
        """Return the keys that authenticate the client, which for a JWKS URI are those that were fetched last."""
        if not (client.jwks_uri or client.jwks):
            return gettext("none")
        listed = list_of(client) or str(NOT_FETCHED)
        if client.jwks:
            return listed
        return format_html(gettext("at <code>{}</code>: {}"), client.jwks_uri, listed)

    @admin.action(description=_("Replace keys…"), permissions=["change"])
    @transaction.atomic
    def replace_keys(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        """Return the page with the form; once that is sent with other keys, store them and return None."""
        client = Client.objects.select_for_update(of=("self",), no_key=True).get(pk=queryset.get().pk)
        if not may_replace(client):
            self.message_user(request, NO_KEYS, messages.WARNING)
            return None
        if not may_act_through(request.user, client):
            self.message_user(request, MORE_RIGHTS, messages.ERROR)
            return None
        form, digest = KeysForm(request.POST if "shown" in request.POST else None), digest_of_keys(client)
        if form.is_valid() and is_confirmed(request, digest, changed=CHANGED):
            self._replace_keys(request, client, form)
            return None
        return confirmation_page(
            self,
            request,
            TEMPLATE,
            title=gettext("Replace the keys of %(client)s?") % {"client": client},
            digest=digest,
            form=form,
            keys=self.public_keys(client),
            fields=fields_of(request),
            cancel_url=self.back_url(request, queryset),
        )

    def _replace_keys(self, request: HttpRequest, client: Client, form: KeysForm) -> None:
        done = replace(client, jwks=form.cleaned_data["jwks"], jwks_uri=form.cleaned_data["jwks_uri"])
        self.log_bulk(request, [client], done)
        self.message_user(request, join(done, left_out(form.left_out)), messages.SUCCESS)


def list_of(client: Client) -> SafeString:
    """Return the list of the known keys: for each its kid, its type and its thumbprint (RFC 7638)."""
    line = gettext("<b><bdi>{}</bdi></b> {} <small>thumbprint <code>{}</code></small>")
    lines = format_html_join("", f"<li>{line}</li>", described(client))
    return format_html('<ul class="client-keys">{}</ul>', lines) if lines else lines


def list_text(client: Client) -> list[str]:
    """Return the same as lines of text."""
    return [f"{key_id}: {type_}, thumbprint {value}" for key_id, type_, value in described(client)]


def described(client: Client) -> list[tuple[str, str, str]]:
    return [(key.get("kid") or gettext("no kid"), kind(key), thumbprint(key)) for key in known_keys(client)]


def kind(key: dict[str, str]) -> str:
    """Return the type of a key, with its curve and its only algorithm where it names them: "EC P-256, ES256"."""
    curve = key.get("crv", "") if key["kty"] != "RSA" else ""
    return ", ".join(filter(None, (f"{key['kty']} {curve}".rstrip(), key.get("alg", ""))))


def left_out(number: int) -> str:
    if not number:
        return ""
    text = ngettext(
        "%(n)s further keys in the set were left out, because this server cannot use them.",
        "%(n)s further keys in the set were left out, because this server cannot use them.",
        number,
    )
    return text % {"n": number}


def digest_of_keys(client: Client) -> str:
    return digest_of((client.pk, client.jwks_uri, json.dumps(client.jwks, sort_keys=True)), salt=SALT)
