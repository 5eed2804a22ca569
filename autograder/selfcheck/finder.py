"""Imports a package whose modules are at hand as text. A notebook's first cell runs this file."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys


class TextFinder(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Finds the modules of one package in a dictionary of sources, by their paths below it."""

    def __init__(self, package, modules):
        self.package, self.modules = package, modules

    def path(self, name):
        inside = name.partition(".")[2].replace(".", "/")
        paths = (f"{inside}.py", f"{inside}/__init__.py") if inside else ("__init__.py",)
        return next((path for path in paths if path in self.modules), None)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == self.package and self.path(name):
            return importlib.util.spec_from_loader(name, self)
        return None

    def is_package(self, name):
        return self.path(name).endswith("__init__.py")

    def get_filename(self, name):
        return f"{self.package}/{self.path(name)}"

    def get_source(self, name):
        return self.modules[self.path(name)]


def install(package, modules):
    """Have `import package` find these modules, in the place of those of an earlier call."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    kept = [one for one in sys.meta_path if getattr(one, "package", None) != package]
    sys.meta_path[:] = [TextFinder(package, modules), *kept]
