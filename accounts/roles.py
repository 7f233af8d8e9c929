"""Roles for staff: groups with permissions in admin. Migrations create them, so this module imports no model.

None of them can give permissions, set passwords or change email addresses: only superusers can.
"""

from typing import Any

from django.conf import settings

OPERATOR, HELPDESK, AUDITOR = "Operator", "Helpdesk", "Auditor"

READS_EVENTS = {"oauth_mcp.view_event"}
READS_CONNECTIONS = {
    *("oauth_mcp.view_client", "oauth_mcp.view_consent", "oauth_mcp.view_authorization"),
    *("oauth_mcp.view_grant", "oauth_mcp.view_accesstoken", "oauth_mcp.view_refreshtoken"),
}
HELPS_PEOPLE = {
    *("oauth_mcp.view_user", "oauth_mcp.change_user", "oauth_mcp.change_authorization"),
    *("account.view_emailaddress", "mfa.view_authenticator", "mfa.delete_authenticator"),
    *("socialaccount.view_socialaccount", "socialaccount.delete_socialaccount"),
}
MANAGES_CLIENTS = {
    *("oauth_mcp.add_client", "oauth_mcp.change_client", "oauth_mcp.delete_client"),
    *("oauth_mcp.view_blockeddomain", "oauth_mcp.add_blockeddomain"),
    *("oauth_mcp.change_blockeddomain", "oauth_mcp.delete_blockeddomain"),
}
MANAGES_PEOPLE = {"oauth_mcp.add_user", "oauth_mcp.delete_user", "auth.view_group"}

# Not given where people have another model: what staff may do with them is that project's decision.
ON_PEOPLE = {f"oauth_mcp.{verb}_user" for verb in ("view", "add", "change", "delete")}
OWN_MODEL = "oauth_mcp.user"
# Such a project may not have these apps, and then has pages of its own for them.
ALLAUTH = {"account", "mfa", "socialaccount"}

ROLES: dict[str, set[str]] = {
    OPERATOR: READS_EVENTS | READS_CONNECTIONS | HELPS_PEOPLE | MANAGES_CLIENTS | MANAGES_PEOPLE,
    HELPDESK: READS_EVENTS | READS_CONNECTIONS | HELPS_PEOPLE,
    AUDITOR: READS_EVENTS,
}


def create(apps: Any, database: str) -> None:
    """Create the group of each role.

    A group of that name which exists already is left as it is, because its members were not chosen for the role.
    """
    groups = apps.get_model("auth", "Group").objects.using(database)
    for name, permissions in ROLES.items():
        group, created = groups.get_or_create(name=name)
        if created:
            group.permissions.set(_rows(apps, database, permissions))


def extend(apps: Any, database: str, name: str, permissions: set[str]) -> None:
    """Give further `permissions` to the role `name`, unless its group is another one of that name."""
    group = apps.get_model("auth", "Group").objects.using(database).filter(name=name).first()
    if group is None:
        return
    held = group.permissions.values_list("content_type__app_label", "codename")
    if {each for each in ROLES[name] if _exists(each)} <= {".".join(each) for each in held}:
        group.permissions.add(*_rows(apps, database, permissions))


def _exists(permission: str) -> bool:
    """Return whether staff of this site may be given `permission`."""
    is_of_people = permission in ON_PEOPLE or permission.partition(".")[0] in ALLAUTH
    return not is_of_people or settings.AUTH_USER_MODEL.lower() == OWN_MODEL


def _rows(apps: Any, database: str, permissions: set[str]) -> list[Any]:
    """Return the rows of `permissions`, which Django itself creates only after a database is migrated."""
    types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    rows = apps.get_model("auth", "Permission").objects.using(database)
    found = []
    for permission in sorted(filter(_exists, permissions)):
        app, _, codename = permission.partition(".")
        verb, _, model = codename.partition("_")
        content_type, _ = types.get_or_create(app_label=app, model=model)
        words = f"Can {verb} {apps.get_model(app, model)._meta.verbose_name_raw}"
        found.append(rows.get_or_create(content_type=content_type, codename=codename, defaults={"name": words})[0])
    return found
