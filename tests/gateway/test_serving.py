"""How the web process has uvicorn serve it."""

from typing import Any

import httpx
import pytest
import uvicorn

from barberpro.gateway import __main__ as web


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What uvicorn was told."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: found.update(options))
    return found


@pytest.mark.parametrize(
    ("named", "caller", "seen"),
    [
        (None, "127.0.0.1", "127.0.0.1"),
        ('["10.0.0.0/8"]', "127.0.0.1", "127.0.0.1"),
        ('["10.0.0.0/8"]', "10.1.2.3", "203.0.113.9"),
    ],
)
async def test_who_may_say_where_a_request_came_from(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], named: str | None, caller: str, seen: str
) -> None:
    if named:
        monkeypatch.setenv("BARBERPRO_FORWARDED_BY", named)
    web.main([])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})

    names = ("proxy_headers", "forwarded_allow_ips")
    config = uvicorn.Config(app, log_config=None, **{name: told[name] for name in names})
    config.load()
    way = httpx.ASGITransport(config.loaded_app, client=(caller, 1))
    async with httpx.AsyncClient(transport=way, base_url="http://x") as http:
        answer = await http.get("/", headers={"x-forwarded-for": "203.0.113.9"})
    assert answer.text == seen
