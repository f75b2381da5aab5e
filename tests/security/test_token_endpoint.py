"""Everything a dishonest or careless client may send to the token endpoint.

Each test names the guard it protects: take that guard out and the test fails.
"""

import asyncio
import base64
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Row, event, select
from structlog.testing import capture_logs

from barberpro.domains.identity import clients
from barberpro.gateway.oauth.endpoints import TOKEN
from barberpro.gateway.oauth.form import Basic
from barberpro.gateway.oauth.tokens import AccessToken
from barberpro.platform.audit.tables import installation_events
from barberpro.platform.events import events

Registering = Callable[..., Awaitable[tuple[Row[Any], str]]]
GRANT = {"grant_type": "client_credentials"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
CHALLENGE = 'Basic realm="BarberPro", charset="UTF-8"'
UNKNOWN = "cli_" + "0" * 26
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def basic(client: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}


async def log_of(opening: Any, client: str) -> list[tuple[str, str | None]]:
    """What the log says of a client since it was registered: types and reasons."""
    statement = select(events).where(events.c.subject == client).order_by(events.c.id)
    async with opening() as tx:
        return [(row.type, row.data.get("reason")) for row in (await tx.rows(statement))[1:]]


def assert_refused(response: httpx.Response, error: str, status: int = 400) -> None:
    """A refusal in the form of RFC 6749 that says nothing of how we are built."""
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.json().keys() == {"error", "error_description"}
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"
    challenge = CHALLENGE if error == "invalid_client" else None
    assert response.headers.get("www-authenticate") == challenge
    for word in ("client_secret", "method", "select", "sqlalchemy", "authlib"):
        assert word not in response.text.lower()


# Who asks.


async def test_a_wrong_secret_is_refused_and_logged(
    http: httpx.AsyncClient, registering: Registering, opening: Any
) -> None:
    row, secret = await registering()
    _, another = await registering()
    wrong = [another, secret[:-1], secret + "0", secret.swapcase(), "x", "x" * 600, secret + ":"]
    for attempt in wrong:
        response = await http.post("/oauth/token", data=GRANT, auth=(row.id, attempt))
        assert_refused(response, "invalid_client", 401)
    assert await log_of(opening, row.id) == [("token.refused", "secret")] * len(wrong)


async def test_an_empty_secret_is_refused(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering()
    for client, attempt in ((row.id, ""), ("", secret), ("", "")):
        response = await http.post("/oauth/token", data=GRANT, auth=(client, attempt))
        assert_refused(response, "invalid_client", 401)


@pytest.mark.parametrize(
    "client",
    [UNKNOWN, "cli", "x", "'; DROP TABLE clients --", "cli_%00" + "0" * 23, "ñ", "a" * 500],
)
async def test_an_unknown_client_is_refused_and_leaves_only_a_line_in_the_log(
    http: httpx.AsyncClient, opening: Any, client: str
) -> None:
    with capture_logs() as lines:
        response = await http.post("/oauth/token", data=GRANT, auth=(client, "secret"))
    assert_refused(response, "invalid_client", 401)
    named = client if client == UNKNOWN else None
    refused = {"log_level": "info", "event": "token.refused"}
    assert refused | {"reason": "invalid_client", "client": named} in lines
    assert await log_of(opening, client) == []


async def test_unknown_clients_are_counted_in_the_log_of_the_installation(
    http: httpx.AsyncClient, platform: Any
) -> None:
    """One entry, and nothing in it that a stranger could choose."""
    await platform.refusals.flush(all_of_it=True)
    for client in (UNKNOWN, "x", "cli_%00" + "0" * 23):
        await http.post("/oauth/token", data=GRANT, auth=(client, "secret"))
    assert await platform.refusals.flush(all_of_it=True) == 1
    newest = select(installation_events.c.data).order_by(installation_events.c.id.desc()).limit(1)
    async with platform.database.surveying() as connection:
        told = (await connection.execute(newest)).scalar_one()
    assert told.pop("since")
    assert told == {"reason": "invalid_client", "endpoint": "/oauth/token", "times": 3}


async def asked(
    platform: Any,
    receive: Callable[[], Awaitable[dict[str, Any]]],
    credentials: dict[str, str] | None = None,
    answered: Callable[[], None] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer, from the endpoint itself; `answered` is called as it goes out."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if answered and message["type"] == "http.response.body":
            answered()

    headers = {**FORM, **(credentials or basic(UNKNOWN, "secret"))}
    scope = {
        "type": "http", "method": "POST", "path": "/oauth/token", "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("10.0.0.9", 1), "state": {"platform": platform},
    }  # fmt: skip
    await TOKEN(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def before_the_answer(platform: Any, client: str) -> tuple[Any, list[str]]:
    """The answer to a wrong secret, and the statements that were sent before it went out."""
    statements: list[str] = []
    sent: list[list[str]] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"grant_type=client_credentials"}

    def answered() -> None:
        sent.append(list(statements))

    engines = {e.sync_engine for e in (platform.database.reader, platform.database.writer)}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        answer = await asked(platform, receive, basic(client, "wrong"), answered)
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    return answer, sent[0]


async def test_an_unknown_client_takes_as_long_as_a_wrong_secret(
    registering: Registering, platform: Any, opening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements and the same comparison before the same answer; the log comes after."""
    row, _ = await registering()
    compared: list[tuple[int, int]] = []
    compare = secrets.compare_digest

    def comparing(a: bytes, b: bytes) -> bool:
        compared.append((len(a), len(b)))
        return compare(a, b)

    monkeypatch.setattr(clients.secrets, "compare_digest", comparing)
    await platform.keys.look_again()  # which the endpoint does every few seconds, whoever asks
    known = await before_the_answer(platform, row.id)
    unknown = await before_the_answer(platform, UNKNOWN)
    assert known == unknown
    assert {statement.split()[0] for statement in known[1]} <= {"BEGIN", "SELECT"}
    assert compared == [(32, 32)] * 4  # two secrets may be good at a time
    assert await log_of(opening, row.id) == [("token.refused", "secret")]


async def test_a_suspended_client_gets_no_token(
    http: httpx.AsyncClient, registering: Registering, opening: Any
) -> None:
    row, secret = await registering()
    async with opening() as tx:
        await clients.suspend_client(tx, row.id)
    response = await http.post("/oauth/token", data=GRANT, auth=(row.id, secret))
    assert_refused(response, "invalid_client", 401)
    assert (await log_of(opening, row.id))[1:] == [("token.refused", "suspended")]


async def test_a_rotated_secret_is_refused_and_the_new_one_works(
    http: httpx.AsyncClient, registering: Registering, opening: Any
) -> None:
    row, before = await registering()
    async with opening() as tx:
        _, after = await clients.rotate_secret(tx, row.id)
    response = await http.post("/oauth/token", data=GRANT, auth=(row.id, before))
    assert_refused(response, "invalid_client", 401)
    assert (await http.post("/oauth/token", data=GRANT, auth=(row.id, after))).status_code == 200


# How it is said: HTTP Basic, and nothing else.


async def test_percent_encoded_credentials_are_read(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    """RFC 6749 section 2.3.1: id and secret are form-encoded, then joined by a colon."""
    row, secret = await registering()
    everything = lambda text: "".join(f"%{ord(letter):02X}" for letter in text)  # noqa: E731
    headers = basic(everything(row.id), everything(secret))
    assert (await http.post("/oauth/token", data=GRANT, headers=headers)).status_code == 200


async def test_a_colon_in_the_secret_belongs_to_the_secret(
    http: httpx.AsyncClient, registering: Registering, opening: Any
) -> None:
    row, secret = await registering()
    for attempt in (f"{secret}:", f":{secret}", f"a:{secret}", f"{secret}%3A"):
        response = await http.post("/oauth/token", data=GRANT, headers=basic(row.id, attempt))
        assert_refused(response, "invalid_client", 401)
    assert len(await log_of(opening, row.id)) == 4  # the id was read right each time


@pytest.mark.parametrize(
    "spoilt",
    [
        "", "{}", "Basic", "Basic ", "Bearer {}", "Digest {}", "Basic:{}", "Basic, {}",
        "Basic !{}", "Basic {}!", "Basic {}, {}", "Basic {} {}", "Basic /w=={}",
    ],
)  # fmt: skip
async def test_good_credentials_in_a_form_that_cannot_be_read(
    http: httpx.AsyncClient, registering: Registering, spoilt: str
) -> None:
    row, secret = await registering()
    encoded = basic(row.id, secret)["authorization"].removeprefix("Basic ")
    headers = {"authorization": spoilt.replace("{}", encoded)}
    response = await http.post("/oauth/token", data=GRANT, headers=headers)
    assert_refused(response, "invalid_client", 401)


@pytest.mark.parametrize(
    "pair", [b"", b":", b"\xff:\xff", b"cli", b"%FF:%FF", b"%:%", b"\x00:\x00"]
)
async def test_credentials_that_are_none(http: httpx.AsyncClient, pair: bytes) -> None:
    headers = {"authorization": "Basic " + base64.b64encode(pair).decode()}
    response = await http.post("/oauth/token", data=GRANT, headers=headers)
    assert_refused(response, "invalid_client", 401)


async def test_no_credentials_at_all(http: httpx.AsyncClient) -> None:
    assert_refused(await http.post("/oauth/token", data=GRANT), "invalid_client", 401)


async def test_the_scheme_is_read_without_case(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering()
    headers = {"authorization": basic(row.id, secret)["authorization"].replace("Basic", "bASIC")}
    assert (await http.post("/oauth/token", data=GRANT, headers=headers)).status_code == 200


async def test_two_authorization_headers(http: httpx.AsyncClient, registering: Registering) -> None:
    row, secret = await registering()
    header = ("authorization", basic(row.id, secret)["authorization"])
    response = await http.post("/oauth/token", data=GRANT, headers=[header, header])
    assert_refused(response, "invalid_request")


async def test_credentials_in_the_body_are_no_credentials(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering()
    body = GRANT | {"client_id": row.id, "client_secret": secret}
    assert_refused(await http.post("/oauth/token", data=body), "invalid_client", 401)


@pytest.mark.parametrize("name", ["client_secret", "client_assertion"])
async def test_two_ways_of_authenticating_at_once(
    http: httpx.AsyncClient, registering: Registering, name: str
) -> None:
    row, secret = await registering()
    body = GRANT | {name: secret}
    response = await http.post("/oauth/token", data=body, auth=(row.id, secret))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_another_client_in_the_body(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering()
    body = GRANT | {"client_id": UNKNOWN}
    response = await http.post("/oauth/token", data=body, auth=(row.id, secret))
    assert_refused(response, "invalid_request")
    body = GRANT | {"client_id": row.id}
    assert (await http.post("/oauth/token", data=body, auth=(row.id, secret))).status_code == 200


async def test_the_query_is_never_looked_at(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering(scopes=["bookings:read"])
    credentials = f"client_id={row.id}&client_secret={secret}"
    response = await http.post(f"/oauth/token?{credentials}", data=GRANT)
    assert_refused(response, "invalid_client", 401)
    query = "grant_type=client_credentials"
    response = await http.post(f"/oauth/token?{query}", headers=FORM, auth=(row.id, secret))
    assert_refused(response, "invalid_request")
    query = "grant_type=password&scope=people:read"
    response = await http.post(f"/oauth/token?{query}", data=GRANT, auth=(row.id, secret))
    assert response.json()["scope"] == "bookings:read"


# What it may ask for.


@pytest.mark.parametrize(
    "scope",
    ["people:read", "bookings:read people:read", "*", "bookings:*", "BOOKINGS:READ", "bookings",
     "bookings:read\x00", '"', "ñ", "x" * 4_000],
)  # fmt: skip
async def test_a_scope_that_the_client_does_not_have(
    http: httpx.AsyncClient, registering: Registering, opening: Any, scope: str
) -> None:
    row, secret = await registering(scopes=["bookings:read", "bookings:write"])
    body = GRANT | {"scope": scope}
    response = await http.post("/oauth/token", data=body, auth=(row.id, secret))
    assert_refused(response, "invalid_scope")
    assert await log_of(opening, row.id) == [("token.refused", "invalid_scope")]


async def test_a_token_for_somebody_else(http: httpx.AsyncClient, registering: Registering) -> None:
    row, secret = await registering()
    for resource in (["https://evil.example"], ["https://gateway.example", "https://x.example"]):
        body = GRANT | {"resource": resource}
        response = await http.post("/oauth/token", data=body, auth=(row.id, secret))
        assert_refused(response, "invalid_target")


@pytest.mark.parametrize(
    "grant",
    ["password", "implicit", "CLIENT_CREDENTIALS", "ñ", '"<',
     "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange"],
)  # fmt: skip
async def test_a_grant_that_is_not_offered(
    http: httpx.AsyncClient, registering: Registering, grant: str
) -> None:
    row, secret = await registering()
    body = {"grant_type": grant, "username": "a", "password": "b", "code": "c"}
    response = await http.post("/oauth/token", data=body, auth=(row.id, secret))
    assert_refused(response, "unsupported_grant_type")
    assert grant not in response.text


# In which form.


@pytest.mark.parametrize(
    "twice",
    ["grant_type=client_credentials", "scope=bookings:read&scope=bookings:read", "x=1&x=2"],
)
async def test_a_parameter_that_stands_twice(
    http: httpx.AsyncClient, registering: Registering, twice: str
) -> None:
    row, secret = await registering()
    body = f"grant_type=client_credentials&{twice}"
    response = await http.post("/oauth/token", content=body, headers=FORM, auth=(row.id, secret))
    assert_refused(response, "invalid_request")


@pytest.mark.parametrize("body", ["", "scope=bookings:read", "grant_type=", "grant_type"])
async def test_no_grant_type(http: httpx.AsyncClient, registering: Registering, body: str) -> None:
    row, secret = await registering()
    response = await http.post("/oauth/token", content=body, headers=FORM, auth=(row.id, secret))
    assert_refused(response, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [b"\xff=1", b"x=%FF", b"%FF=1", b"&".join(b"p%d=1" % n for n in range(32))],
)
async def test_a_body_that_is_no_form(
    http: httpx.AsyncClient, registering: Registering, body: bytes
) -> None:
    row, secret = await registering()
    content = b"grant_type=client_credentials&" + body
    response = await http.post("/oauth/token", content=content, headers=FORM, auth=(row.id, secret))
    assert_refused(response, "invalid_request")


@pytest.mark.parametrize(
    "media", ["application/json", "multipart/form-data; boundary=b", "text/plain", "", "*/*"]
)
async def test_another_media_type(
    http: httpx.AsyncClient, registering: Registering, media: str
) -> None:
    row, secret = await registering()
    response = await http.post(
        "/oauth/token",
        content="grant_type=client_credentials",
        headers={"content-type": media},
        auth=(row.id, secret),
    )
    assert_refused(response, "invalid_request")


async def test_a_media_type_with_parameters_is_read(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering()
    media = {"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}
    content = "grant_type=client_credentials"
    response = await http.post(
        "/oauth/token", content=content, headers=media, auth=(row.id, secret)
    )
    assert response.status_code == 200


async def test_a_body_of_more_than_8_kib_is_dropped_and_not_read_without_end(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering()
    taken: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        yield b"grant_type=client_credentials&x="
        for number in range(30_000):
            taken.append(number)
            yield b"x" * 1_024

    response = await http.post(
        "/oauth/token", content=endless(), headers=FORM, auth=(row.id, secret)
    )
    assert_refused(response, "invalid_request", 413)
    assert response.headers["connection"] == "close"
    assert len(taken) <= 15_700  # 16 MB
    start = "grant_type=client_credentials&x="
    exactly = start + "x" * (8_192 - len(start))
    response = await http.post("/oauth/token", content=exactly, headers=FORM, auth=(row.id, secret))
    assert response.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_another_method(
    http: httpx.AsyncClient, registering: Registering, method: str
) -> None:
    row, secret = await registering()
    response = await http.request(method, "/oauth/token", params=GRANT, auth=(row.id, secret))
    assert response.headers["allow"] == "POST"
    assert_refused(response, "invalid_request", 405)


async def test_a_body_that_never_ends_meets_the_deadline(platform: Any) -> None:
    settings = platform.settings.model_copy(update={"deadline_seconds": 0.05})

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    began = time.monotonic()
    status, body = await asked(replace(platform, settings=settings), receive)
    assert (status, body["error"]) == (503, "temporarily_unavailable")
    assert time.monotonic() - began < 1


async def test_a_caller_who_hangs_up_is_no_defect(platform: Any) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with capture_logs() as lines:
        status, _ = await asked(platform, receive)
    assert status == 400
    assert [line["event"] for line in lines] == ["token.request"]


async def test_one_address_may_ask_so_many_times_a_minute(
    platform: Any, registering: Registering, opening: Any, serving: Any
) -> None:
    row, secret = await registering()
    settings = platform.settings.model_copy(update={"token_requests_per_address": 3})
    careful = replace(platform, settings=settings)
    async with serving(careful) as http:
        answers = [
            await http.post("/oauth/token", data=GRANT, auth=(row.id, secret)) for _ in range(4)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert answers[3].json()["error"] == "temporarily_unavailable"
    assert len(await log_of(opening, row.id)) == 3


# What must never be seen.


async def test_no_secret_and_no_token_is_logged(
    http: httpx.AsyncClient,
    registering: Registering,
    opening: Any,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("authlib").setLevel(logging.DEBUG)
    row, secret = await registering()
    with capture_logs() as lines:
        good = await http.post("/oauth/token", data=GRANT, auth=(row.id, secret))
        await http.post("/oauth/token", data=GRANT, auth=(row.id, secret + "x"))
        await http.post("/oauth/token", data=GRANT | {"scope": "no:no"}, auth=(row.id, secret))
        await http.post("/oauth/token", content=b"\xff", headers=FORM, auth=(row.id, secret))
        await http.post("/oauth/token", data=GRANT | {"client_secret": secret})
    token = good.json()["access_token"]
    shown = capsys.readouterr()
    async with opening() as tx:
        rows = await tx.rows(select(events))
    for place in (caplog.text, repr(lines), shown.out, shown.err, repr(rows)):
        assert secret not in place
        assert token.rpartition(".")[2] not in place
    assert row.id in repr(lines)
    assert "issue token" not in caplog.text.lower()


async def test_a_secret_does_not_show_in_a_traceback_of_ours(registering: Registering) -> None:
    _, secret = await registering()
    assert secret not in repr(Basic("cli", secret))
    token = AccessToken("a.b.c", jti="1", scopes=[], expires_at=MONDAY, seconds=600)
    assert "a.b.c" not in repr(token)
