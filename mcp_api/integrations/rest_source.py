"""The URL arguments and methods that the code of a REST framework view uses, read from its source."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

# REST framework's own actions, and the HTTP methods that a router binds to them.
METHODS = {
    "list": "get",
    "retrieve": "get",
    "create": "post",
    "update": "put",
    "partial_update": "patch",
    "destroy": "delete",
}
# Names of the arguments in a path of Django: `(?P<year>[0-9]+)` and `<int:year>`.
IN_PATH = re.compile(r"\(\?P<(\w+)>|<(?:\w+:)?(\w+)>")


def path_arguments(url_path: str) -> set[str]:
    """Return the names of the arguments in the `url_path` of an @action."""
    return {first or second for first, second in IN_PATH.findall(url_path)}


def keys_read(view: type[Any], action: str) -> set[str]:
    """Return the URL arguments that `action` of `view` cannot do without: those read by `self.kwargs["…"]`.

    The code is that of the action and of all methods of the project that are no actions, such as `get_queryset`.
    """
    return {
        node.slice.value
        for function in _own_functions(view)
        if function.name == action or not is_action(view, function.name)
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "kwargs"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }


def required_parameters(function: Any) -> set[str]:
    """Return the parameters of a view's method, besides the view and the request, that have no default."""
    parameters = list(inspect.signature(inspect.unwrap(function)).parameters.values())[2:]
    return {
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    }


def methods_called(function: Any) -> set[str]:
    """Return the names of the methods that `function` calls, such as `paginate_queryset`."""
    tree = _parsed(function)
    nodes = [] if tree is None else ast.walk(tree)
    return {each.func.attr for each in nodes if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)}


def is_action(view: type[Any], name: str) -> bool:
    return name in METHODS or name in METHODS.values() or hasattr(getattr(view, name, None), "mapping")


def _own_functions(view: type[Any]) -> Iterator[ast.FunctionDef]:
    """The methods of the project's classes from which `view` is made."""
    for each in view.__mro__:
        if each is not object and not each.__module__.startswith(("rest_framework.", "django.")):
            tree = _parsed(each)
            yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)) if tree else ()


def _parsed(what: Any) -> ast.AST | None:
    """Return the parsed source; None if there is none, as for a class that was made by `type()`."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(what)))
    except (OSError, TypeError, SyntaxError):
        return None
