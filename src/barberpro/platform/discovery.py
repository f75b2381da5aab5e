"""Finds modules by name: a domain's tables and handlers are known by where they stand."""

import importlib
import importlib.util
import pkgutil
from types import ModuleType


def modules(package: str, name: str) -> list[ModuleType]:
    """Import `name` from each package below `package` that has one."""
    found = pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
    paths = [f"{item.name}.{name}" for item in found if item.ispkg]
    return [importlib.import_module(path) for path in paths if importlib.util.find_spec(path)]
