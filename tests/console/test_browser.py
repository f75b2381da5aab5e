"""The console as an analyst meets it: a real browser, our routes, and an API that remembers."""

import asyncio
import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from graphql import build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from barberpro.gateway import console

pytestmark = pytest.mark.browser

CLIENT = "analista-palermo"
SECRET = "bp_secret:con ñ y %"
SCHEMA = build_schema(
    """
    type Query { bookings(first: Int, orderBy: BookingOrder): BookingConnection! }
    input BookingOrder { field: BookingOrderField!, direction: OrderDirection! }
    enum BookingOrderField { STARTS_AT }
    enum OrderDirection { ASC DESC }
    type BookingConnection { nodes: [Booking!]!, pageInfo: PageInfo! }
    type PageInfo { endCursor: String, hasNextPage: Boolean! }
    type Booking {
      id: ID!
      startsAt: String!
      status: String!
      location: Named!
      provider: Named!
      customer: Named!
      service: Service!
    }
    type Named { name: String! }
    type Service { name: String!, price: Money! }
    type Money { amount: String!, currencyCode: String! }
    """
)
BOARD = {
    "bookings": {
        "nodes": [
            {
                "id": "bkg_01",
                "startsAt": "2026-11-23T13:00:00Z",
                "status": "CONFIRMED",
                "location": {"name": "Palermo"},
                "provider": {"name": "Ramiro Ortega"},
                "customer": {"name": "Lucía Fernández"},
                "service": {
                    "name": "Corte y barba",
                    "price": {"amount": "14500.00", "currencyCode": "ARS"},
                },
            }
        ],
        "pageInfo": {"endCursor": "c1", "hasNextPage": False},
    }
}
COST = {
    "requestedQueryCost": 122,
    "actualQueryCost": 8,
    "throttleStatus": {
        "maximumAvailable": 20000,
        "currentlyAvailable": 19992,
        "restoreRate": 500,
    },
}
UNKNOWN_CLIENT = (
    "No reconocemos ese cliente con ese secreto, o está suspendido. Revisalos e intentá de nuevo."
)
STATUS = "document.querySelector('.run-status')"
RESPONSE = "__MONACO.editor.getModels().find(m => m.uri.path.endsWith('response.json')).getValue()"


@dataclass
class Api:
    """What the console talks to; it remembers what it was asked."""

    url: str = ""
    lifetime: int = 600
    accepts_secret: bool = True
    hangs: bool = False
    was_hung_up_on: bool = False
    good_tokens: set[str] = field(default_factory=set)
    token_requests: list[tuple[str, str]] = field(default_factory=list)
    operations: list[tuple[Any, dict[str, str]]] = field(default_factory=list)

    async def token(self, request: Request) -> Response:
        authorization = request.headers["authorization"].removeprefix("Basic ")
        body = (await request.body()).decode()
        self.token_requests.append((base64.b64decode(authorization).decode(), body))
        expected = f"{CLIENT}:bp_secret%3Acon%20%C3%B1%20y%20%25"
        if not self.accepts_secret or self.token_requests[-1][0] != expected:
            return JSONResponse(
                {"error": "invalid_client"}, 401, {"WWW-Authenticate": 'Basic realm="barberpro"'}
            )
        token = f"token-{len(self.token_requests)}"
        self.good_tokens.add(token)
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self.lifetime,
                "scope": "bookings:read locations:read",
            }
        )

    async def graphql(self, request: Request) -> Response:
        asked = await request.json()
        if asked["operationName"] != "IntrospectionQuery":
            self.operations.append((asked, dict(request.headers)))
        if request.headers["authorization"].removeprefix("Bearer ") not in self.good_tokens:
            return JSONResponse({"errors": [{"message": "expired"}]}, 401)
        if self.hangs and asked["operationName"] != "IntrospectionQuery":
            while not await request.is_disconnected():  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.02)
            self.was_hung_up_on = True
            return Response()
        answer = graphql_sync(SCHEMA, asked["query"], BOARD).formatted
        return JSONResponse(
            {**answer, "extensions": {"cost": COST}},
            media_type="application/graphql-response+json",
        )

    def revoke(self) -> None:
        self.good_tokens.clear()


@pytest.fixture
def api() -> Iterator[Api]:
    remembering = Api()
    app = Starlette(
        routes=[
            *console.routes(),
            Route("/oauth/token", remembering.token, methods=["POST"]),
            Route("/graphql", remembering.graphql, methods=["POST"]),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        remembering.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield remembering
        server.should_exit = True
        thread.join()


def open_console(page: Any, api: Api) -> None:
    page.go(f"{api.url}/console/")
    page.wait_for("document.querySelector('.view-line')?.innerText.includes('Ctrl+Enter')")


def fill_in(page: Any, client: str, secret: str) -> None:
    """The form as the keyboard fills it: the first field has the focus, Tab and Enter do the rest."""
    page.wait_for("document.activeElement.name === 'client'")
    page.write(client)
    page.press("Tab")
    page.write(secret)
    page.press("Enter")


def sign_in(page: Any, api: Api) -> None:
    open_console(page, api)
    fill_in(page, CLIENT, SECRET)
    page.wait_for("document.querySelector('.signed-in')")


def press_run(page: Any) -> None:
    page.wait_for("document.activeElement.closest('.graphiql-query-editor') !== null")
    page.press("Enter", control=True)


def until(happened: Callable[[], bool]) -> None:
    """Wait for something at the server's end."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run(page: Any, api: Api) -> str:
    """Run what the editor holds, by keyboard, and give what the status line says of it."""
    before = len(api.operations)
    press_run(page)
    until(lambda: len(api.operations) > before)
    page.wait_for(f"/^(fine|failed)$/.test({STATUS}.dataset.state)")
    return page.evaluate(f"[...{STATUS}.children].map(part => part.textContent).join(' · ')")


def test_an_analyst_signs_in_and_reads_the_board(page: Any, api: Api) -> None:
    sign_in(page, api)
    said = run(page, api)

    assert json.loads(page.evaluate(RESPONSE)) == {"data": BOARD, "extensions": {"cost": COST}}
    page.wait_for("document.querySelector('.result-window').innerText.includes('Palermo')")
    status, milliseconds, *cost = said.split(" · ")
    assert status == "HTTP 200"
    assert milliseconds.endswith(" ms")
    assert cost == ["Costo 8 de 122 previstos", "Disponible 19.992 de 20.000"]
    assert page.evaluate("document.querySelector('.signed-in summary').textContent") == (
        f"{CLIENT} 2 permisos"
    )
    [(_, body)] = api.token_requests
    assert body == "grant_type=client_credentials"
    [(asked, headers)] = api.operations
    assert asked["operationName"] == "Agenda"
    assert headers["authorization"] == "Bearer token-1"
    assert headers["accept"] == "application/graphql-response+json, application/json"


def test_nothing_leaves_the_origin_or_breaks_the_policy(page: Any, api: Api) -> None:
    sign_in(page, api)
    run(page, api)

    assert {url for url in page.requested() if not url.startswith(f"{api.url}/")} == set()
    assert any("language.worker" in url for url in page.requested())
    assert page.violations() == []
    page.evaluate("fetch('http://127.0.0.2/').catch(() => null)")
    assert len(page.violations()) == 1


def test_secret_and_token_are_kept_in_memory_only(page: Any, api: Api) -> None:
    sign_in(page, api)
    run(page, api)

    kept = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    assert "Agenda" in kept
    assert "token-1" not in kept
    assert "bp_secret" not in kept
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0


def test_without_a_session_nothing_is_asked(page: Any, api: Api) -> None:
    open_console(page, api)
    page.evaluate("document.querySelector('.graphiql-execute-button').click()")

    hint = json.loads(page.wait_for(RESPONSE))
    assert hint == {
        "errors": [
            {
                "message": "Ingresá con tu cliente y su secreto, arriba, para consultar.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }
    assert api.operations == []
    assert api.token_requests == []


def test_a_wrong_secret_is_told_at_the_form(page: Any, api: Api) -> None:
    open_console(page, api)
    fill_in(page, CLIENT, "otro")

    assert page.wait_for("document.querySelector('[role=alert]').textContent") == UNKNOWN_CLIENT
    assert page.evaluate("document.querySelector('.signed-in')") is None


def test_the_token_is_renewed_before_it_ends_and_when_refused(page: Any, api: Api) -> None:
    api.lifetime = 1
    sign_in(page, api)
    page.wait_for("new Promise(done => setTimeout(() => done(true), 600))")
    assert run(page, api).startswith("HTTP 200")
    assert api.operations[-1][1]["authorization"] != "Bearer token-1"

    api.lifetime = 600
    page.wait_for("new Promise(done => setTimeout(() => done(true), 600))")
    assert run(page, api).startswith("HTTP 200")
    renewals = len(api.token_requests)
    api.revoke()
    assert run(page, api).startswith("HTTP 200")
    assert len(api.token_requests) == renewals + 1


def test_a_withdrawn_client_is_signed_out_with_the_reason(page: Any, api: Api) -> None:
    sign_in(page, api)
    run(page, api)
    api.revoke()
    api.accepts_secret = False
    press_run(page)

    assert page.wait_for("document.querySelector('[role=alert]')?.textContent") == UNKNOWN_CLIENT
    assert len(api.operations) == 2


def test_leaving_forgets_the_session_and_what_it_showed(page: Any, api: Api) -> None:
    sign_in(page, api)
    run(page, api)
    page.evaluate(
        "[...document.querySelectorAll('button')].find(b => b.textContent === 'Salir').click()"
    )

    page.wait_for("document.activeElement.name === 'client'")
    page.wait_for("document.querySelector('.result-window .view-lines')")
    assert page.evaluate(RESPONSE) == ""
    page.evaluate("document.querySelector('.graphiql-execute-button').click()")
    assert "UNAUTHENTICATED" in page.wait_for(RESPONSE)
    assert len(api.token_requests) == 1
    assert len(api.operations) == 1


def test_a_run_can_be_stopped(page: Any, api: Api) -> None:
    api.hangs = True
    sign_in(page, api)
    press_run(page)
    until(lambda: len(api.operations) == 1)
    page.wait_for(f"{STATUS}.textContent === 'Ejecutando…'")
    press_run(page)

    page.wait_for(f"{STATUS}.textContent === 'Ejecución detenida'")
    until(lambda: api.was_hung_up_on)


def test_laying_out_keeps_meaning_and_comments(page: Any, api: Api) -> None:
    open_console(page, api)
    query = "# del día\nquery A($n:Int=5){a:bookings(first:$n){nodes{id # clave\n...F}}}fragment F on Booking{id}"
    model = "__MONACO.editor.getModels().find(m => m.uri.path.endsWith('operation.graphql'))"
    page.evaluate(f"{model}.setValue({json.dumps(query)})")
    page.evaluate("document.querySelector('[aria-label^=Ordenar]').click()")

    page.wait_for(f"{model}.getValue() !== {json.dumps(query)}")
    assert page.evaluate(f"{model}.getValue()") == (
        "# del día\n"
        "query A($n: Int = 5) {\n"
        "  a: bookings(first: $n) {\n"
        "    nodes {\n"
        "      id # clave\n"
        "      ...F\n"
        "    }\n"
        "  }\n"
        "}\n"
        "\n"
        "fragment F on Booking {\n"
        "  id\n"
        "}\n"
    )


def test_the_editor_lets_the_keyboard_out(page: Any, api: Api) -> None:
    sign_in(page, api)
    page.wait_for("document.activeElement.closest('.graphiql-query-editor') !== null")
    page.press("m", control=True)
    page.press("Tab")

    assert page.evaluate("document.activeElement.ariaLabel") == "Ejecutar la consulta (Ctrl-Enter)"
