"""The OpenAPI 3.1 description of the routes, made of their documents and the schema."""

from collections.abc import Sequence
from typing import Any

from graphql import FieldNode, get_nullable_type, is_input_object_type
from graphql.pyutils import Undefined

from barberpro.graph.schema import Graph
from barberpro.graph.scopes import POLICIES

from ..problems import Code
from .problems import MEDIA, TITLES, documented
from .routes import UNSET, Route, Source
from .shapes import Shape, Shapes

SCHEMES: dict[str, Shape] = {
    "oauth2": {
        "type": "oauth2",
        "description": "An access token of ours, or of an issuer that the organization trusts: `Bearer …`.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
    },
    "dpop": {
        "type": "http",
        "scheme": "DPoP",
        "description": "An access token bound to a key, with its proof in the header `DPoP` (RFC 9449).",
    },
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "bpk_…",
        "description": "An API key: `Authorization: Bearer bpk_…`.",
    },
    "mutualTLS": {
        "type": "mutualTLS",
        "description": "An access token bound to the certificate of the connection (RFC 8705).",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "A signature over the request, with `Signature-Input` beside it (RFC 9421).",
    },
}
PROBLEM: Shape = {
    "type": "object",
    "description": "What went wrong (RFC 9457). What else a failure tells stands beside these members.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people, in their language."},
        "code": {"type": "string", "description": "For programs. Never translated."},
        "requestId": {"type": "string", "description": "Quote it when you report a problem."},
        "errors": {
            "type": "array",
            "description": "Each thing that is wrong, and where.",
            "items": {
                "type": "object",
                "properties": {
                    "detail": {"type": "string"},
                    "parameter": {"type": "string"},
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body, as a URI fragment.",
                    },
                },
                "required": ["detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "requestId"],
}
HEADERS: dict[str, Shape] = {
    "X-Request-Id": {"description": "The request's id.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "What is left of the budget, and in how many seconds it is full.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {"description": "The budget's policy.", "schema": {"type": "string"}},
}
LINK = {"description": 'The next page: `<…>; rel="next"`.', "schema": {"type": "string"}}
ETAG = {"description": "Of what the answer shows.", "schema": {"type": "string"}}
UNCHANGED = {"description": "What `If-None-Match` names still holds.", "headers": {"ETag": ETAG}}
LOCATION = {"description": "Where what was made stands.", "schema": {"type": "string"}}
EVERYWHERE = (400, 401, 403, 408, 429, 500, 503)
"""Statuses that any route can answer with."""
WITH_BODY = (413, 415)


def described(graph: Graph, routes: Sequence[Route]) -> dict[str, Any]:
    """The whole description, in the order of `schema/rest.toml`."""
    shapes = Shapes(graph)
    paths: dict[str, dict[str, Any]] = {}
    scopes: set[str] = set()
    for route in routes:
        scopes |= route.document.plan.requires.always - POLICIES.keys()
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(graph, shapes, route)
    schemes = {**SCHEMES, "oauth2": {**SCHEMES["oauth2"]}}
    flow = {"tokenUrl": "/oauth/token", "scopes": {name: name for name in sorted(scopes)}}
    schemes["oauth2"]["flows"] = {"clientCredentials": flow}
    codes = {code for route in routes for code in route.failures} | {code.value for code in Code}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "BarberPro",
            "version": "1",
            "summary": "The REST side of the BarberPro API.",
            "description": (
                "Each route is a registered GraphQL document: scopes, costs and limits are the same. Errors are "
                "`application/problem+json`, with a `code` for programs."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(route.group for route in routes)],
        "paths": paths,
        "components": {
            "schemas": {
                **{name: shapes.components[name] for name in sorted(shapes.components)},
                "Problem": PROBLEM,
            },
            "securitySchemes": schemes,
            "headers": HEADERS,
        },
        "x-problems": {code: documented(code) for code in sorted(codes)},
    }


def _operation(graph: Graph, shapes: Shapes, route: Route) -> dict[str, Any]:
    requires = route.document.plan.requires
    scopes = sorted(requires.always - POLICIES.keys())
    policies = [POLICIES[name].words for name in sorted(requires.always & POLICIES.keys())]
    words = [route.says or _about(graph, route)]
    if policies:
        words.append(f"Needs {' and '.join(policies)}.")
    told: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{route.document.name}{_suffix(route)}",
        "tags": [route.group],
        "summary": words[0].split("\n")[0],
        "description": "\n\n".join(words),
        "x-document-id": route.document.id,
        "security": [{name: scopes} for name in SCHEMES],
    }
    if parameters := [_parameter(shapes, s) for s in route.sources if s.place != "body"]:
        told["parameters"] = parameters
    if route.of("body"):
        body, is_required = _body(shapes, route)
        told["requestBody"] = {
            "required": is_required,
            "content": {"application/json": {"schema": body}},
        }
    told["responses"] = _responses(shapes, route)
    return told


def _suffix(route: Route) -> str:
    """Two routes may run one document: the older paths are told apart by their first part."""
    return "" if route.path.startswith("/api/v1/") else route.path.split("/")[2].title()


def _about(graph: Graph, route: Route) -> str:
    """What the schema says of the operation."""
    root = graph.core.get_root_type(route.document.plan.operation.operation)
    asked = next(iter(route.document.plan.operation.selection_set.selections))
    assert root is not None and isinstance(asked, FieldNode)  # noqa: S101 - its document was planned
    return (root.fields[asked.name.value].description or "").replace("\n", " ")


def _parameter(shapes: Shapes, source: Source) -> dict[str, Any]:
    shape = shapes.given_set(source.type)
    if source.default is not UNSET:
        shape = {**shape, "default": source.default}
    told: dict[str, Any] = {
        "name": source.name,
        "in": source.place,
        "required": source.is_required,
        "schema": shape,
    }
    if source.description:
        told["description"] = source.description
    if source.place == "query" and shape.get("type") == "array":
        told |= {"style": "form", "explode": True}
    return told


def _body(shapes: Shapes, route: Route) -> tuple[Shape, bool]:
    """The schema of the body, and whether there must be one."""
    whole = next((source for source in route.of("body") if not source.name), None)
    if whole is None:
        sources = route.of("body")
        needed = [source.name for source in sources if source.is_required]
        properties = {source.name: _member(shapes, source) for source in sources}
        shape: Shape = {
            "type": "object",
            "properties": properties,
            "required": needed,
            "additionalProperties": False,
        }
        return shape, bool(needed)
    depth = len(whole.target)
    others = (source.target for source in route.sources if source is not whole)
    taken = {way[depth] for way in others if way[:depth] == whole.target and way[depth:]}
    kind = get_nullable_type(whole.type)
    if not is_input_object_type(kind):
        raise ValueError(f"{route.path}: a whole body must be an object")
    shape = shapes.input_object(kind, frozenset(taken))
    return shape, any(kind.fields[name].default_value is Undefined for name in shape["required"])


def _member(shapes: Shapes, source: Source) -> Shape:
    shape = shapes.given(source.type)
    return shape if source.default is UNSET else {**shape, "default": source.default}


def _responses(shapes: Shapes, route: Route) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    if route.location is not None:
        headers["Location"] = LOCATION
    if any(source.target == ("after",) for source in route.sources):
        headers["Link"] = LINK
    shape = (
        shapes.whole(route.document) if not route.at else shapes.selected(route.document, route.at)
    )
    if route.method == "GET":
        headers["ETag"] = ETAG
    done = {
        "description": "Done.",
        "headers": headers,
        "content": {"application/json": {"schema": shape}},
    }
    statuses = {*EVERYWHERE, *route.failures.values()}
    if route.method != "GET":
        statuses |= set(WITH_BODY)
    if route.of("path") or route.found != route.at or len(route.at) > 1:
        statuses.add(404)
    refused = {str(status): _problem(route, status) for status in sorted(statuses)}
    unchanged = {"304": UNCHANGED} if route.method == "GET" else {}
    return {str(route.status): done, **unchanged, **refused}


def _problem(route: Route, status: int) -> dict[str, Any]:
    codes = sorted(code for code, of in route.failures.items() if of == status)
    words = TITLES[status] + (f": {', '.join(codes)}." if codes else ".")
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": words, "content": content}
