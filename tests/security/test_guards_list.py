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
            file, _, name = test.partition("[")[0].partition("::")
            text = (ROOT / file).read_text("utf-8")
            if name and f"def {name}(" not in text:
                missing.append(test)
    assert missing == []
