#!/usr/bin/env python3
"""Sets up this checkout and serves the demo: `python3 scripts/run.py`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import _bootstrap


def main() -> None:
    arguments = _arguments()
    programs = _bootstrap.prepare("run")
    command = ["barberpro", "serve", "--demo", "--data-dir", str(arguments.data_dir)]
    for option in ("port", "scale", "workers"):
        value = getattr(arguments, option)
        if value is not None:
            command += [f"--{option}", value]
    os.execv(programs / "barberpro", command)  # noqa: S606 - no shell is the point


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/run.py",
        description="Set up .venv if need be, then serve the demo until Ctrl-C.",
        epilog="What is left out here is for `barberpro serve` to decide.",
    )
    parser.add_argument("--port", help="where to listen")
    parser.add_argument("--scale", help="how large the demo chain is")
    parser.add_argument("--workers", help="how many web processes")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=_bootstrap.HERE.root / "var" / "demo",
        help="where the demo keeps its data (default: var/demo in this checkout)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
