"""The page *Check an assertion*: which step it fails, whom it is about, and which rule matches."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.admin.issuers.forms import AssertionForm
from accounts.http.address import endpoint, issuer
from accounts.models import Client
from accounts.trusted_issuers.assertions import Presented
from accounts.trusted_issuers.examination import Examination, examine

TEMPLATE = "admin/oauth_mcp/trustedissuer/check.html"


class CheckPageMixin(admin.ModelAdmin):
    """Adds the page to the list of issuers."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_view)
        return [path("check/", view, name="oauth_mcp_trustedissuer_check"), *super().get_urls()]

    @method_decorator(sensitive_post_parameters())
    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form, and the examination of what was posted. Raises PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = AssertionForm(request.POST if request.method == "POST" else None)
        examined = _examine(request, form.cleaned_data["assertion"]) if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check an assertion"),
            "opts": self.opts,
            # The pasted assertion is not written into the page.
            "form": AssertionForm() if examined is not None else form,
            "examined": examined,
        }
        return TemplateResponse(request, TEMPLATE, context)


def _examine(request: HttpRequest, text: str) -> Examination:
    own = issuer(request)
    requester = f"operator {request.user.pk}"
    return examine(Presented("".join(text.split()), Client(), own, endpoint(own, "oauth_mcp:token"), requester))
