"""What the API process loads, and what it must never load."""

import subprocess
import sys

HEAVY = (
    "numpy",
    "pandas",
    "prophet",
    "surprise",
    "sklearn",
    "joblib",
    "matplotlib",
    "scipy",
    "alembic",
    "typer",
    "httpx",
    "pytest",
    "barberpro.domains.billing.arca.wire",
    "barberpro.demo.arca",
)
PROGRAM = """
import sys
import barberpro.gateway.__main__
from barberpro.graph.schema import build_schema
build_schema()
print(*[name for name in sys.argv[1:] if name in sys.modules])
"""


def test_nothing_heavy_is_imported_by_the_api_process():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *HEAVY], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
