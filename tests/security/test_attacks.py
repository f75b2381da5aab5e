"""The table of attacks is true: each has a test that is there, or is marked as one that cannot be tried."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NAMED = re.compile(r"`([^`]+\.py)::(test_\w+)`")
ROWS = [
    line.strip("| ").split(" | ")
    for line in (HERE / "README.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| Tried", "| ---"))
]


@cache
def defined_in(file: str) -> frozenset[str]:
    tree = ast.parse((HERE / file).read_text("utf-8"))
    functions = (n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions)


@pytest.mark.parametrize(("tried", "by"), ROWS, ids=[row[0] for row in ROWS])
def test_each_attack_has_its_test(tried: str, by: str) -> None:
    named = NAMED.findall(by)
    assert named or by.startswith("not built: "), tried
    assert [name for file, name in named if name not in defined_in(file)] == []


def test_no_attack_stands_twice() -> None:
    assert len({tried for tried, _ in ROWS}) == len(ROWS) > 50
