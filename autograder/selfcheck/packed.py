"""The modules of this package as text: for the curious, and for a Python process of its own."""

from __future__ import annotations

import sys
from pathlib import Path


def sources() -> dict[str, str]:
    """The source of every module at hand, by its path below the package ("problems/…/p3.py")."""
    package = sys.modules[__package__]
    loader = package.__spec__.loader if package.__spec__ else None
    if hasattr(loader, "modules"):  # packed into a notebook
        return dict(loader.modules)
    folder = Path(package.__file__).parent
    files = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def source(name: str = "") -> None:
    """Print the source of one module, `source("check")`; without a name, which ones there are."""
    texts = sources()
    text = texts.get(f"{name.replace('.', '/')}.py")
    print(text if text is not None else "\n".join(path[:-3] for path in texts))
