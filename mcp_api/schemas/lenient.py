"""Arguments in forms that models send and that their schema does not allow: JSON in a string, null for a default.

A value is changed only where it does not fit as it was sent: a parameter that may be a string stays one.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from accounts.http.json_input import read_json
from mcp_api.protocol.input_limits import MOST_VALUES, exceeds, has_too_many_values

LEFT_OUT = object()
# pydantic's problems with a value that should be an object or a list.
COLLECTION_PROBLEMS = {
    *("model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type", "arguments_type"),
    *("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
}
# Parts of a location for which each path is tried: their number may double with each part.
LONGEST_AMBIGUOUS = 8
# pydantic's problem with an argument that the function does not have.
UNEXPECTED = "extra_forbidden"


def refitted(arguments: dict[str, Any], error: ValidationError, *, scalars: bool) -> dict[str, Any] | None:
    """Return what `reinterpreted` returns for the places of pydantic's `error`."""
    problems = error.errors(include_url=False, include_context=False)
    places = [
        _place(arguments, each["loc"], each["input"])
        for each in problems
        if each["type"] in COLLECTION_PROBLEMS or (scalars and each["type"] != UNEXPECTED)
    ]
    return reinterpreted(arguments, places, scalars=scalars)


def reinterpreted(
    arguments: dict[str, Any], places: Iterable[Sequence[str | int]], *, scalars: bool
) -> dict[str, Any] | None:
    """Return a copy of `arguments`, with the values that do not fit replaced; None if nothing can be replaced.

    `places` are the locations of the problems, as pydantic and jsonschema report them. A string there is replaced by
    the list or object in it. With `scalars` it is replaced by any JSON value in it, and null and an empty string are
    left out, so that the default takes their place.
    """
    changed = {
        where: value
        for where in _values(arguments, places)
        if (value := _replacement(arguments, where, scalars=scalars)) is not None
    }
    if not changed:
        return None
    result = _replaced(arguments, changed)
    return None if exceeds(result, MOST_VALUES) else result


def _place(arguments: dict[str, Any], location: Sequence[str | int], value: Any) -> Sequence[str | int]:
    """Return the path of `value` in `arguments`, of which pydantic reports the `location`.

    A location also names the member of a union that was tried. Where that is the name of a field, too, as in
    `{"kind": "text", "text": …}`, it leads elsewhere.
    """
    if len(location) > LONGEST_AMBIGUOUS or _at(arguments, location) is value:
        return location
    paths: list[tuple[tuple[str | int, ...], Any]] = [((), arguments)]
    for part in location:
        paths += [((*path, part), inner[part]) for path, inner in paths if _has(inner, part)]
    return next((path for path, found in paths if path and found is value), location)


def _at(value: Any, location: Sequence[str | int]) -> Any:
    """Return the value at the end of `location`, without the parts that lead nowhere."""
    for part in location:
        if _has(value, part):
            value = value[part]
    return value


def _values(arguments: dict[str, Any], places: Iterable[Sequence[str | int]]) -> set[tuple[str | int, ...]]:
    """The paths of the values at `places`. pydantic's locations have further parts, such as names of union members."""
    found = set()
    for place in places:
        value: Any = arguments
        where: list[str | int] = []
        for part in place:
            if _has(value, part):
                value = value[part]
                where.append(part)
        if where and (value is None or isinstance(value, str)):
            found.add(tuple(where))
    return found


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value)


def _replacement(arguments: dict[str, Any], where: tuple[str | int, ...], *, scalars: bool) -> Any:
    """Return what takes the place of the value there: LEFT_OUT, a JSON value, or None to keep it."""
    *parents, last = where
    holder: Any = arguments
    for part in parents:
        holder = holder[part]
    value = holder[last]
    if not value:
        # null, and the empty text of a form's field.
        return LEFT_OUT if scalars and isinstance(holder, dict) else None
    try:
        encoded = value.encode()
        decoded = "" if has_too_many_values(encoded) else read_json(encoded)
    except ValueError:
        return None
    if isinstance(decoded, list | dict):
        return decoded
    # "1e-999999" would become 0.
    if not scalars or isinstance(decoded, str) or (isinstance(decoded, float) and "e" in value.lower()):
        return None
    return LEFT_OUT if decoded is None and isinstance(holder, dict) else decoded


def _replaced(arguments: dict[str, Any], changed: dict[tuple[str | int, ...], Any]) -> dict[str, Any]:
    """Return a copy of `arguments` with other values at the places `changed`. What holds several is copied once."""
    result = arguments.copy()
    copies: dict[int, Any] = {}
    for (*parents, last), new in changed.items():
        holder: Any = result
        for part in parents:
            if id(holder[part]) not in copies:
                copied = holder[part].copy()
                holder[part] = copies[id(copied)] = copied
            holder = holder[part]
        if new is LEFT_OUT:
            del holder[last]
        else:
            holder[last] = new
    return result
