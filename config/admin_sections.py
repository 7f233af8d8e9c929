"""Sections of admin's front page and sidebar, by what an operator does there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Entry:
    """A list of admin: its model, what it is for, and its name where the model's own says too little."""

    model: str
    purpose: Promise
    name: Promise | str = ""


SECTIONS: dict[str, tuple[Entry, ...]] = {
    gettext_noop("Apps"): (
        Entry("oauth_mcp.client", _("Approve, stop and add apps"), _("Clients")),
        Entry("oauth_mcp.serviceaccess", _("Which apps act as a service person, without anybody signed in")),
        Entry("oauth_mcp.consent", _("What people granted to apps")),
        Entry("oauth_mcp.protectedresource", _("Other servers that accept this server’s tokens")),
        Entry("oauth_mcp.trustedissuer", _("Identity providers and CI systems whose assertions count here")),
        Entry("oauth_mcp.blockeddomain", _("Domains whose apps are refused")),
    ),
    gettext_noop("People"): (
        Entry("oauth_mcp.user", _("Accounts, passwords and access")),
        Entry("auth.group", _("Roles of staff, and who may use which tool")),
        Entry("account.emailaddress", _("Addresses, and whether they are verified")),
        Entry("mfa.authenticator", _("Remove a lost one here"), _("Second factors")),
        Entry("socialaccount.socialaccount", _("Accounts at the sign-in provider"), _("Single sign-on accounts")),
    ),
    gettext_noop("Tools"): (
        Entry("mcp_api.policy", _("Who may use which, and how often")),
        Entry("mcp_api.toolset", _("Endpoints of their own with some of the tools")),
        Entry("mcp_api.task", _("Long calls: what runs, for whom, and since when")),
    ),
    gettext_noop("Audit"): (Entry("oauth_mcp.event", _("Who did what, when, and with which outcome")),),
    gettext_noop("Advanced"): (
        Entry("oauth_mcp.authorization", _("One for each connection of an app")),
        Entry("oauth_mcp.accesstoken", _("What apps send with each request")),
        Entry("oauth_mcp.refreshtoken", _("What apps exchange for new access tokens")),
        Entry("oauth_mcp.signingkey", _("What JWTs for other servers are signed with")),
        Entry("oauth_mcp.grant", _("Codes that apps exchange for their first tokens"), _("Authorization codes")),
    ),
}
LAST = "Advanced"


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is no list of a model. Those who may view the model `shown_with` may open it."""

    section: str
    shown_with: str
    name: str
    url_name: str
    purpose: Promise

    @property
    def described(self) -> dict[str, Any]:
        address = reverse(f"admin:{self.url_name}")
        return {"name": gettext(self.name), "object_name": self.name, "admin_url": address, "purpose": self.purpose}


PAGES = (
    Page("People", "User", gettext_noop("Support"), "oauth_mcp_user_support", _("Find a person or an app")),
    Page(
        "Audit",
        "Event",
        gettext_noop("Attempts to connect"),
        "oauth_mcp_event_attempts",
        _("Why an app could not connect"),
    ),
)


def arrange(apps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return Django's list of `apps` by section; before the last, the operator's own apps as they are."""
    rest = [{**app, "models": list(app["models"])} for app in apps]
    sections = []
    for name, entries in SECTIONS.items():
        shown = [described for entry in entries if (described := _take(entry, rest)) is not None]
        shown += [page.described for page in PAGES if page.section == name and page.shown_with in names_in(shown)]
        if shown:
            sections.append({"name": gettext(name), "app_label": name.lower(), "app_url": "", "models": shown})
    others = [app for app in rest if app["models"]]
    last = [section for section in sections if section["app_label"] == LAST.lower()]
    return [*(section for section in sections if section["app_label"] != LAST.lower()), *others, *last]


def mark_current(sections: Iterable[dict[str, Any]], path: str) -> None:
    """Mark the one row that `path` is below: a page such as Support has an address below that of a list."""
    rows = [model for section in sections for model in section["models"]]
    matching = [model for model in rows if model.get("admin_url") and path.startswith(model["admin_url"])]
    for model in sorted(matching, key=lambda model: len(model["admin_url"]))[-1:]:
        model["is_current"] = True


def _take(entry: Entry, apps: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Remove the model of `entry` from `apps`, and return it with its name and purpose."""
    for app in apps:
        for model in app["models"]:
            if model["model"]._meta.label_lower == entry.model:
                app["models"].remove(model)
                return {**model, "name": entry.name or model["name"], "purpose": entry.purpose}
    return None


def names_in(models: Iterable[dict[str, Any]]) -> set[str]:
    return {str(model["object_name"]) for model in models}
