"""Whoever issues tokens that we believe: ourselves, or an issuer that an operator named, with a key of either kind.

A module of tests that takes `remote`, `identify` and `forger` from here runs once for each of them.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import event, select

from barberpro.gateway.identify import Identify
from barberpro.gateway.problems import Code, Refusal
from barberpro.platform.audit.tables import installation_events
from barberpro.platform.database import Database
from barberpro.platform.settings import ExternalIssuer

from ..showing import knocking
from .conftest import Forger, Key
from .remote import Remote, serving

KEYS = {"EC": ECKey.generate_key("P-256"), "RSA": RSAKey.generate_key(2048)}
INVALID = 'Bearer realm="BarberPro", error="invalid_token"'


def another(key: Key) -> Key:
    """A key of the same kind."""
    return RSAKey.generate_key(2048) if isinstance(key, RSAKey) else ECKey.generate_key("P-256")


@pytest.fixture(params=["ours", "EC", "RSA"])
def remote(request: Any) -> Iterator[Remote | None]:
    """The issuer that is not ourselves, where it is not."""
    if request.param == "ours":
        yield None
        return
    with serving(KEYS[request.param]) as started:
        yield started


@pytest.fixture
def forger(ours: Forger, remote: Remote | None) -> Forger:
    """Someone who has stolen the issuer's key, for a client that exists."""
    return ours if remote is None else replace(ours, key=remote.key, kid=remote.kid, url=remote.url)


@dataclass
class Door:
    """Where tokens are believed or not. Whoever knocks writes nothing; who is refused is counted for the audit log."""

    identify: Any
    database: Database
    refused: int = 0

    async def __call__(self, headers: dict[str, str], **changes: Any) -> Any:
        with written(self.database) as statements:
            try:
                return await self.identify(headers, **changes)
            except Refusal:
                self.refused += 1
                raise
            finally:
                assert statements == []

    async def accepted(self, token: str) -> Any:
        return await self({"authorization": f"Bearer {token}"})

    async def rejected(self, token: str) -> None:
        """The token is refused, and the answer is the one that every bad token gets."""
        with pytest.raises(Refusal) as raised:
            await self({"authorization": f"Bearer {token}"})
        refusal = raised.value
        assert (refusal.code, refusal.status) == (Code.UNAUTHENTICATED, 401)
        assert refusal.headers == {"WWW-Authenticate": INVALID}
        assert refusal.message == "The access token is not valid. Get a new one from /oauth/token."


@pytest.fixture
async def identify(
    platform: Any, remote: Remote | None, ours: Forger, stranger: Any
) -> AsyncIterator[Door]:
    """After the test, the log has one entry for each kind of refusal there was, and nothing else was written."""
    if remote is not None:
        tenants = [ours.client.organization_id, stranger.tenant]
        named = ExternalIssuer(issuer=remote.url, tenants=tenants, allow_private_network=True)
        settings = platform.settings.model_copy(update={"issuers": [named]})
        platform = replace(platform, settings=settings)
    door = Door(knocking(Identify(platform)), platform.database)
    yield door
    with written(platform.database) as statements:
        entries = await platform.refusals.flush(all_of_it=True)
    assert len(statements) == entries
    assert all(each.startswith("INSERT INTO installation_events ") for each in statements)
    newest = select(installation_events.c.type, installation_events.c.data)
    async with platform.database.surveying() as connection:
        found = await connection.execute(
            newest.order_by(installation_events.c.id.desc()).limit(entries)
        )
    told = found.all() if entries else []
    assert {each.type for each in told} <= {"access.refused"}
    assert sum(each.data["times"] for each in told) == door.refused
    assert not any("eyJ" in json.dumps(each.data) for each in told)  # nothing of a token


@contextmanager
def written(database: Database) -> Iterator[list[str]]:
    """The statements that change something, sent meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split(maxsplit=1)[0].upper() not in {"SELECT", "PRAGMA", "SET", "BEGIN"}:
            statements.append(statement)

    engines = {database.reader.sync_engine, database.writer.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
