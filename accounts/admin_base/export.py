"""Export of the audit log: all rows that match the list's filters, as CSV or JSON lines."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.admin_base.period import FROM, TO, day_of
from accounts.audit import events
from accounts.models import Event

COLUMNS = [field.attname for field in Event._meta.concrete_fields]
# Characters that begin a formula in a spreadsheet: ASCII, the minus sign, full-width and small forms of East Asian
# fonts. Clients choose their names and user agents, so these are untrusted.
SIGNS = r"[=+\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
# A spreadsheet may split cells at other characters than commas, even within quotes when text is pasted. It ignores
# blanks, quotes and invisible characters before the sign. IGNORED has no separators, so matching takes linear time.
SEPARATORS = r"[;,|\t\r\n\v\f\x85\u2028\u2029]"
IGNORED = r"[ \"'\0\xa0\u3000\u200b\ufeff]*"
FORMULA = re.compile(rf"\A(?=[\t\r\n])|(?:\A|{SEPARATORS})(?={IGNORED}{SIGNS})")


class PassthroughWriter:
    """A file for csv.writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


def as_csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    writer = csv.DictWriter(PassthroughWriter(), COLUMNS)
    yield writer.writeheader()
    for row in rows:
        yield writer.writerow({name: escape_formulas(value) for name, value in row.items()})


def as_json_lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def escape_formulas(value: Any) -> Any:
    """Return `value` for a cell, with an apostrophe wherever a formula could begin."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value


FORMATS: dict[str, tuple[str, Callable[[Iterator[dict[str, Any]]], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/jsonl", as_json_lines),
}


def filters_of(request: HttpRequest) -> str:
    """Return the filters of the list in words, for the event of an export."""
    chosen = (f"{name}={value}" for name, values in sorted(request.GET.lists()) for value in values if value)
    return f"Filters: {', '.join(chosen) or 'none'}."


class ExportMixin(admin.ModelAdmin):
    """Adds pages that stream the filtered list as a file."""

    change_list_template = "admin/oauth_mcp/event/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("export.<str:suffix>", view, name="oauth_mcp_event_export"), *super().get_urls()]

    def export(self, request: HttpRequest, suffix: str) -> HttpResponseBase:
        """Return the file. Raises PermissionDenied, and Http404 for an unknown format."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if suffix not in FORMATS:
            raise Http404
        if any(day_of(text) is None for name in (FROM, TO) if (text := request.GET.get(name))):
            # The list ignores such a bound and shows that; a file would silently have all rows.
            raise BadRequest(_("A bound of the period is no date. Write it as 2026-11-30."))
        content_type, write = FORMATS[suffix]
        shown: QuerySet[Any] = self.get_changelist_instance(request).get_queryset(request)
        # Recorded before the first row is sent, whether or not the reader takes them all. The file ends before it.
        newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        events.record(
            Event.Kind.ADMIN,
            action=f"exported events as {suffix}",
            detail=filters_of(request),
            request=request,
            user=request.user,
        )
        rows = shown.filter(pk__lte=newest).order_by("-pk").values(*COLUMNS).iterator(chunk_size=2000)
        name = f"events-{timezone.now():%Y%m%d-%H%M%S}.{suffix}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(write(rows), content_type=content_type, headers=headers)
