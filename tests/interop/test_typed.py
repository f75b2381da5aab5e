"""GraphQL Code Generator makes a client of our schema and documents: its types hold, and it calls us by our ids."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode, parse

from barberpro.domains.bookings import service as bookings
from barberpro.gateway.documents import contract, operation_files
from barberpro.gateway.documents.files import document_id

from ..served import Serving
from .conftest import HERE, Publish, Signed, install, made_once, node, started, wire

pytestmark = pytest.mark.long

HERS = HERE / "typed"
OURS = "schema/typescript"
GENERATOR = "node_modules/@graphql-codegen/cli/esm/bin.js"
COMPILER = "node_modules/typescript/bin/tsc"
Completed = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the generator and the compiler lie."""
    return install(HERS, tmp_path_factory, "typed")


class Frontend:
    """A team's copy of `schema/`, in a folder of its own below the packages."""

    def __init__(self, packages: Path, whole: Path) -> None:
        self.packages, self.schema, self.folder = packages, whole / "schema", whole / OURS

    def copies(self) -> None:
        shutil.copytree(str(contract()), self.schema)
        shutil.copyfile(HERS / "calls.mjs", self.folder / "calls.mjs")

    def runs(self, program: str, *words: str, **environment: str) -> Completed:
        return subprocess.run(
            [node(), self.packages / program, *words],
            cwd=self.folder, env={**os.environ, **environment}, capture_output=True, text=True,
        )  # fmt: skip

    def manifest(self, of: str) -> dict[str, str]:
        """Ids and texts."""
        return json.loads((self.folder / f"generated/{of}/persisted-documents.json").read_text())


def built(packages: Path, environment: str) -> Frontend:
    """What a team has made and compiled in this NODE_ENV."""

    def build(whole: Path) -> None:
        made = Frontend(packages, whole)
        made.copies()
        for program in (GENERATOR, COMPILER):
            done = made.runs(program, NODE_ENV=environment)
            assert done.returncode == 0, done.stdout + done.stderr

    return Frontend(packages, made_once(packages / environment, build))


@pytest.fixture(scope="session")
def production(packages: Path) -> Frontend:
    return built(packages, "production")


@pytest.fixture(scope="session")
def development(packages: Path) -> Frontend:
    return built(packages, "development")


def test_every_wrong_use_is_refused_where_it_stands_and_nothing_else_is(
    production: Frontend,
) -> None:
    uses = (HERS / "wrong.ts").read_text().splitlines()
    expected = {
        (number, found[1])
        for number, line in enumerate(uses, 1)
        if (found := re.search(r"// (TS\d+): ", line))
    }
    assert len(expected) == 11
    path = production.folder / "wrong.ts"
    shutil.copyfile(HERS / "wrong.ts", path)
    done = production.runs(COMPILER, "--noEmit")
    path.unlink()
    said = re.findall(r"^(\S+?)\((\d+),\d+\): error (TS\d+):", done.stdout, re.MULTILINE)
    assert {(int(line), code) for _, line, code in said} == expected, done.stdout
    assert {file for file, _, _ in said} == {"wrong.ts"}


def test_released_documents_are_called_by_the_ids_of_their_files(production: Frontend) -> None:
    files = {
        name: document_id(text)
        for client, name, text in operation_files(contract() / "operations")
        if client == "frontend"
    }
    generated = {}
    for known_as, text in production.manifest("released").items():
        (operation,) = (
            d for d in parse(text).definitions if isinstance(d, OperationDefinitionNode)
        )
        assert operation.name
        generated[operation.name.value] = known_as
    assert generated == files
    shipped = (production.folder / "dist/generated/released/graphql.js").read_text()
    assert set(re.findall(r"sha256:[0-9a-f]{64}", shipped)) == set(files.values())
    assert "timeZone" not in shipped, "texts are left out in production"


async def test_a_locked_client_calls_released_and_published_documents_by_id(
    production: Frontend,
    served: Serving,
    signed: Signed,
    publish: Publish,
    chain: Any,
    agenda: Any,
    done: Any,
) -> None:
    first, second, _ = agenda
    async with served() as url:
        _, token = await signed(url, name="frontend", document_mode="locked")
        await publish("frontend", production.folder / "generated/own/persisted-documents.json")
        told = {"url": f"{url}/graphql", "token": token}
        async with started(production.folder / "calls.mjs", told) as program:

            async def calls(*call: Any) -> Any:
                await program.tell(call)
                return await program.hear()

            assert await calls("shopName", chain.centro.id) == "Centro"
            assert await calls("shopName", "loc_none") is None
            assert await calls("customers", 1) == ["Carla"] * 3  # a page each
            taken = await calls("move", first.id, wire(second.starts_at))
            assert (
                taken == f"taken until {wire(second.ends_at + timedelta(minutes=10))}"
            )  # its buffer
            other = wire(first.starts_at + timedelta(hours=4))
            assert await calls("move", first.id, other) == f"CONFIRMED {other}"
            past = await calls("move", first.id, wire(first.starts_at - timedelta(days=30)))
            assert past.startswith("That time has passed.")

            await program.tell(["changed", chain.centro.id])
            await asyncio.sleep(1)  # until it listens
            await done(lambda tx: bookings.cancel(tx, second.id))
            assert await program.hear() == second.id
            assert await calls("shopName", chain.norte.id) == "Norte"
        async with started(production.folder / "calls.mjs", told | {"token": "none"}) as program:
            for call in ("shopName", "changed"):
                await program.tell([call, chain.centro.id])
                refused = (await program.hear())["refused"]
                assert (refused["status"], refused["code"]) == (401, "UNAUTHENTICATED")


async def test_while_developing_a_document_that_nobody_published_goes_by_its_text(
    development: Frontend, served: Serving, signed: Signed, agenda: Any
) -> None:
    first, *_ = agenda
    other = wire(first.starts_at + timedelta(hours=4))

    async def moves(url: str, token: str) -> Any:
        told = {"url": f"{url}/graphql", "token": token}
        async with started(development.folder / "calls.mjs", told) as program:
            await program.tell(["move", first.id, other])
            return await program.hear()

    async with served() as url:
        _, locked = await signed(url, document_mode="locked")
        refused = (await moves(url, locked))["refused"]
        assert (refused["status"], refused["code"]) == (403, "PERSISTED_QUERY_REQUIRED")
        _, opened = await signed(url, document_mode="open")
        asked = {"query": f'{{ booking(id: "{first.id}") {{ startsAt }} }}'}
        async with httpx.AsyncClient() as http:
            headers = {"authorization": f"Bearer {opened}"}
            answer = await http.post(f"{url}/graphql", json=asked, headers=headers)
        assert answer.json()["data"] == {"booking": {"startsAt": wire(first.starts_at)}}
        assert await moves(url, opened) == f"CONFIRMED {other}"


def test_a_scalar_that_nobody_has_listed_stops_the_generator(packages: Path) -> None:
    frontend = Frontend(packages, packages / "surprised")
    frontend.copies()
    with (frontend.schema / "barberpro.graphql").open("a") as schema:
        schema.write("\nscalar Weight\n")
    done = frontend.runs(GENERATOR)
    assert done.returncode == 1
    assert "Unknown scalar type Weight" in done.stdout + done.stderr
    assert not (frontend.folder / "generated/released/graphql.ts").exists()
