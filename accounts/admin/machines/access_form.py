"""Form fields of service access, for its own page and for the form that adds a client with it."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.admin.clients.forms import ScopesField
from accounts.admin.rights import choosable
from accounts.client_credentials.service_access import is_confidential
from accounts.clients import vouching
from accounts.models import Client, ProtectedResource
from accounts.models.service_access import LONGEST_MINUTES
from accounts.user_model import User

PUBLIC = _("This client need not authenticate, so anybody could use it. Choose one with a secret or a key.")
NOT_APPROVED = _("This client registered itself. Approve it first, so that it is known whose it is.")


class AccessFields(forms.Form):
    """The person, the scopes, the resources and the lifetime that a client is given."""

    # Not `user`, which is a column of clients too.
    acts_as = forms.ModelChoiceField(
        label=_("Acts as"),
        queryset=User._default_manager.none(),
        help_text=_("A service person, whose groups and permissions decide which tools it can use."),
    )
    ceiling = ScopesField(
        label=_("Scopes"),
        choices=lambda: [
            (s.name, f"{s.name}: {s.description}") for s in scopes.describe(scopes.names(of_resource_only=True))
        ],
        help_text=_("The most that a token can have. The client gets all of them when it requests none."),
    )
    resources = ScopesField(
        label=_("Other resources"),
        required=False,
        choices=lambda: list(ProtectedResource.objects.order_by("name").values_list("identifier", "name")),
        help_text=_("Other servers that its tokens may be for, beside this one."),
    )
    lifetime_minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=1,
        max_value=LONGEST_MINUTES,
        help_text=_("How long a token is valid. Empty, or more than ACCESS_TOKEN_EXPIRE_MINUTES: that long."),
    )

    def prepare(self, operator: User | AnonymousUser) -> None:
        """Offer the service people whom `operator` may choose."""
        self.fields["acts_as"].queryset = choosable(operator)  # type: ignore[attr-defined]

    def terms(self) -> dict[str, Any]:
        """Return the validated fields of ServiceAccess."""
        data = self.cleaned_data
        terms = {name: data[name] for name in ("resources", "lifetime_minutes")}
        return {**terms, "user": data["acts_as"], "scope": data["ceiling"]}


def problem_of(client: Client) -> str:
    """Return why `client` cannot be given service access, as a sentence; "" where it can."""
    if not is_confidential(client):
        return str(PUBLIC)
    return "" if vouching.by_operator(client) else str(NOT_APPROVED)
