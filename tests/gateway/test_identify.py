"""Who a request speaks for, and how soon a change of that is felt."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Row, event, select, update
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from structlog.testing import capture_logs

from barberpro.domains.identity import clients
from barberpro.domains.identity.tables import clients as clients_table
from barberpro.gateway.credentials import tokens as verifier
from barberpro.gateway.identify import Identify
from barberpro.gateway.identify import standing as module
from barberpro.gateway.oauth.tokens import PublicUrlUnusable, issue
from barberpro.gateway.problems import Code, Refusal
from barberpro.platform import ids
from barberpro.platform.audit.tables import installation_events
from barberpro.platform.database import Database
from barberpro.platform.principal import Principal

from ..showing import Knock, knocking

Registering = Callable[..., Awaitable[tuple[Row[Any], str]]]
CHALLENGE = 'Bearer realm="BarberPro"'
INVALID = f'{CHALLENGE}, error="invalid_token"'


@pytest.fixture
def identify(platform: Any) -> Knock:
    return knocking(Identify(platform))


@pytest.fixture
def issued(platform: Any, clock: Any) -> Callable[[Row[Any]], str]:
    """The Authorization header with a fresh token for all that the client may do."""

    def header(client: Row[Any]) -> str:
        token = issue(platform.keys, platform.settings, clock(), client, client.scopes)
        return f"Bearer {token.text}"

    return header


async def change(database: Database, client: str, **values: Any) -> None:
    """What an administrator does meanwhile."""
    async with database.writer.begin() as connection:
        statement = update(clients_table).where(clients_table.c.id == client)
        await connection.execute(statement.values(**values))


async def refused(identify: Knock, headers: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        await identify(headers)
    assert (raised.value.code, raised.value.status) == (Code.UNAUTHENTICATED, 401)
    return raised.value


async def test_a_token_speaks_for_its_client(
    identify: Knock, issued: Any, registering: Registering
) -> None:
    row, _ = await registering(scopes=["bookings:read", "people:read"], document_mode="locked")
    who = await identify({"authorization": issued(row)})
    assert who == Principal(
        tenant=row.organization_id,
        client=row.id,
        client_name=row.name,
        scopes=frozenset({"bookings:read", "people:read"}),
        locations=None,
        document_mode="locked",
        method="bearer",
        credential=who.credential,
    )


async def test_a_limited_client_stays_limited(
    identify: Knock, issued: Any, registering: Registering
) -> None:
    shops = [ids.new("loc"), ids.new("loc")]
    row, _ = await registering(locations=shops)
    assert (await identify({"authorization": issued(row)})).locations == frozenset(shops)


async def test_the_largest_client_there_can_be_is_identified(
    identify: Knock, issued: Any, registering: Registering
) -> None:
    letters = str.maketrans("0123456789", "abcdefghij")
    scopes = [f"{'a' * 20}:{number:019}".translate(letters) for number in range(50)]
    shops = [ids.new("loc") for _ in range(100)]
    name = "n" * 38 + ids.new("org")[4:]
    row, _ = await registering(name=name, scopes=scopes, locations=shops)
    who = await identify({"authorization": issued(row)})
    assert (who.scopes, who.locations) == (frozenset(scopes), frozenset(shops))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_names_of_headers_and_schemes_are_read_without_case(
    identify: Knock, issued: Any, registering: Registering, scheme: str, name: str
) -> None:
    row, _ = await registering()
    header = issued(row).replace("Bearer", scheme)
    assert (await identify({name: header})).client == row.id


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": ""}, {"authorization": "Basic YTpi"}, {"cookie": "token=x"}]
)
async def test_without_a_token_the_challenge_names_no_error(
    identify: Knock, headers: dict[str, str]
) -> None:
    refusal = await refused(identify, headers)
    assert refusal.headers == {"WWW-Authenticate": CHALLENGE}
    assert refusal.message == "Send an access token: Authorization: Bearer …"


async def test_a_header_without_the_scheme_is_no_token(
    identify: Knock, issued: Any, registering: Registering
) -> None:
    row, _ = await registering()
    refusal = await refused(identify, {"authorization": issued(row).removeprefix("Bearer ")})
    assert refusal.headers == {"WWW-Authenticate": CHALLENGE}


async def test_two_authorization_headers_are_refused_even_if_both_are_good(
    identify: Knock, issued: Any, registering: Registering
) -> None:
    row, _ = await registering()
    one = (b"authorization", issued(row).encode())
    assert (await identify(Headers(raw=[one]))).client == row.id
    refusal = await refused(identify, Headers(raw=[one, one]))
    assert refusal.headers == {"WWW-Authenticate": INVALID}


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ([("authorization", "Basic YTpi")], "other: a scheme that is none of ours"),
        ([("authorization", "bpk_live_x")], "other: a scheme that is none of ours"),
        (
            [("authorization", "Bearer a"), ("authorization", "Bearer b")],
            "several: more than one credential",
        ),
        (
            [("authorization", "Bearer a"), ("signature", "b=:c:")],
            "several: more than one credential",
        ),
        ([("authorization", "Several x")], "other: a scheme that is none of ours"),
        ([("cookie", "token=x")], None),
        ([("authorization", "")], None),
    ],
)
async def test_every_credential_that_is_not_taken_is_told_to_the_log(
    platform: Any, identify: Knock, headers: list[tuple[str, str]], told: str | None
) -> None:
    """With nothing in it that a stranger could choose. Who shows none is nobody, not refused."""
    await platform.refusals.flush(all_of_it=True)
    raw = [(name.encode(), value.encode()) for name, value in headers]
    for _ in range(2):
        await refused(identify, Headers(raw=raw))
    assert await platform.refusals.flush(all_of_it=True) == (told is not None)
    if told is not None:
        query = select(installation_events.c.data).order_by(installation_events.c.id.desc())
        async with platform.database.surveying() as connection:
            data = (await connection.execute(query.limit(1))).scalar_one()
        assert (f"{data['scheme']}: {data['cause']}", data["times"]) == (told, 2)


async def test_two_tokens_joined_in_one_header_are_refused(
    identify: Knock, issued: Any, registering: Registering
) -> None:
    row, _ = await registering()
    for joined in (f"{issued(row)}, {issued(row)}", f"{issued(row)} {issued(row)}"):
        refusal = await refused(identify, {"authorization": joined})
        assert refusal.headers == {"WWW-Authenticate": INVALID}


async def test_suspension_is_felt_within_five_seconds(
    identify: Knock, issued: Any, registering: Registering, opening: Any, clock: Any
) -> None:
    row, _ = await registering()
    header = {"authorization": issued(row)}
    await identify(header)
    async with opening() as tx:
        await clients.suspend_client(tx, row.id)
    clock.forward(seconds=3.999)
    await identify(header)
    clock.forward(seconds=0.001)
    refusal = await refused(identify, header)
    assert refusal.headers == {"WWW-Authenticate": INVALID}
    assert "suspended" not in refusal.message


async def test_suspension_is_felt_after_the_clock_was_set_back(
    identify: Knock, issued: Any, registering: Registering, opening: Any, clock: Any
) -> None:
    row, _ = await registering()
    header = {"authorization": issued(row)}
    clock.forward(seconds=300)
    await identify(header)
    async with opening() as tx:
        await clients.suspend_client(tx, row.id)
    clock.forward(seconds=-200)
    await refused(identify, header)


async def test_a_fresh_process_feels_suspension_at_once(
    platform: Any, issued: Any, registering: Registering, opening: Any
) -> None:
    row, _ = await registering()
    header = {"authorization": issued(row)}
    async with opening() as tx:
        await clients.suspend_client(tx, row.id)
    await refused(knocking(Identify(platform)), header)


async def test_a_scope_that_is_taken_away_is_gone_from_tokens_in_use(
    identify: Knock, issued: Any, registering: Registering, database: Database, clock: Any
) -> None:
    row, _ = await registering(scopes=["bookings:read", "bookings:write"])
    header = {"authorization": issued(row)}
    assert (await identify(header)).scopes == {"bookings:read", "bookings:write"}
    await change(database, row.id, scopes=["bookings:read", "people:read"])
    clock.forward(seconds=5)
    assert (await identify(header)).scopes == {"bookings:read"}


async def test_a_scope_that_is_given_needs_a_new_token(
    identify: Knock, issued: Any, registering: Registering, database: Database, clock: Any
) -> None:
    row, _ = await registering(scopes=["bookings:read"])
    header = {"authorization": issued(row)}
    await change(database, row.id, scopes=["bookings:read", "people:read"])
    assert (await identify(header)).scopes == {"bookings:read"}


async def test_limits_of_today_hold_for_tokens_of_yesterday(
    identify: Knock, issued: Any, registering: Registering, database: Database, clock: Any
) -> None:
    here, there, elsewhere = (ids.new("loc") for _ in range(3))
    free, _ = await registering()
    limited, _ = await registering(locations=[here, there])
    of_free, of_limited = ({"authorization": issued(row)} for row in (free, limited))
    for row in (free, limited):
        await change(database, row.id, locations=[there, elsewhere], document_mode="locked")
    who = await identify(of_free)
    assert (who.locations, who.document_mode) == ({there, elsewhere}, "locked")
    assert (await identify(of_limited)).locations == {there}
    await change(database, limited.id, locations=None)
    clock.forward(seconds=5)
    assert (await identify(of_limited)).locations == {here, there}


@pytest.fixture
def reads(database: Database) -> Any:
    """The statements about clients that were sent."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM clients" in statement:
            sent.append(statement)

    event.listen(database.reader.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.reader.sync_engine, "before_cursor_execute", note)


async def test_a_client_is_read_once_in_five_seconds_however_many_call(
    identify: Knock, issued: Any, registering: Registering, clock: Any, reads: list[str]
) -> None:
    row, _ = await registering()
    headers = [{"authorization": issued(row)} for _ in range(10)]
    for _ in range(3):
        reads.clear()
        await asyncio.gather(*[identify(header) for header in headers * 5])
        assert len(reads) == 1
        clock.forward(seconds=5)


async def test_a_database_that_fails_lets_nobody_in_and_is_asked_again(
    identify: Knock, issued: Any, registering: Registering, database: Database, clock: Any
) -> None:
    row, _ = await registering()
    header = {"authorization": issued(row)}
    await identify(header)
    clock.forward(seconds=5)

    def fail(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    event.listen(database.reader.sync_engine, "before_cursor_execute", fail)
    try:
        for _ in range(2):
            with pytest.raises(OperationalError):
                await identify(header)
    finally:
        event.remove(database.reader.sync_engine, "before_cursor_execute", fail)
    assert (await identify(header)).client == row.id


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    checked: list[str] = []
    check = verifier.jws.deserialize_compact

    def checking(token: str, *args: Any, **options: Any) -> Any:
        checked.append(token)
        return check(token, *args, **options)

    monkeypatch.setattr(verifier.jws, "deserialize_compact", checking)
    return checked


async def test_a_signature_is_checked_once_a_minute(
    identify: Knock, issued: Any, registering: Registering, clock: Any, verifications: list[str]
) -> None:
    row, _ = await registering()
    header = {"authorization": issued(row)}
    for _ in range(10):
        await identify(header)
        clock.forward(seconds=5.999)
    assert len(verifications) == 1
    clock.forward(seconds=0.01)
    await identify(header)
    assert len(verifications) == 2


async def test_a_bad_token_is_not_remembered_as_a_good_one(
    identify: Knock, issued: Any, registering: Registering, verifications: list[str]
) -> None:
    row, _ = await registering()
    good = issued(row)
    bad = good[:-2] + ("AA" if good[-2:] != "AA" else "BA")
    for _ in range(2):
        await identify({"authorization": good})
        await refused(identify, {"authorization": bad})
    assert len(verifications) == 3


async def test_only_so_many_tokens_and_clients_are_remembered(
    identify: Knock,
    issued: Any,
    registering: Registering,
    monkeypatch: pytest.MonkeyPatch,
    verifications: list[str],
    reads: list[str],
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    headers = [{"authorization": issued((await registering())[0])} for _ in range(3)]
    reads.clear()
    for number in (0, 1, 0, 2, 0, 1):  # the third pushes out the second, which was used longest ago
        await identify(headers[number])
    tokens = [header["authorization"].removeprefix("Bearer ") for header in headers]
    assert verifications == [tokens[0], tokens[1], tokens[2], tokens[1]]
    assert len(reads) == 4


async def test_names_that_nobody_has_push_out_nobody(
    platform: Any, registering: Registering, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    monkeypatch.setattr(module, "MISSES", 3)
    standings = module.Standings(platform.database, platform.clock, platform.revocations)
    row, _ = await registering()
    assert await standings.client(row.id) is not None
    for number in range(10):
        assert await standings.client(f"cli_{number}") is None
    reads.clear()
    assert await standings.client(row.id) is not None
    assert await standings.client("cli_9") is None
    assert reads == []
    assert (len(standings._known), len(standings._missed)) == (1, 3)


async def test_the_log_says_why_and_never_which_token(
    identify: Knock, issued: Any, registering: Registering, clock: Any
) -> None:
    row, _ = await registering()
    header = issued(row)
    clock.forward(hours=1)
    with capture_logs() as lines:
        await refused(identify, {"authorization": header})
    assert lines == [
        {
            "event": "credential.rejected",
            "scheme": "bearer",
            "reason": "expired",
            "log_level": "info",
        }
    ]


@pytest.mark.parametrize(
    "url", ["http://gateway.example", "https://a.example?x=1", "https://a.example#x", "nowhere", ""]
)
async def test_a_public_url_that_cannot_be_an_issuer_is_told_at_the_start(
    platform: Any, url: str
) -> None:
    settings = platform.settings.model_copy(update={"public_url": url})
    with pytest.raises(PublicUrlUnusable, match="BARBERPRO_PUBLIC_URL"):
        Identify(replace(platform, settings=settings))


@pytest.mark.parametrize("url", ["https://a.example/", "http://127.0.0.1:8000", "http://[::1]:80"])
async def test_loopback_may_go_without_tls(platform: Any, url: str) -> None:
    settings = platform.settings.model_copy(update={"public_url": url})
    Identify(replace(platform, settings=settings))
