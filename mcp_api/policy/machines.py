"""The service people, which are machines, that may use a primitive."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import service_condition
from accounts.user_model import User
from accounts.user_model.fields import USERNAME
from mcp_api.models import Policy
from mcp_api.registry.primitive import Primitive

MOST_SHOWN = 20


def allowed(policy: Policy, primitive: Primitive | None) -> tuple[list[User], bool]:
    """Return the first service people, by name, that may use `primitive`, and whether there are more.

    `policy` and permissions decide. Scopes and blocked clients do not: they concern a token, not a person.
    """
    if primitive is None or not policy.enabled or policy.audience == Policy.Audience.PEOPLE:
        return [], False
    people = User._default_manager.filter(service_condition(), is_active=True).order_by(USERNAME)
    if groups := [group.pk for group in policy.groups.all()]:
        people = people.filter(groups__in=groups).distinct()
    for permission in primitive.permissions:
        with_it = ModelBackend().with_perm(permission, include_superusers=False)
        people = people.filter(pk__in=with_it.order_by().values("pk"))
    found = list(people[: MOST_SHOWN + 1])
    return found[:MOST_SHOWN], len(found) > MOST_SHOWN
