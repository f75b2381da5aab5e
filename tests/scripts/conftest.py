"""Brings scripts/, which is no package, within reach of the tests beside this file."""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.append(str(SCRIPTS))


@pytest.fixture(scope="session")
def program() -> Callable[[str], ModuleType]:
    """Loads a program of scripts/ by its file's name, without running it."""

    def load(file: str) -> ModuleType:
        name = f"program_{file.partition('.')[0]}"
        loader = importlib.machinery.SourceFileLoader(name, str(SCRIPTS / file))
        module = importlib.util.module_from_spec(
            importlib.util.spec_from_loader(name, loader) or pytest.fail(file)
        )
        sys.modules[name] = module
        loader.exec_module(module)
        return module

    return load
