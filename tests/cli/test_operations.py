"""`barberpro operations`, as a person types it."""

import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import update

from barberpro.cli.operations import CHECKED, app, checked_once
from barberpro.domains.identity.documents.tables import documents
from barberpro.platform import clock
from barberpro.platform.database import Database
from barberpro.platform.doors import transaction
from barberpro.platform.principal import worker

from .installation import Installation

NAMES = "query Names { locations { nodes { name } } }\n"
CITIES = "query Cities { locations { nodes { city } } }\n"


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "data", app)


def test_a_folder_is_published_listed_checked_and_revoked(installed: Installation) -> None:
    installed.file("docs/Names.graphql", NAMES)
    folder = str(Path(installed.file("docs/Cities.graphql", CITIES)).parent)
    said = installed.types("publish", "till", folder)
    sha256 = hashlib.sha256(CITIES.encode()).hexdigest()
    assert said.splitlines()[0].startswith(f"Cities\tsha256:{sha256}\tdoc_")
    cities, names = installed.rows()
    assert (cities.text, cities.status, cities.scopes) == (CITIES, "ACTIVE", ["locations:read"])
    assert (names.text, names.status) == (NAMES, "ACTIVE")
    listed = installed.types("list", "--client", "till").splitlines()
    assert [line.split("\t") for line in listed] == [
        ["till", row.name, f"sha256:{row.sha256}", "locations:read", row.id, "ACTIVE"]
        for row in (cities, names)
    ]
    installed.types("revoke", "till", cities.sha256)
    installed.types("revoke", "till", names.id)
    assert [row.status for row in installed.rows()] == ["REVOKED", "REVOKED"]
    assert "no document" in installed.types("revoke", "till", cities.sha256, code=1)
    installed.types("publish", "till", folder)
    assert [row.status for row in installed.rows()] == ["ACTIVE", "ACTIVE"]


def test_a_manifest_is_published_whole_or_not_at_all(installed: Installation) -> None:
    md5 = hashlib.md5(NAMES.encode(), usedforsecurity=False).hexdigest()
    wrong = installed.file("wrong.json", json.dumps({md5: NAMES, "0" * 64: CITIES}))
    said = installed.types("publish", "till", wrong, code=1)
    assert "0" * 64 in said
    assert "Nothing was published." in said
    assert installed.rows() == []
    good = {md5: NAMES, f"sha256:{hashlib.sha256(CITIES.encode()).hexdigest()}": CITIES}
    installed.types("publish", "till", installed.file("good.json", json.dumps(good)))
    assert [(row.name, row.md5) for row in installed.rows()] == [("Cities", None), ("Names", md5)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("query A { nothing }", "Line 1, column 11: Cannot"),
        ("query A {", "Line 1, column 10: Syntax"),
        ("query A {\n  bookings { nodes { id } }\n}", "bookings:read"),
        ("query A {\n  bookings { nodes { id } }\n}", "Line 2, column 3: Query.bookings"),
        ("{ __typename }", "needs a name"),
        ("query A { __typename } query B { __typename }", "no single operation"),
        ("query A { locations(first: 1001) { nodes { id } } }", "from 0 to 1000"),
        (
            "query A { locations(first: 1000) { nodes { chairs { id } openingHours { id } } } }",
            "at most 20000",
        ),
    ],
)
def test_what_does_not_fit_says_where(installed: Installation, text: str, says: str) -> None:
    file = installed.file("A.graphql", text)
    said = installed.types("publish", "till", file, code=1)
    assert says in said
    assert file in said
    assert installed.rows() == []


def test_what_no_longer_fits_fails_the_check_with_its_clients_name(installed: Installation) -> None:
    installed.types("publish", "till", installed.file("Names.graphql", NAMES))
    before = installed.types("check")
    assert before.endswith("registered documents fit the schema\n")

    async def age(database: Database) -> None:
        async with transaction(database, worker(installed.tenant), clock.now, "test") as tx:
            older = NAMES.replace("name", "title")
            await tx.execute(update(documents).values(text=older))
            tx.published += 1

    installed.run(age)
    assert checked_once(installed.settings) is False
    assert not (installed.folder / CHECKED).exists()
    said = installed.types("check", code=1)
    assert "till/Names" in said
    assert "1:35" in said
    assert "title" in said


def test_a_schema_is_checked_once(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    installed.types("publish", "till", installed.file("Names.graphql", NAMES))
    assert checked_once(installed.settings) is True
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("it was checked again"))
    assert checked_once(installed.settings) is True


def test_there_must_be_such_a_client_and_something_to_publish(installed: Installation) -> None:
    file = installed.file("Names.graphql", NAMES)
    assert "no client named nobody" in installed.types("publish", "nobody", file, code=1)
    (installed.folder / "empty").mkdir()
    installed.types("publish", "till", str(installed.folder / "empty"), code=2)
    bad = installed.folder / "bad.graphql"
    bad.write_bytes(b"\xff")
    assert "UTF-8" in installed.types("publish", "till", str(bad), code=1)
    assert installed.rows() == []
