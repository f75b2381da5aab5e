"""Reads a request for a route: its path, its query, its headers and its body, as the variables of its document.

Texts become numbers and booleans where the variable's type says so; whether they fit it is for the pipeline to decide,
as for every other caller. Where they do not, `explained` finds the parameter or the place in the body it is about.
"""

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, quote

from graphql import (
    GraphQLError,
    GraphQLInputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.utilities import validate_input_value

from ..problems import Code, Refusal
from .routes import Route, Source

INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
BOOLEANS = {"true": True, "false": False}
MOST_PARAMETERS = 100
MOST_ERRORS = 10

Given = Mapping[str, Any]
Errors = list[dict[str, Any]]


class Unreadable(Refusal):
    """What was sent is not what the route takes; `errors` say where, as RFC 9457 section 3 shows it."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(Code.BAD_USER_INPUT, 400, errors[0]["detail"])
        self.errors = errors


def variables(
    route: Route, path: Given, query: bytes, headers: Mapping[str, str], body: Given
) -> dict[str, Any]:
    """The document's variables. Unreadable where something is sent that the route does not know."""
    asked = _parameters(route, query)
    _check_members(route, body)
    found: dict[str, Any] = {}
    for source in route.sources:
        match source.place:
            case "query":
                texts = asked.get(source.name)
                value = None if texts is None else _value(texts, source.type)
                is_given = texts is not None
            case "path":
                value, is_given = path[source.name], True
            case "header":
                value = headers.get(source.name.lower())
                is_given = value is not None
                value = _bare(value) if value is not None else None
            case _:
                value = {**body} if not source.name else body.get(source.name)
                is_given = not source.name or source.name in body
        if is_given:
            _put(found, source.target, value)
    return found


def explained(route: Route, given: Given) -> Errors:
    """What is wrong with these variables, each with the parameter or the place in the body it is about."""
    errors = [
        _placed(route, [name], "It is needed.") for name in sorted(route.needed - given.keys())
    ]
    for name, value in given.items():

        def note(error: GraphQLError, way: list[str | int], name: str = name) -> None:
            errors.append(_placed(route, [name, *way], error.message))

        validate_input_value(value, route.types[name], note, hide_suggestions=True)
    return errors[:MOST_ERRORS]


def _parameters(route: Route, query: bytes) -> dict[str, list[str]]:
    known = {source.name: source for source in route.of("query")}
    found: dict[str, list[str]] = {}
    errors: Errors = []
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        message = "The query must be percent-encoded UTF-8, with at most 100 parameters."
        raise Unreadable([{"detail": message}]) from None
    for name, text in pairs:
        if name not in known:
            errors.append({"detail": "There is no such parameter.", "parameter": name})
        elif name in found and not is_list_type(get_nullable_type(known[name].type)):
            errors.append({"detail": "It may be given once.", "parameter": name})
        elif "\0" in text:
            errors.append({"detail": "Text cannot hold a NUL character.", "parameter": name})
        else:
            found.setdefault(name, []).append(text)
    if errors:
        raise Unreadable(errors)
    return found


def _check_members(route: Route, body: Given) -> None:
    """Refuse what has no place: members nobody takes, and those that come from elsewhere."""
    sources = route.of("body")
    whole = next((source for source in sources if not source.name), None)
    if whole is None:
        unknown = body.keys() - {source.name for source in sources}
    else:
        depth = len(whole.target)
        elsewhere = (s.target for s in route.sources if s is not whole)
        taken = {way[depth] for way in elsewhere if way[:depth] == whole.target and way[depth:]}
        unknown = body.keys() & taken
    if unknown:
        raise Unreadable(
            [
                {"detail": "There is no such member.", "pointer": _pointer([name])}
                for name in sorted(unknown)[:10]
            ]
        )


def _value(texts: list[str], kind: GraphQLInputType) -> Any:
    if is_list_type(get_nullable_type(kind)):
        return [_leaf(text, kind) for text in texts]
    return _leaf(texts[0], kind)


def _leaf(text: str, kind: GraphQLInputType) -> Any:
    """A text as JSON would have it. What does not read as its type stays a text, which that type then refuses."""
    match get_named_type(kind).name:
        case "Int" if INTEGER.fullmatch(text):
            return int(text)
        case "Float" if NUMBER.fullmatch(text):
            return float(text)
        case "Boolean":
            return BOOLEANS.get(text, text)
        case _:
            return text


def _bare(value: str) -> str:
    """The header's value; of a string of RFC 9651, what stands between the quotes."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _put(variables: dict[str, Any], target: tuple[str, ...], value: Any) -> None:
    held = variables
    for step in target[:-1]:
        held = cast(dict[str, Any], held.setdefault(step, {}))
    held[target[-1]] = value


def _placed(route: Route, way: list[str | int], detail: str) -> dict[str, Any]:
    """An error at this way into the variables, with the place its value came from."""
    best: Source | None = None
    for source in route.sources:
        is_over = tuple(way[: len(source.target)]) == source.target
        if is_over and (best is None or len(source.target) > len(best.target)):
            best = source
    if best is None:
        return {"detail": detail}
    if best.place != "body":
        return {"detail": detail, "parameter": best.name}
    inside = way[len(best.target) :]
    return {"detail": detail, "pointer": _pointer([best.name, *inside] if best.name else inside)}


def pointer_of(route: Route, way: list[str], detail: str) -> dict[str, Any]:
    """An error of a mutation, whose `field` is a way into its input."""
    return _placed(route, ["input", *way], detail)


def _pointer(way: list[str | int] | list[str]) -> str:
    """A JSON pointer (RFC 6901) in its form as a URI fragment, as RFC 9457 shows it."""
    return "#" + "".join(
        "/" + quote(str(step).replace("~", "~0").replace("/", "~1"), safe="") for step in way
    )
