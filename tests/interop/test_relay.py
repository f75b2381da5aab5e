"""Relay's compiler takes our SDL, we take the documents that it persists, and its runtime pages through our lists."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from barberpro.gateway.documents import contract

from ..served import Serving
from .conftest import HERE, Publish, Signed, install, node, started, wire

pytestmark = pytest.mark.long

PROGRAM = HERE / "relay"
COMPILER = "node_modules/relay-compiler/cli.js"


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the compiler and the runtime lie."""
    return install(PROGRAM, tmp_path_factory, "relay")


class Team:
    """A team's folder below the packages: our schema and settings, and their source."""

    def __init__(self, packages: Path, name: str, **settings: Any) -> None:
        self.packages = packages
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=packages))
        shutil.copyfile(PROGRAM / "shop.mjs", self.folder / "shop.mjs")
        shutil.copytree(PROGRAM / "src", self.folder / "src")
        self.schema = self.folder / "barberpro.graphql"
        self.schema.write_bytes((contract() / "barberpro.graphql").read_bytes())
        ours = json.loads((contract() / "typescript" / "relay.config.json").read_bytes())
        ours["schema"] = self.schema.name
        (self.folder / "relay.config.json").write_text(json.dumps(ours | settings))
        self.manifest = self.folder / ours["persistConfig"]["file"]
        self.manifest.write_text("{}")

    def compiles(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [node(), self.packages / COMPILER], cwd=self.folder, capture_output=True, text=True
        )


def names(manifest: Path) -> set[str]:
    """Of the operations that stand in it."""
    return {
        definition.name.value
        for text in json.loads(manifest.read_bytes()).values()
        for definition in parse(text).definitions
        if isinstance(definition, OperationDefinitionNode) and definition.name
    }


ASKED = {"shopQuery", "shopDiaryQuery", "shopCardQuery", "shopCancelMutation", "shopSubscription"}


def test_a_team_compiles_with_the_settings_that_we_give(packages: Path) -> None:
    team = Team(packages, "typescript")
    done = team.compiles()
    assert done.returncode == 0, done.stdout + done.stderr
    assert names(team.manifest) == ASKED
    types = (team.folder / "src/__generated__/shop_diary.graphql.ts").read_text()
    assert "readonly startsAt: string;" in types


def test_a_scalar_that_nobody_has_listed_stops_the_compiler(packages: Path) -> None:
    team = Team(packages, "surprised")
    with team.schema.open("a") as schema:
        schema.write("\nscalar Weight\nextend type Location { weight: Weight }\n")
    shop = team.folder / "src/shop.js"
    shop.write_text(shop.read_text().replace("{ name isActive }", "{ name isActive weight }"))
    done = team.compiles()
    assert done.returncode == 1
    assert "Weight" in done.stdout + done.stderr
    assert not (team.folder / "src/__generated__/shop_card.graphql.ts").exists()


@pytest.fixture(scope="session")
def running_team(packages: Path) -> Team:
    """With modules that Node reads as they are, and by ids as Relay makes them unless told."""
    persisted = {"file": "persisted_queries.json", "algorithm": "MD5"}
    settings = {"language": "javascript", "eagerEsModules": False, "persistConfig": persisted}
    team = Team(packages, "running", **settings)
    done = team.compiles()
    assert done.returncode == 0, done.stdout + done.stderr
    return team


async def test_the_runtime_pages_refetches_and_mutates_by_ids_alone(
    running_team: Team, served: Serving, signed: Signed, publish: Publish, chain: Any, agenda: Any
) -> None:
    def shown(booking: Any, status: str = "CONFIRMED") -> dict[str, Any]:
        at = wire(booking.starts_at)
        return {"id": booking.id, "startsAt": at, "status": status, "customer": "Carla"}

    card = {"name": "Centro", "isActive": True}
    async with served() as url:
        client, token = await signed(url, document_mode="locked")
        said = await publish(client.name, running_team.manifest)
        assert {line.split("\t")[0] for line in said.splitlines()} == ASKED
        told = {"url": f"{url}/graphql", "token": token, "shop": chain.centro.id}
        async with started(running_team.folder / "shop.mjs", told) as program:
            first, second, third = agenda
            one_page = [shown(first), shown(second)]
            assert await program.hear() == {**card, "bookings": one_page, "more": True}
            both = [*one_page, shown(third)]
            assert await program.hear() == {**card, "bookings": both, "more": False}
            after = [shown(first, "CANCELLED"), *both[1:]]
            assert await program.hear() == {**card, "bookings": after}
            assert await program.hear() == {"id": chain.centro.id, **card}
