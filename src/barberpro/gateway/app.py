"""The ASGI application: the graph, the authorization server, the console and the probes."""

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from barberpro.graph.execute import encoded
from barberpro.graph.schema import Graph, build_schema, build_subgraph
from barberpro.platform import ids
from barberpro.platform.platform import Platform, opened
from barberpro.platform.settings import Settings

from . import calendars, console, health, metrics, oauth, rest
from .answers import answered
from .budgets import Budgets
from .documents import Automatic, Documents, Noted, Registry, contract, load_registered
from .draining import Draining
from .gate import Gate
from .identify import Identify
from .negotiation import MediaType
from .pipeline import Pipeline
from .problems import Code
from .subscriptions import Streams, socket
from .tiers import load_tiers
from .usage import Usage

GRAPHQL = "/graphql"
COLLECT = 50_000, 5, 4
"""Objects more than were freed, and generations, after which the collector looks for cycles. It looks at all after a
thousand new documents or so: plans are cycles when they are forgotten."""


class Application(Starlette):
    """Starlette's, but that what is asked most goes straight to the pipeline, which answers whatever happens.

    Routing, and the handlers of errors that it has no use for, were a tenth of a small query.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPHQL and scope["method"] == "POST":
            scope["app"] = self
            response = await graphql(Request(scope, receive, send))
            await response(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def create_app(settings: Settings, draining: Draining | None = None) -> Starlette:
    """The application under these settings. Opens nothing before its lifespan begins."""
    leaving = draining or Draining()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with opened(settings) as platform:
            alone = settings.subgraph
            graph = build_subgraph(alone) if alone else build_schema()
            state = serving(platform, graph, leaving)
            # The schema and the plans last as long as the process: the collector need not walk them.
            gc.collect()
            gc.freeze()
            # A page of a thousand rows makes tens of thousands of objects, and cycles are rare among them.
            gc.set_threshold(*COLLECT)
            pipeline: Pipeline = state["pipeline"]
            async with pipeline.documents.working(), pipeline.usage.writing():
                app.state.ready = True
                yield state

    app = Application(
        lifespan=lifespan,
        routes=[
            Route(GRAPHQL, graphql, methods=["GET", "POST"]),
            Route("/persisted/{client}/{id}", graphql, methods=["GET", "POST"]),
            WebSocketRoute(GRAPHQL, socket.endpoint),
            *(() if settings.subgraph else [*rest.routes(), *calendars.routes()]),
            *oauth.routes(),
            *console.routes(),
            *health.routes(),
            *metrics.routes(settings),
        ],
        exception_handlers={HTTPException: not_here},
    )
    app.state.ready = False
    return app


def serving(platform: Platform, graph: Graph, draining: Draining | None = None) -> dict[str, Any]:
    """What requests find in `request.state`: the platform, who knows callers, and the pipeline over this schema.

    Registered documents and REST are of the whole schema: a subgraph is asked by its router, in documents of its own.
    """
    leaving = draining or Draining()
    registry = Registry(platform.database, platform.clock, platform.revocations)
    settings, tiers = platform.settings, load_tiers(contract())
    alone = settings.subgraph is not None
    files = {} if alone else load_registered(graph, contract() / "operations")
    documents = Documents(
        graph,
        files,
        registry,
        Noted(platform.database, platform.clock),
        Automatic(settings.redis_url.get_secret_value() if settings.redis_url else None),
        [name for name, tier in tiers.items() if tier.automatic_documents],
    )
    gate = Gate(
        platform.limiter,
        requests_per_address=settings.requests_per_address,
        max_concurrency=settings.max_concurrency,
    )
    identify = Identify(platform)
    budgets = Budgets(platform.limiter, tiers)
    streams = Streams(
        platform.broadcast,
        identify,
        leaving,
        most=settings.max_subscriptions,
        of_client=settings.max_subscriptions_of_client,
    )
    usage = Usage(graph, platform.database, platform.clock)
    pipeline = Pipeline(platform, graph, documents, gate, identify, budgets, streams, usage)
    return {
        "platform": platform,
        "draining": leaving,
        "identify": identify,
        "pipeline": pipeline,
        "rest": {} if alone else rest.endpoints(pipeline, contract()),
    }


async def graphql(request: Request) -> Response:
    """The graph's one door."""
    return await request.scope["state"]["pipeline"](request)


async def not_here(request: Request, error: Exception) -> Response:
    """No such path, or not by this method: told as JSON like everything else."""
    status = getattr(error, "status_code", 404)
    code = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}.get(status, Code.BAD_REQUEST)
    request_id = ids.new("req")
    if request.url.path.startswith("/api/"):
        detail, headers = getattr(error, "detail", ""), getattr(error, "headers", None)
        return rest.not_here(status, detail, request_id, headers)
    extensions = {"code": code, "requestId": request_id}
    body = {"errors": [{"message": getattr(error, "detail", ""), "extensions": extensions}]}
    media = f"{MediaType.JSON}; charset=utf-8"
    return answered(encoded(body), media, status, request_id, getattr(error, "headers", None))
