"""Signal handlers for changes of the policy: they invalidate the cached rules and notify listeners."""

from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver

from accounts.models import Revision
from accounts.protected_resources import ending
from accounts.resource_server.bearer import POLICY
from accounts.user_model import User
from mcp_api.models import Policy, Toolset
from mcp_api.pubsub import notifications
from mcp_api.registry.targets import all_primitives
from mcp_api.registry.tools import tools


def tools_changed() -> None:
    """Notify listeners of the list of tools, and of that of resources if a tool has an app, whose page is in it."""
    notifications.tools_changed()
    if any(tool.app is not None and tool.app.template for tool in tools.values()):
        notifications.resources_changed()


NOTIFICATIONS = {
    Policy.Kind.TOOL: tools_changed,
    Policy.Kind.RESOURCE: notifications.resources_changed,
    Policy.Kind.PROMPT: notifications.prompts_changed,
    # The list of resources has the skills, too.
    Policy.Kind.SKILL: notifications.resources_changed,
}


@receiver([post_save, post_delete], sender=Policy)
def policy_changed(instance: Policy, **kwargs: Any) -> None:
    Revision.bump(POLICY)
    NOTIFICATIONS[Policy.Kind(instance.kind)]()


@receiver(m2m_changed, sender=Policy.groups.through)
@receiver(m2m_changed, sender=Policy.clients.through)
def audience_changed(instance: Any, action: str, **kwargs: Any) -> None:
    if not action.startswith("post_"):
        return
    Revision.bump(POLICY)
    # A change from the other side of the relation may concern rules of any kind.
    for notify in (
        [NOTIFICATIONS[Policy.Kind(instance.kind)]] if isinstance(instance, Policy) else NOTIFICATIONS.values()
    ):
        notify()


@receiver(post_delete, sender=Toolset)
def toolset_is_gone(instance: Toolset, **kwargs: Any) -> None:
    """Revoke what was granted at its endpoint while it was deleted."""
    transaction.on_commit(partial(ending.end_endpoint, instance.name))


@receiver([post_save, post_delete], sender=Toolset)
def toolset_changed(instance: Toolset, **kwargs: Any) -> None:
    Revision.bump(POLICY)
    notifications.endpoint_changed(instance.name)


@receiver(m2m_changed, sender=Toolset.picked.through)
@receiver(m2m_changed, sender=Toolset.groups.through)
def selection_changed(instance: Any, action: str, reverse: bool, **kwargs: Any) -> None:
    if not action.startswith("post_"):
        return
    Revision.bump(POLICY)
    changed = Toolset.objects.all() if reverse else [instance]
    for toolset in changed:
        notifications.endpoint_changed(toolset.name)


@receiver(pre_delete, sender=Toolset)
def toolset_deleted(instance: Toolset, **kwargs: Any) -> None:
    """Revoke what was granted at its endpoint: another toolset may get its name later."""
    ending.end_endpoint(instance.name)


def membership_changed(action: str, **kwargs: Any) -> None:
    """Notify listeners. Requests read the groups anyway."""
    is_ruled = Policy.objects.exclude(groups=None).exists() or Toolset.objects.exclude(groups=None).exists()
    if action.startswith("post_") and is_ruled:
        for notify in NOTIFICATIONS.values():
            notify()


@receiver(m2m_changed, sender=Group.permissions.through)
def permissions_changed(action: str, **kwargs: Any) -> None:
    """Notify listeners, if a primitive requires a permission. Requests read the permissions anyway."""
    if action.startswith("post_") and any(primitive.permissions for primitive in all_primitives().values()):
        for notify in NOTIFICATIONS.values():
            notify()


for _name, _handler in (("groups", membership_changed), ("user_permissions", permissions_changed)):
    _relation = getattr(User, _name, None)
    # accounts.E039 reports a user model without it.
    if _relation is not None:
        m2m_changed.connect(_handler, sender=_relation.through)


@receiver(pre_delete, sender=Group)
def group_is_being_deleted(instance: Any, **kwargs: Any) -> None:
    """Note the rules and toolsets that the group restricts, locked: another of its kind may be deleted meanwhile."""
    membership_changed("post_clear")
    instance.restricted = {
        model: [
            row.pk
            for row in model.objects.select_for_update(of=("self",), no_key=True).filter(groups=instance).order_by("pk")
        ]
        for model in (Toolset, Policy)
    }


@receiver(post_delete, sender=Group)
def group_deleted(instance: Any, **kwargs: Any) -> None:
    """Disable rules and toolsets that have lost their last group, which would otherwise be open to all people.

    Only afterwards is it known which are the last: several groups may be deleted at once.
    """
    for model, pks in instance.restricted.items():
        for row in model.objects.filter(pk__in=pks, groups=None, enabled=True):
            row.enabled = False
            row.save(update_fields=["enabled"])
