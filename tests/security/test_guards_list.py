"""Each guard that `scripts/guards` takes away stands where the list says, once."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUARDS = tomllib.loads((ROOT / "tests/security/guards.toml").read_text("utf-8"))["guard"]


def test_every_guard_is_where_the_list_says() -> None:
    found = {g["says"]: (ROOT / g["file"]).read_text("utf-8").count(g["without"]) for g in GUARDS}
    assert {says: count for says, count in found.items() if count != 1} == {}


def test_every_test_of_a_guard_is_there() -> None:
    missing = []
    for guard in GUARDS:
        for test in guard["tests"]:
            file, name = test.split("[")[0].split("::")
            if f"def {name}(" not in (ROOT / file).read_text("utf-8"):
                missing.append(test)
    assert missing == []
