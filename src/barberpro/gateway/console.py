"""The analysts' console: its built assets, out of the package, under a policy of its own."""

import gzip
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .problems import Code

HOME = "/console/"
INDEX = "index.html"

# Scripts and workers are files of ours and nothing else. Styles are the one concession: the editor
# writes style elements and attributes for every line it draws (microsoft/monaco-editor issue 271);
# without them all lines stand on top of each other.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src-elem 'self' 'unsafe-inline'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# On every response, scripts too: a worker obeys the policy that came with its own file.
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


@dataclass(frozen=True)
class Asset:
    """One built file as it is kept: gzipped, with the digest of what is inside."""

    gzipped: bytes
    digest: str
    headers: dict[str, str]


def routes() -> list[Route]:
    """The console and all its files, read now: a request can name only what was built."""
    assets = _built_assets()

    async def serve(request: Request) -> Response:
        asset = assets.get(request.path_params.get("path", INDEX))
        return _unknown() if asset is None else await _answer(asset, request)

    async def enter(_: Request) -> Response:
        return RedirectResponse(HOME, status_code=308)

    return [
        Route("/console", enter),
        Route(HOME, serve),
        Route("/console/{path:path}", serve),
    ]


def _built_assets() -> dict[str, Asset]:
    static = files("barberpro.console") / "static"
    manifest = json.loads((static / "manifest.json").read_bytes())
    return {
        name: Asset(
            gzipped=(static / f"{name}.gz").read_bytes(),
            digest=described["sha256"],
            headers={
                **HEADERS,
                "Cache-Control": _caching(name),
                "Content-Type": MEDIA_TYPES[PurePosixPath(name).suffix],
                "Vary": "Accept-Encoding",
            },
        )
        for name, described in manifest["assets"].items()
    }


def _caching(name: str) -> str:
    """Names under `assets/` carry a hash of what they hold; what names them is always asked for."""
    return "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"


async def _answer(asset: Asset, request: Request) -> Response:
    is_gzipped = _takes_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{asset.digest[:32]}{"-gzip" if is_gzipped else ""}"'
    headers = {**asset.headers, "ETag": etag}
    if _has(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    if is_gzipped:
        return Response(asset.gzipped, headers={**headers, "Content-Encoding": "gzip"})
    return Response(await run_in_threadpool(gzip.decompress, asset.gzipped), headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header lets gzip in; a word on gzip outweighs one on `*`."""
    weights: dict[str, bool] = {}
    for choice in accepted.lower().split(","):
        coding, _, parameters = choice.partition(";")
        weights[coding.strip()] = re.fullmatch(r"\s*q=0(\.0*)?\s*", parameters) is None
    return weights.get("gzip", weights.get("*", False))


def _has(if_none_match: str, etag: str) -> bool:
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in known or "*" in known


def _unknown() -> Response:
    error = {"message": "The console has no such file.", "extensions": {"code": Code.NOT_FOUND}}
    return JSONResponse(
        {"errors": [error]}, status_code=404, headers={**HEADERS, "Cache-Control": "no-cache"}
    )
