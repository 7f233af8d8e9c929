"""`expose`: actions of a REST framework view or viewset as tools."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.views import APIView

from mcp_api.integrations.rest_action import CHECK_ID, Action, model_of
from mcp_api.integrations.rest_tool import KEYS, tool_of
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import DEFAULT_TIMEOUT, NameOrNames, as_tuple, validated_timeout
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected, line_of_caller, short_repr

logger = logging.getLogger(__name__)


def expose(  # noqa: PLR0913 - the public options of the tools
    view: type[Any],
    *,
    actions: Iterable[str],
    name: str = "",
    scopes: NameOrNames | None = None,
    permission: NameOrNames = (),
    descriptions: Mapping[str, str] | None = None,
    serializers: Mapping[str, type[Any]] | None = None,
    parents: Mapping[str, type] | None = None,
    destructive: bool | Mapping[str, bool] | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
) -> None:
    """Add the named `actions` of a REST framework viewset, or methods ("get", "post") of a view, as tools.

    The view's permissions, throttles, filters, pagination and querysets apply; `request.user` is the person whose
    token the client sends. A tool is called `{name}_{action}`, such as book_list. `name` defaults to the model's.
    `scopes` default to read or write, depending on the method. The description of a tool is the action's docstring, or
    the entry in `descriptions`. `serializers` names the serializer of the request body of an @action, or of the query
    of one with GET. `parents` are the types (int, str, UUID) of further URL arguments: `{"library_pk": int}`.

    `create` is announced as a tool that only adds. Any other action that writes, such as an @action with POST, is
    announced as one that may change or delete. `destructive=False` says that all of these only add;
    `destructive={"lend": False}` says it of one.
    """
    declared_at = line_of_caller()
    actions = list(actions)
    with errors_collected(view):
        require_view(view)
        base = name or name_of(view)
        require_writing(view, actions, destructive)
        require_keys(view, parents or {})
        for action_name in actions:
            is_destructive = destructive.get(action_name) if isinstance(destructive, Mapping) else destructive
            serializer = (serializers or {}).get(action_name)
            action = Action(view, action_name, serializer, is_destructive, parents or {})
            with view_errors_reported(action):
                tool = tool_of(
                    action,
                    f"{base}_{action_name}",
                    declared_at,
                    description=(descriptions or {}).get(action_name, ""),
                    scopes=default_scopes(action) if scopes is None else as_tuple(scopes),
                    permissions=as_tuple(permission),
                    timeout=validated_timeout(timeout),
                )
            registry.add(tool)


@contextmanager
def view_errors_reported(action: Action) -> Iterator[None]:
    """Raise DeclarationError if code of the view, or of its filters, fails while the schemas are made."""
    try:
        yield
    except ImproperlyConfigured:
        raise
    except Exception as error:
        what = f"{action.view_class.__name__}.{action.name}"
        message = f"The schemas of {what} cannot be made: {error!r}."
        hint = "They are made without a request, while the server starts: view.request is None. The log has the place."
        logger.warning("The schemas of %s cannot be made.", what, exc_info=error)
        raise DeclarationError(CHECK_ID, message, hint) from error


def require_view(view: Any) -> None:
    """Raise DeclarationError unless `view` is a class of REST framework's views."""
    if not isinstance(view, type) or not issubclass(view, APIView):
        hint = "Pass the class of a view or a viewset: expose(BookViewSet, …), not BookViewSet() or .as_view()."
        raise DeclarationError(CHECK_ID, f"{short_repr(view)} is not a view class of REST framework.", hint)


def require_writing(view: type[Any], actions: list[str], destructive: bool | Mapping[str, bool] | None) -> None:
    """Raise DeclarationError if `destructive` names an action that is not exposed, or one that only reads."""
    for name, is_destructive in (destructive if isinstance(destructive, Mapping) else {}).items():
        if name not in actions:
            message = f"destructive= of {view.__name__} names {name!r}, which is not exposed."
            raise DeclarationError(CHECK_ID, message, f"The actions are {', '.join(actions)}.")
        if is_destructive and Action(view, name).is_read_only:
            message = f"{view.__name__}.{name} is a GET, which changes nothing, and cannot be destructive."
            raise DeclarationError(CHECK_ID, message, "Make it a POST, or leave it out of destructive=.")


def require_keys(view: type[Any], parents: Mapping[str, type]) -> None:
    """Raise DeclarationError for a type that is none of a URL argument."""
    for name, kind in parents.items():
        if kind not in KEYS:
            message = f"parents= of {view.__name__} has {short_repr(kind)} for {name}."
            raise DeclarationError(CHECK_ID, message, f"Use one of {', '.join(each.__name__ for each in KEYS)}.")


def name_of(view: type[Any]) -> str:
    """The model's name. Raises DeclarationError if the view has no model."""
    model = model_of(view)
    if model is None:
        message = f"{view.__name__} has no queryset, whose model would name its tools."
        raise DeclarationError(CHECK_ID, message, 'Pass name="…", the first part of the names of its tools.')
    return str(model._meta.model_name)


def default_scopes(action: Action) -> tuple[str, ...]:
    return ("read",) if action.is_read_only else ("write",)
