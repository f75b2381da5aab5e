"""`barberpro schema diff`, `check` and `release`, as a person types them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from barberpro import cli
from barberpro.cli.operations import app as operations
from barberpro.cli.schema import app
from barberpro.domains.identity import clients
from barberpro.domains.identity.documents.tables import documents
from barberpro.domains.identity.usage import noting
from barberpro.graph.schema import Graph
from barberpro.platform import clock
from barberpro.platform.database import Database
from barberpro.platform.doors import transaction
from barberpro.platform.principal import worker

from .installation import Installation

FAX = '  """The fax."""\n  fax: String!\n'
ONCE = '  """Its dial."""\n  dial: Int @deprecated(reason: "Nobody dials.")\n'
CITY = "  city: String!\n"
FAXES = "query Faxes {\n  locations { nodes { id fax } }\n}\n"
NAMES = "query Names { locations { nodes { name timeZone } } }\n"
KIND = "type Location implements Node"
REMOVED = """\
  Location.fax  FIELD_REMOVED
    Field Location.fax was removed.
    Give it back, deprecate it, release that, and remove it when nobody asks for it.
"""
REFUSED = (
    "breaks callers: change it, excuse it in schema/excused.txt, or `barberpro schema release`\n"
)


class Released:
    """What was released, what is excused and what is registered: `partner/Names`, which fits."""

    def __init__(self, folder: Path, sdl: str) -> None:
        self.folder, self.sdl = folder, sdl
        self.release()
        self.register("Names", NAMES)

    def release(self, *edits: tuple[str, str]) -> None:
        """What was released is the current schema, but for these edits of `Location`."""
        before, start, after = self.sdl.partition(KIND)
        for old, new in edits:
            assert old in after
            after = after.replace(old, new, 1)
        (self.folder / "released.graphql").write_text(before + start + after)

    def register(self, name: str, text: str) -> None:
        file = self.folder / "operations" / "partner" / f"{name}.graphql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def excuse(self, line: str) -> None:
        (self.folder / "excused.txt").write_text(f"# Meant.\n{line}\n")

    def types(self, *words: str, code: int = 0) -> str:
        """What the command says, its complaint at the end."""
        options = ["--released", str(self.folder / "released.graphql")]
        if words[0] != "release":
            options += ["--excused", str(self.folder / "excused.txt")]
        result = CliRunner().invoke(app, [*words, *options])
        assert result.exit_code == code, result.output
        return result.output


@pytest.fixture
def released(tmp_path: Path, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Released:
    monkeypatch.setattr("barberpro.graph.schema.build_schema", lambda: graph)
    monkeypatch.setattr("barberpro.gateway.documents.contract", lambda: tmp_path)
    return Released(tmp_path, graph.sdl)


def with_fax(released: Released) -> None:
    released.release((CITY, CITY + FAX))


def test_what_is_as_released_breaks_nothing(released: Released) -> None:
    assert released.types("check") == "nothing breaks: 0 changes, 1 documents\n"
    assert released.types("diff") == "nothing changed since the release\n"


def test_every_change_is_shown_the_worst_first(released: Released) -> None:
    released.release(
        (CITY, CITY + FAX + ONCE),
        ('requiresScopes(scopes: [["locations:read"]])', 'cost(weight: "0")'),
        ("  timeZone: TimeZone!", "  timeZone: TimeZone"),
    )
    assert (
        released.types("diff")
        == f"""\
BREAKING (5)
  Location  NEEDS_MORE
    Location needed no scope and needs locations:read.
    Let who may ask for it ask on, or grant the scopes before this is released.
    Asked for by partner/Names.
  Location.dial  FIELD_REMOVED
    Field Location.dial was removed.
    It was deprecated. When nobody asks for it, excuse it.
    No registered document asks for it.
{REMOVED}    No registered document asks for it.
  Query.location  NEEDS_MORE
    Query.location needed no scope and needs locations:read.
    Let who may ask for it ask on, or grant the scopes before this is released.
    No registered document asks for it.
  Query.locations  NEEDS_MORE
    Query.locations needed no scope and needs locations:read.
    Let who may ask for it ask on, or grant the scopes before this is released.
    Asked for by partner/Names.

DANGEROUS (1)
  Location  COST_RAISED
    Location cost 0 and costs 1.
    Callers that are near their budget, or the most one call may cost, are refused.
    Asked for by partner/Names.

SAFE (1)
  Location.timeZone  Field Location.timeZone changed type from TimeZone to TimeZone!.

"""
    )


def test_a_removal_fails_the_check_and_names_whose_document_breaks(released: Released) -> None:
    with_fax(released)
    released.register("Faxes", FAXES)
    assert (
        released.types("check", code=1)
        == f"""\
BREAKING (1)
{REMOVED}    Asked for by partner/Faxes.

REGISTERED DOCUMENTS THAT BREAK (1)
  partner/Faxes: 2:26: Cannot query field 'fax' on type 'Location'.

{REFUSED}"""
    )
    assert json.loads(released.types("check", "--json", code=1)) == {
        "fails": True,
        "breaking": [
            {
                "coordinate": "Location.fax",
                "kind": "FIELD_REMOVED",
                "says": "Field Location.fax was removed.",
                "advice": "Give it back, deprecate it, release that, and remove it when nobody asks for it.",
                "documents": ["partner/Faxes"],
                "usedBy": None,
                "excuse": None,
            }
        ],
        "dangerous": [],
        "safe": [],
        "brokenDocuments": ["partner/Faxes: 2:26: Cannot query field 'fax' on type 'Location'."],
        "spentExcuses": [],
    }


def test_what_is_excused_passes_until_its_day(released: Released) -> None:
    with_fax(released)
    today = clock.now().date()
    released.excuse(f"{today} FIELD_REMOVED Location.fax Nobody ever filled it in.")
    excused = f"""\
BREAKING (1)
{REMOVED}    No registered document asks for it.
    Excused until {today}: Nobody ever filled it in.

"""
    assert released.types("check") == (
        f"{excused}nothing breaks, beside 1 excused: 1 changes, 1 documents\n"
    )
    assert json.loads(released.types("check", "--json"))["breaking"][0]["excuse"] == {
        "until": str(today),
        "reason": "Nobody ever filled it in.",
        "expired": False,
    }
    released.excuse("2026-01-31 FIELD_REMOVED Location.fax Nobody ever filled it in.")
    ended = excused.replace(f"until {today}", "ended on 2026-01-31")
    assert released.types("check", code=1) == ended + REFUSED


def test_an_excuse_does_not_let_a_registered_document_break(released: Released) -> None:
    with_fax(released)
    released.register("Faxes", FAXES)
    released.excuse("2999-01-31 FIELD_REMOVED Location.fax Nobody ever filled it in.")
    assert "partner/Faxes: 2:26" in released.types("check", code=1)


def test_an_excuse_of_nothing_is_told(released: Released) -> None:
    released.excuse("2999-01-31 FIELD_REMOVED Location.fax Nobody ever filled it in.")
    assert released.types("check") == (
        "Line 2 of the excuses excuses nothing: FIELD_REMOVED Location.fax\n"
        "nothing breaks: 0 changes, 1 documents\n"
    )


def test_a_release_is_what_is_compared_with_from_then_on(released: Released) -> None:
    with_fax(released)
    assert released.types("release") == f"wrote {released.folder.name}/released.graphql\n"
    assert (released.folder / "released.graphql").read_text() == released.sdl
    assert released.types("check") == "nothing breaks: 0 changes, 1 documents\n"


def test_without_a_release_there_is_nothing_to_compare_with(
    released: Released, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(released.folder / "nothing.graphql")
    monkeypatch.setattr("sys.argv", ["barberpro", "schema", "check", "--released", nowhere])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "there is no nothing.graphql: `barberpro schema release` writes it\n"
    )


def test_documents_of_the_database_are_named_by_their_client(
    released: Released, tmp_path: Path
) -> None:
    with_fax(released)
    till = Installation(tmp_path / "data", operations)
    till.types("publish", "till", till.file("Names.graphql", NAMES))
    options = ("--database", "--data-dir", str(till.folder))
    assert released.types("check", *options, code=1).startswith(
        f"BREAKING (1)\n{REMOVED}    No registered document asks for it.\n"
    )

    async def ask_for_the_fax(database: Database) -> Any:
        async with transaction(database, worker(till.tenant), clock.now, "test") as tx:
            await tx.execute(update(documents).values(text=FAXES))
            tx.published += 1

    till.run(ask_for_the_fax)
    (row,) = till.rows()
    assert (
        released.types("check", *options, code=1)
        == f"""\
BREAKING (1)
{REMOVED}    Asked for by till/Names ({row.id}).
    Nobody used it in this time.

REGISTERED DOCUMENTS THAT BREAK (1)
  till/Names ({row.id}): 2:26: Cannot query field 'fax' on type 'Location'.

{REFUSED}"""
    )


def test_who_used_it_is_named_with_the_days(released: Released, tmp_path: Path) -> None:
    with_fax(released)
    till = Installation(tmp_path / "data", app)
    options = ("--database", "--data-dir", str(till.folder))

    async def use(database: Database) -> Any:
        async with transaction(database, worker(till.tenant), clock.now, "test") as tx:
            (client,) = await tx.rows(clients.of_tenant(till.tenant))
            for days, name in ((9, "A"), (1, "B"), (200, "C")):
                shape = noting.Shape(name, frozenset({"Location.fax", f"Location.of{name}"}))
                then = tx.now - timedelta(days=days)
                await noting.note(tx, [noting.Ran(client.id, shape, None, 3, 0, 1, then, then)])
            tx.published += 1

    till.run(use)
    today = clock.now().date()
    long_ago, first, last = (today - timedelta(days=days) for days in (200, 9, 1))
    used = f"    Used by till (since {first}, last {last}).\n"
    assert used in released.types("check", *options, code=1)
    used = f"    Used by till (since {long_ago}, last {last}).\n"
    assert used in released.types("check", *options, "--days", "300", code=1)
    assert till.types("usage", "Location.fax") == f"till\t6\t{first}\t{last}\n"
    assert till.types("usage", "Location.city") == ""
    told = "Location.fax\t6\t1\nLocation.ofA\t3\t1\nLocation.ofB\t3\t1\n"
    assert till.types("usage") == told
