"""Where REST answers: its routes, and the pages that tell of them."""

import hashlib
import tomllib
from collections.abc import Mapping
from importlib.resources.abc import Traversable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from ..documents import contract
from ..pipeline import Pipeline
from .docs import POLICY, page
from .endpoint import Endpoint
from .routes import load_routes

HEADERS = {
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
Endpoints = Mapping[tuple[str, str], Endpoint]


def endpoints(pipeline: Pipeline, folder: Traversable) -> Endpoints:
    """(method, path) → what answers there."""
    found = load_routes(pipeline.graph, pipeline.documents.registered, folder)
    return {(route.method, route.path): Endpoint(route, pipeline) for route in found}


def routes() -> list[Address]:
    """The paths of `schema/rest.toml`, `/openapi.json` and `/docs`. Endpoints are looked up in `request.state.rest`."""
    folder = contract()
    methods: dict[str, list[str]] = {}
    for row in tomllib.loads((folder / "rest.toml").read_text("utf-8"))["route"]:
        methods.setdefault(row["path"], []).append(row["method"])
    told = (folder / "openapi.json").read_bytes()
    shown = page(orjson.loads(told)).encode()
    return [
        *(_address(path, allowed) for path, allowed in methods.items()),
        _fixed("/openapi.json", told, "application/json", {}),
        _fixed("/docs", shown, "text/html; charset=utf-8", {"content-security-policy": POLICY}),
    ]


def _address(path: str, methods: list[str]) -> Address:
    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await request.state.rest[method, path](request)

    return Address(path, answer, methods=methods)


def _fixed(path: str, content: bytes, media: str, more: Mapping[str, str]) -> Address:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**HEADERS, **more, "etag": etag}

    async def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media)

    return Address(path, answer)
