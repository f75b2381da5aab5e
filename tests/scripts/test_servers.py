"""The servers that tests run on: real ones, shut to others, and gone afterwards."""

import os
import pwd
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import _servers
import _throwaway
import asyncpg
import pytest
import redis
from _servers import Build
from _throwaway import NoServer
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import make_url

SHELL = Path("/bin/sh")


@pytest.fixture
def postgresql_url() -> str:
    return given("BARBERPRO_TEST_DATABASE_URL").replace("+asyncpg", "")


@pytest.fixture
def redis_url() -> str:
    return given("BARBERPRO_TEST_REDIS_URL")


def given(variable: str) -> str:
    return os.environ.get(variable) or pytest.fail(f"no {variable}: run scripts/test.py")


@pytest.fixture
def only_broken_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_servers, "valkey_builds", lambda: [Build("broken", Path("/bin/false"))])


async def test_postgresql_refuses_two_bookings_of_a_chair_at_once(postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    try:
        everything = connection.transaction()
        await everything.start()
        await connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        await connection.execute(
            "CREATE TEMPORARY TABLE agenda (chair text, during int4range,"
            " EXCLUDE USING gist (chair WITH =, during WITH &&))"
        )
        book = "INSERT INTO agenda VALUES ($1, int4range($2, $3))"
        await connection.execute(book, "window", 10, 11)
        await connection.execute(book, "window", 11, 12)
        await connection.execute(book, "door", 10, 11)
        with pytest.raises(asyncpg.ExclusionViolationError):
            async with connection.transaction():
                await connection.execute(book, "window", 10, 12)
        assert await connection.fetchval("SELECT count(*) FROM agenda") == 3
        await everything.rollback()
    finally:
        await connection.close()


def test_valkey_keeps_what_it_is_told_until_it_expires(redis_url: str) -> None:
    key = f"test-servers-{os.getpid()}"
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.set(key, "held", px=60_000)
        assert connection.get(key) == b"held"
        assert connection.pexpire(key, 0)
        assert connection.get(key) is None


async def test_a_started_postgresql_wants_its_password_and_is_gone_afterwards() -> None:
    with _servers.postgres() as url:
        right = make_url(url).set(drivername="postgresql")
        wrong = right.set(password="guess")
        connection = await asyncpg.connect(right.render_as_string(hide_password=False))
        assert await connection.fetchval("SHOW fsync") == "off"
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong.render_as_string(hide_password=False))

    with pytest.raises(OSError):
        await asyncpg.connect(right.render_as_string(hide_password=False))


def test_a_started_valkey_wants_its_password_and_is_gone_afterwards() -> None:
    with _servers.valkey() as url:
        with redis.Redis.from_url(url) as connection:
            assert connection.ping()
            assert connection.config_get("save") == {"save": ""}
            port = connection.connection_pool.connection_kwargs["port"]
        at_once = Retry(NoBackoff(), 0)
        with (
            redis.Redis(port=port, retry=at_once) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()

    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_the_next_build_is_used_when_one_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    working = _servers.valkey_builds()
    broken = Build("broken", Path("/bin/false"))
    monkeypatch.setattr(_servers, "valkey_builds", lambda: [broken, *working])

    with _servers.valkey() as url, redis.Redis.from_url(url) as connection:
        assert connection.ping()


@pytest.mark.usefixtures("only_broken_builds")
def test_what_was_tried_is_told_when_nothing_starts() -> None:
    with pytest.raises(NoServer, match=r"^No Valkey would start \(broken: it ended at once: \)\.$"):
        _servers.valkey().__enter__()


def test_that_none_is_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_servers, "postgres_builds", list)

    with pytest.raises(NoServer, match=r"^No PostgreSQL would start \(none is installed\)\.$"):
        _servers.postgres().__enter__()


@pytest.fixture
def place() -> Iterator[_throwaway.Place]:
    with _throwaway.place_for(SHELL, None) as place:
        yield place


def test_no_server_runs_as_root(place: _throwaway.Place) -> None:
    user = int(_throwaway.run([place.program, "-c", "id -u"], place))

    assert user == (os.geteuid() or pwd.getpwnam("nobody").pw_uid)
    assert user != 0


def test_secrets_are_for_the_server_alone(place: _throwaway.Place) -> None:
    secret = place.make("password", "s3cret")

    assert secret.stat().st_mode & 0o777 == 0o600
    assert place.make("data").stat().st_mode & 0o777 == 0o700
    assert _throwaway.run([place.program, "-c", f"cat {secret}"], place) == "s3cret"


def test_a_place_is_removed_with_all_that_is_in_it() -> None:
    with _throwaway.place_for(SHELL, None) as place:
        data = place.make("data")
        _throwaway.run([place.program, "-c", f"echo kept > {data}/file"], place)
        assert (data / "file").exists()

    assert not place.folder.exists()


def test_a_server_is_stopped_when_the_tests_fail(place: _throwaway.Place) -> None:
    pid = place.make("data") / "pid"
    command = [place.program, "-c", f"echo $$ > {pid}; exec sleep 60"]

    def has_written() -> bool:
        return pid.exists() and pid.read_text().endswith("\n")

    with (
        pytest.raises(ZeroDivisionError),
        _throwaway.server(command, place, has_written, signal.SIGTERM),
    ):
        os.kill(int(pid.read_text()), 0)
        raise ZeroDivisionError

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_server_that_ends_at_once_leaves_its_last_words(place: _throwaway.Place) -> None:
    command = [place.program, "-c", "echo no room >&2; exit 3"]

    with pytest.raises(NoServer, match=r"^it ended at once: no room$"):
        _throwaway.server(command, place, lambda: False, signal.SIGTERM).__enter__()


def test_a_program_that_fails_says_why(place: _throwaway.Place) -> None:
    with pytest.raises(NoServer, match=r"^sh failed: no room$"):
        _throwaway.run([place.program, "-c", "echo no room >&2; exit 3"], place)


def test_variables_that_would_steer_postgresql_elsewhere_are_kept_from_it(
    place: _throwaway.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")

    assert _throwaway.run([place.program, "-c", "echo ${PGDATA:-none}"], place) == "none\n"
