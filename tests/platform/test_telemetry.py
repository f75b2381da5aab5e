import json
import subprocess
import sys
import time
from typing import Any

import pytest
from pydantic import SecretStr

from barberpro.platform.telemetry import DEEPEST, LONGEST, REDACTED, configure, redact, rendered

LOGGING = """
import logging, structlog, warnings
from barberpro.platform.telemetry import configure, lines
log = structlog.get_logger("early")
configure("INFO", "gateway")
with structlog.contextvars.bound_contextvars(request_id="req_1"):
    log.info("request", operation="Board", cookie="a=b")
    log.debug("too quiet")
    logging.getLogger("uvicorn.error").warning("at %s", "redis://:hunter2@cache/0")
    logging.getLogger("sqlalchemy.engine").info("SELECT 1")
try:
    raise ValueError("token=abcdef in\\nthe middle")
except ValueError:
    log.exception("broke", password="hunter2", count=3)
warnings.warn("odd")
lines.tell("request", {"request_id": "req_2", "status": 200, "refused": None})
configure("WARNING", "gateway")
lines.tell("request", {"request_id": "req_3"})
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", LOGGING], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_line_is_an_object_with_time_level_and_request(lines: list[dict[str, Any]]) -> None:
    first = lines[0]
    assert list(first)[:2] == ["timestamp", "level"]
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "level": "info", "event": "request", "operation": "Board", "cookie": REDACTED,
        "request_id": "req_1", "service": "gateway",
    }  # fmt: skip


def test_the_line_of_a_request_is_of_the_same_form(lines: list[dict[str, Any]]) -> None:
    last = lines[-1]
    assert list(last)[:2] == ["timestamp", "level"]
    assert last.pop("timestamp").endswith("Z")
    assert last == {
        "level": "info", "event": "request", "request_id": "req_2", "status": 200, "refused": None,
        "service": "gateway",
    }  # fmt: skip


def test_libraries_write_the_same_lines(lines: list[dict[str, Any]]) -> None:
    second = lines[1]
    second.pop("timestamp")
    assert second == {
        "level": "warning", "event": f"at redis://:{REDACTED}@cache/0", "logger": "uvicorn.error",
        "request_id": "req_1", "service": "gateway",
    }  # fmt: skip


def test_an_exception_is_one_line(lines: list[dict[str, Any]]) -> None:
    third = lines[2]
    assert (third["level"], third["event"], third["count"]) == ("error", "broke", 3)
    assert third["password"] == REDACTED
    assert f"ValueError: token={REDACTED} in\nthe middle" in third["exception"]
    assert "request_id" not in third


def test_what_is_too_quiet_is_not_written(lines: list[dict[str, Any]]) -> None:
    assert [line["event"].split("\n")[0][:9] for line in lines[:3]] == [
        "request",
        "at redis:",
        "broke",
    ]
    assert len(lines) == 5
    assert "odd" in lines[3]["event"]


def cleaned(**facts: Any) -> dict[str, Any]:
    return json.loads(rendered(None, "", redact(None, "", facts)))


@pytest.mark.parametrize(
    "name",
    [
        "secret", "client_secret", "clientSecret", "token", "accessToken", "Authorization",
        "password", "passwd", "cookie", "Set-Cookie", "api_key", "API-Key", "private_jwk",
        "client_assertion", "master_key",
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(name: str) -> None:
    facts = {name: "hunter2", "nested": {name: ["hunter2"]}, "list": [{name: 1234}]}
    shown = cleaned(**facts)
    assert shown.pop("timestamp") is shown.pop("level") is None
    assert shown == {name: REDACTED, "nested": {name: REDACTED}, "list": [{name: REDACTED}]}


JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
TEXTS = {
    f"Bearer {JWT}": f"Bearer {REDACTED}",
    "authorization: bearer abc.def~ghi-jk": f"authorization: bearer {REDACTED}",
    "Basic dXNlcjpwYXNz": f"Basic {REDACTED}",
    "DPoP abcdefghijkl": f"DPoP {REDACTED}",
    f"the token {JWT} is expired": f"the token {REDACTED} is expired",
    "/oauth/token?client_secret=abc&x=1": f"/oauth/token?client_secret={REDACTED}&x=1",
    '{"access_token": "abc", "x": 1}': f'{{"access_token": "{REDACTED}", "x": 1}}',
    "postgresql+asyncpg://user:p4ss@db:5432/x": f"postgresql+asyncpg://user:{REDACTED}@db:5432/x",
    "redis://:p4ss@db": f"redis://:{REDACTED}@db",
    "violates a rule\nDETAIL:  Failing row contains (Ana,\n11-4444).\nHINT: none\n[SQL: x]": (
        f"violates a rule\nDETAIL:  {REDACTED}\nHINT: none\n[SQL: x]"
    ),
    "is taken\nDETAIL:  Key (email)=(a@b.c) already exists.": f"is taken\nDETAIL:  {REDACTED}",
    "a detail: of ours": "a detail: of ours",
    "https://example.com:8443/basic": "https://example.com:8443/basic",
    "a basic haircut": "a basic haircut",
    "Basic cut, bearer of news": "Basic cut, bearer of news",
    "bkg_01h455vb4pex5vsknk084sn02q": "bkg_01h455vb4pex5vsknk084sn02q",
    "": "",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_secret_is_known_by_its_form(text: str) -> None:
    assert cleaned(event=text)["event"] == TEXTS[text]
    assert cleaned(x={"y": (text,)})["x"] == {"y": [TEXTS[text]]}


def test_absence_is_shown_as_it_is() -> None:
    assert cleaned(token=None)["token"] is None


def test_things_json_does_not_know_are_shown_as_text_without_secrets() -> None:
    class Request:
        def __str__(self) -> str:
            return "GET /?token=abc"

    shown = cleaned(request=Request(), body=b"secret bytes", key=SecretStr("abc"), when={1: {2}})
    assert shown["request"] == f"GET /?token={REDACTED}"
    assert shown["body"] == "(12 bytes)"
    assert "abc" not in shown["key"]
    assert shown["when"] == {"1": [2]}


def test_a_value_has_a_limit() -> None:
    assert len(cleaned(x="ñ" * 1_000_000)["x"]) < LONGEST + 50
    deep: Any = "end"
    for _ in range(1000):
        deep = {"x": [deep]}
    assert json.dumps(cleaned(x=deep)["x"]).count("x") <= DEEPEST


@pytest.mark.parametrize(
    "text", ["a-" * 8_000 + "token", "://:" * 4_000, "secret" * 2_700, "eyJ" * 5_400]
)
def test_no_text_takes_long_to_look_through(text: str) -> None:
    began = time.process_time()
    cleaned(x=text)
    assert time.process_time() - began < 0.5


def test_a_level_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="'LOUD' is no log level"):
        configure("LOUD", "gateway")
