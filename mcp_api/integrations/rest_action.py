"""An action of a REST framework view or viewset: its HTTP method, its URL argument and its view instance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from rest_framework import generics
from rest_framework.viewsets import ViewSetMixin

from mcp_api.integrations import rest_call
from mcp_api.integrations.rest_source import METHODS, keys_read, methods_called, path_arguments, required_parameters
from mcp_api.schemas.declaration_errors import DeclarationError

CHECK_ID = "mcp_api.E013"


@dataclass(frozen=True)
class Action:
    """The action `name` of a viewset, or the method `name` ("get", "post") of a view."""

    view_class: type[Any]
    name: str
    # The serializer that the author names for the request body.
    serializer: type[Any] | None = None
    # The value that the author declares; None for the default of the action.
    destructive: bool | None = None
    # The types of further URL arguments, such as the key of a parent in a nested route.
    parents: Mapping[str, type] = field(default_factory=dict)

    @property
    def model(self) -> type[models.Model] | None:
        return model_of(self.view_class)

    @property
    def is_viewset(self) -> bool:
        return issubclass(self.view_class, ViewSetMixin)

    @property
    def extra(self) -> Any:
        """The function that REST framework's @action decorated; None for one of REST framework's own actions."""
        function = getattr(self.view_class, self.name, None)
        return function if hasattr(function, "mapping") else None

    @property
    def method(self) -> str:
        """The HTTP method, in lower case. Raises DeclarationError if the view has no such action."""
        if not hasattr(self.view_class, self.name) or self.name.startswith("_"):
            raise self._unknown()
        if not self.is_viewset:
            if self.name not in METHODS.values():
                raise self._unknown()
            return self.name
        if self.extra is not None:
            return self._extra_method()
        if self.name not in METHODS:
            raise self._unknown()
        return METHODS[self.name]

    def _extra_method(self) -> str:
        methods = [method for method, name in self.extra.mapping.items() if name == self.name]
        if len(methods) > 1:
            message = f"{self.view_class.__name__}.{self.name} has several methods."
            raise DeclarationError(CHECK_ID, message, "Expose an action that has one HTTP method.")
        return str(methods[0])

    def require_parents(self) -> None:
        """Raise DeclarationError for a URL argument that the view needs and that no tool would pass."""
        function = getattr(self.view_class, self.name)
        needed = keys_read(self.view_class, self.name, of_object=self.is_detail) | required_parameters(function)
        if self.extra is not None:
            needed |= path_arguments(self.extra.url_path)
        key = {self.lookup, "pk"} if self.is_detail else set()
        missing = sorted(needed - {"format", *key, *self.parents})
        if missing:
            message = f"{self.view_class.__name__}.{self.name} needs the URL argument {missing[0]}."
            hint = f'Pass its type, as in parents={{"{missing[0]}": int}}. It becomes an argument of the tools.'
            raise DeclarationError(CHECK_ID, message, hint)

    def _unknown(self) -> DeclarationError:
        kind = "action" if self.is_viewset else "method"
        hint = "Name one of REST framework's actions (list, retrieve, …), or a method with the @action decorator."
        return DeclarationError(CHECK_ID, f"{self.view_class.__name__} has no {kind} {self.name!r}.", hint)

    @property
    def is_read_only(self) -> bool:
        return self.method == "get"

    @property
    def is_partial(self) -> bool:
        return self.name in ("partial_update", "patch")

    @property
    def is_destructive(self) -> bool:
        """Return whether it may change or delete data.

        Only REST framework's own `create` and `post` are known to add. The project's own code has the specification's
        default (ToolAnnotations.destructiveHint).
        """
        if self.destructive is not None:
            return self.destructive
        return not (self.name == "create" or (self.name == "post" and not is_custom(self.view_class, "post")))

    @property
    def is_list(self) -> bool:
        generic = issubclass(self.view_class, generics.GenericAPIView)
        return generic and (self.name == "list" or (self.name == "get" and hasattr(self.view_class, "list")))

    @property
    def is_filtered(self) -> bool:
        """Return whether it takes the arguments of the view's filters."""
        return self.is_list or (self.is_own_get and "filter_queryset" in methods_called(self.extra))

    @property
    def is_paginated(self) -> bool:
        """Return whether it takes the arguments of the view's pagination."""
        return self.is_list or (self.is_own_get and "paginate_queryset" in methods_called(self.extra))

    @property
    def is_own_get(self) -> bool:
        generic = issubclass(self.view_class, generics.GenericAPIView)
        return generic and self.extra is not None and self.is_read_only

    @property
    def is_detail(self) -> bool:
        """Return whether it is about one object, whose key is an argument."""
        if self.extra is not None:
            return bool(self.extra.detail)
        if self.is_viewset:
            return self.name not in ("list", "create")
        return any(hasattr(self.view_class, each) for each in ("retrieve", "update", "destroy"))

    @property
    def lookup(self) -> str:
        """The name of the argument that holds the object's key."""
        return str(getattr(self.view_class, "lookup_url_kwarg", None) or getattr(self.view_class, "lookup_field", "pk"))

    @property
    def view_options(self) -> dict[str, Any]:
        """The keyword arguments that a router passes to `as_view`, with those of rest_call.VIEW_OPTIONS."""
        by_router = {"detail": self.is_detail, "basename": self.view_class.__name__.lower()} if self.is_viewset else {}
        by_decorator = dict(self.extra.kwargs) if self.extra is not None else {}
        options = {**by_router, **by_decorator}
        known = {name: value for name, value in options.items() if hasattr(self.view_class, name)}
        return {**known, **rest_call.VIEW_OPTIONS}

    def as_view(self) -> Any:
        bound = [{self.method: self.name}] if self.is_viewset else []
        return self.view_class.as_view(*bound, **self.view_options)

    def view_instance(self) -> Any:
        """A view as it handles this action, with None for its request."""
        view = self.view_class(**self.view_options)
        view.request, view.format_kwarg, view.args, view.kwargs = None, None, (), {}
        if self.is_viewset:
            view.action, view.action_map = self.name, {self.method: self.name}
        return view

    def view_serializer(self, **options: Any) -> Any:
        """The serializer of the view's `get_serializer`. Raises DeclarationError if that fails without a request."""
        try:
            return self.view_instance().get_serializer(**options)
        except Exception as error:
            message = f"{self.view_class.__name__}.get_serializer failed while the schema was made: {error!r}."
            hint = f'It may need a request. Name the serializer: serializers={{"{self.name}": …}}.'
            raise DeclarationError(CHECK_ID, message, hint) from error

    @property
    def request_serializer(self) -> Any:
        """The serializer of the request body, or of the query of a GET; None if there is none, or if it is unknown."""
        if self.serializer is not None:
            return self.serializer(partial=self.is_partial)
        if self.extra is not None:
            serializer = self.extra.kwargs.get("serializer_class")
            return None if serializer is None or self.is_read_only else serializer()
        if self.method not in ("post", "put", "patch") or not hasattr(self.view_class, "get_serializer"):
            return None
        return self.view_serializer(partial=self.is_partial)


def model_of(view_class: type[Any]) -> type[models.Model] | None:
    """The model of a view's queryset or serializer; None if it has neither."""
    queryset = getattr(view_class, "queryset", None)
    if queryset is not None:
        return queryset.model
    meta = getattr(getattr(view_class, "serializer_class", None), "Meta", None)
    return getattr(meta, "model", None)


def is_custom(cls: type[Any], name: str) -> bool:
    """Return whether the method `name` of `cls` comes from the project, not from REST framework."""
    return not getattr(cls, name).__module__.startswith("rest_framework.")
