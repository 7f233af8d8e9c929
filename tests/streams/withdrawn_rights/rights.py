"""Rights of a person, and how they are withdrawn."""

from collections.abc import Callable

from tests.mcp_api.messages import Body

YES = {"action": "accept", "content": {"sure": True}}
NEWS = "guarded://news"
PERMISSION = "permission = Permission.objects.get(content_type__app_label='oauth_mcp', codename='view_event'); "
POLICY = "policy, _ = Policy.objects.get_or_create(kind={kind!r}, name={name!r}); "

Act = Callable[[str], str]


def guarded(kind: str, name: str) -> str:
    return POLICY.format(kind=kind, name=name)


WITHDRAWALS = {
    "the permission": "person.user_permissions.clear()",
    "the tool": guarded("tool", "guarded_rename") + "policy.enabled = False; policy.save()",
    "the group": guarded("tool", "guarded_rename") + "policy.groups.add(Group.objects.create(name='others'))",
    "the client": guarded("tool", "guarded_rename") + "policy.clients.add(person.oauth_consents.get().client)",
}


def refused_as_unknown(answer: Body) -> bool:
    return answer["error"]["code"] == -32602 and answer["error"]["message"] == "Unknown tool: guarded_rename"


def another_token(act: Act, scope: str) -> str:
    """Of the same person and client, by another authorization."""
    return act(
        f"own = make_authorization(person, person.oauth_consents.get().client, scope={scope!r}); "
        "print(make_tokens(own, resource=settings.PUBLIC_URL + '/mcp')[2])"
    )
