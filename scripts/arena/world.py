"""What all contenders stand in: one PostgreSQL with the demo loaded, one set of keys, one folder of logs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[1]
NOBODY_WAITS = 10_000_000
"""Requests a minute: all come from one address, and the measuring is not about its limit."""


@dataclass(frozen=True)
class World:
    """A loaded database, and the folder with the demo's secrets, the keys and the logs."""

    database: str
    folder: Path

    @property
    def dsn(self) -> str:
        """The database's URL as asyncpg takes it."""
        return self.database.replace("+asyncpg", "")

    @cached_property
    def settings(self) -> Any:
        """The gateway's own, for what a peer must know of it."""
        from barberpro.platform.settings import Settings

        return Settings(data_dir=self.folder)

    @cached_property
    def cursor_secret(self) -> bytes:
        """With it every contender writes the same cursors."""
        from barberpro.platform.crypto import Sealer, load_master

        return Sealer(load_master(self.settings)).derived("cursors")

    def environment(self, issuer: str) -> dict[str, str]:
        """For a contender's process; `issuer` is the base of the gateway, whose tokens all take."""
        return os.environ | {
            "BARBERPRO_DATABASE_URL": self.database,
            "BARBERPRO_DATA_DIR": str(self.folder),
            "BARBERPRO_PUBLIC_URL": issuer,
            "BARBERPRO_REQUESTS_PER_ADDRESS": str(NOBODY_WAITS),
            "BARBERPRO_TOKEN_REQUESTS_PER_ADDRESS": str(NOBODY_WAITS),
            "BARBERPRO_DEADLINE_SECONDS": "120",
            "BARBERPRO_LOG_LEVEL": "INFO",
            "PYTHONPATH": os.pathsep.join([str(SCRIPTS), os.environ.get("PYTHONPATH", "")]),
            "ARENA_DATABASE": self.dsn,
            "ARENA_CURSOR_SECRET": self.cursor_secret.hex(),
            "ARENA_ISSUER": issuer,
            "ARENA_JWKS": str(self.folder / "jwks.json"),
        }

    def load(self, scale: str) -> None:
        """Migrate the database and load the demo of this scale, unless it is there."""
        environment = os.environ | {"BARBERPRO_DATABASE_URL": self.database}
        command = [
            sys.executable, "-m", "barberpro.cli", "demo", "load", "--if-absent",
            "--scale", scale, "--data-dir", str(self.folder),
        ]  # fmt: skip
        subprocess.run(command, env=environment, check=True)
