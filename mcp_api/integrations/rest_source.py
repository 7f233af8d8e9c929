"""The URL arguments and methods that the code of a REST framework view uses, read from its source."""

import ast
import inspect
import re
import textwrap
from typing import Any, TypeGuard

# REST framework's own actions, and the HTTP methods that a router binds to them.
METHODS = {
    "list": "get",
    "retrieve": "get",
    "create": "post",
    "update": "put",
    "partial_update": "patch",
    "destroy": "delete",
}
# The methods of a view by name; several where one calls `super()`.
Methods = dict[str, list[ast.FunctionDef]]
# Names of the arguments in a path of Django: `(?P<year>[0-9]+)` and `<int:year>`.
IN_PATH = re.compile(r"\(\?P<(\w+)>|<(?:\w+:)?(\w+)>")


def path_arguments(url_path: str) -> set[str]:
    """Return the names of the arguments in the `url_path` of an @action."""
    return {first or second for first, second in IN_PATH.findall(url_path)}


def keys_read(view: type[Any], action: str, *, of_object: bool) -> set[str]:
    """Return the URL arguments that `action` of `view` cannot do without: those read by `self.kwargs["…"]`.

    The code is that of the action, of the project's own versions of REST framework's methods, such as `get_queryset`,
    and of all that these refer to by `self`. `get_object` counts for an action `of_object` alone. An argument whose
    presence is tested, as in `"pk" in self.kwargs`, is no necessary one.
    """
    methods = _own_methods(view)
    nodes = [
        node for name in _reached(view, action, methods, of_object) for each in methods[name] for node in ast.walk(each)
    ]
    tested = {
        node.left.value
        for node in nodes
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) and isinstance(node.ops[0], ast.In)
    }
    read = {
        node.slice.value
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "kwargs"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }
    return read - tested


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


def _reached(view: type[Any], action: str, methods: Methods, of_object: bool) -> set[str]:
    """Return the names of the methods that a request for `action` may run."""
    waiting = [action, *(name for name in methods if _is_hook(view, name) and (of_object or name != "get_object"))]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in methods and name not in reached:
            reached.add(name)
            waiting += [node.attr for each in methods[name] for node in ast.walk(each) if _is_own_attribute(node)]
    return reached


def _is_hook(view: type[Any], name: str) -> bool:
    """Return whether REST framework has a method of that name, which it calls itself."""
    theirs = (each for each in view.__mro__ if not _is_own(each))
    return not is_action(view, name) and any(name in vars(each) for each in theirs)


def _is_own_attribute(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _is_own(part: type[Any]) -> bool:
    """Return whether a class from which a view is made is one of the project."""
    return part is not object and not part.__module__.startswith(("rest_framework.", "django."))


def _own_methods(view: type[Any]) -> Methods:
    """Return the methods of the project's classes from which `view` is made, by name.

    A method that a class inherits counts if no other replaces it, or if that one calls `super()`.
    """
    methods: Methods = {}
    for each in filter(_is_own, view.__mro__):
        tree = _parsed(each)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.FunctionDef) and _calls_super(methods.get(node.name)):
                methods.setdefault(node.name, []).append(node)
    return methods


def _calls_super(overriding: list[ast.FunctionDef] | None) -> bool:
    if not overriding:
        return True
    return any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(overriding[-1]))


def _parsed(what: Any) -> ast.AST | None:
    """Return the parsed source; None if there is none, as for a class that was made by `type()`."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(what)))
    except (OSError, TypeError, SyntaxError):
        return None
