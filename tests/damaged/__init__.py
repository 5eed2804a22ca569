"""Honest notebooks as life leaves them, by family. Each begins as a perfect submission."""

from importlib import import_module
from pathlib import Path

from trust_case import TrustCase

FAMILIES = sorted(
    p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in ("edit", "__init__")
)
CASES: list[TrustCase] = [
    case for family in FAMILIES for case in import_module(f"damaged.{family}").CASES
]
