"""A bare world for accepted programs: objects that note whatever is done with them."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable

from autograder.selfcheck.grammar_words import Words

LONGEST = 2  # turns of a loop
OPERATORS = """add sub mul truediv floordiv mod pow lshift rshift and or xor matmul""".split()  # noqa: SIM905
BINARY = [f"__{p}{name}__" for name in OPERATORS for p in ("", "r", "i")]
BINARY += ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"]
UNARY = ["__neg__", "__pos__", "__invert__", "__abs__"]


class Escape(AssertionError):
    """An accepted program reached for something that the words do not list."""


class Value:
    """A tensor, a tile, a number: it has the attributes of the kind."""

    __hash__ = None

    def __init__(self, words: Words, path: str = "") -> None:
        object.__setattr__(self, "_words", words)
        object.__setattr__(self, "_path", path)

    def __getattribute__(self, name: str):
        words = object.__getattribute__(self, "_words")
        if name not in words.attributes:
            raise Escape(f".{name} of a value")
        if name in words.facts:
            return Either(words) if name in words.methods else Value(words)
        return Method(words)

    def __setattr__(self, name: str, value: object) -> None:
        raise Escape(f"assignment to .{name}")

    def __delattr__(self, name: str) -> None:
        raise Escape(f"deletion of .{name}")

    def __bool__(self) -> bool:
        return False

    def __index__(self) -> int:
        return 1

    def __iter__(self):
        return iter([fresh(self)] * LONGEST)

    def __getitem__(self, index: object) -> Value:
        checked(index)
        return fresh(self)

    def __setitem__(self, index: object, value: object) -> None:
        checked(index, value)

    def __str__(self) -> str:
        raise Escape("a value became a text")

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        raise Escape("a value was formatted")

    def __contains__(self, value: object) -> bool:
        raise Escape("`in` on a value")

    def __enter__(self) -> None:
        raise Escape("`with` on a value")


def fresh(value: Value) -> Value:
    return Value(object.__getattribute__(value, "_words"))


def checked(*values: object) -> None:
    """Raise where a module, a function or a builtin is handed on."""
    for value in values:
        if type(value) in (tuple, list):
            checked(*value)
        elif type(value) is Method:
            raise Escape("a method was handed on")
        elif not issubclass(type(value), (Value, int, float, str, slice, type(None), type(...))):
            raise Escape(f"a {type(value).__name__} was handed on")


def _operate(self: Value, *others: object) -> Value:
    checked(*others)
    return fresh(self)


for _name in BINARY + UNARY:
    setattr(Value, _name, _operate)


class Method(Value):
    """What `x.name` gives for a method's name: all one can do is call it."""

    def __call__(self, *values: object, **options: object) -> Value:
        checked(*values, *options.values())
        return fresh(self)


class Either(Method):
    """`max`: a method of a tensor, and a fact of torch.finfo."""


class Function:
    """A function of a module, a helper or a builtin: all one can do is call it."""

    def __init__(self, words: Words, path: str, called: Callable[[str], None]) -> None:
        object.__setattr__(self, "_parts", (words, path, called))

    def __getattribute__(self, name: str):
        raise Escape(f".{name} of a function")

    def __call__(self, *values: object, **options: object):
        words, path, called = object.__getattribute__(self, "_parts")
        called(path)
        combining = path in ("tl.reduce", "tl.associative_scan")
        checked(*(v for v in values if not (combining and type(v) is Function)))
        checked(*(v for v in options.values() if not (combining and type(v) is Function)))
        if any(name.startswith("_") for name in options):
            raise Escape("a hidden argument")
        if path in ("zip", "enumerate"):
            return [(Value(words), Value(words))] * LONGEST
        return [Value(words)] * LONGEST if path in words.loops | {"range"} else Value(words)


class Module:
    """`tl` or `torch`: it has what the words list, and nothing else."""

    def __init__(self, words: Words, path: str, called: Callable[[str], None]) -> None:
        object.__setattr__(self, "_parts", (words, path, called))

    def __getattribute__(self, name: str):
        words, root, called = object.__getattribute__(self, "_parts")
        path = f"{root}.{name}"
        if path in words.values:
            return Value(words)
        if path in words.calls:
            return Function(words, path, called)
        if any(word.startswith(f"{path}.") for word in words.calls | words.values):
            return Module(words, path, called)
        raise Escape(path)

    def __setattr__(self, name: str, value: object) -> None:
        raise Escape(f"assignment to .{name} of a module")


def run(text: str, words: Words, names: list[str], helpers: list[str]) -> list[str]:
    """Run a text in a function of the given names; what it called. Raises Escape."""
    called: list[str] = []
    world = {name: Module(words, name, called.append) for name in words.modules}
    for name in [*words.builtins, *helpers]:
        world[name] = Function(words, name, called.append)
    world["__builtins__"] = {}  # no way to Python from here
    before = set(world)
    body = "\n".join(f"    {line}" for line in text.split("\n"))
    source = f"def program({', '.join(names)}):\n{body}\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "int object is not subscriptable": an honest mistake
        builtins.exec(compile(source, "<region>", "exec", dont_inherit=True), world)
    program = world.pop("program")
    try:
        program(*(Value(words) for _ in names))
    except Escape:
        raise
    except Exception:  # an honest mistake: a name before its value, a wrong number of values
        pass
    if set(world) != before:
        raise Escape(f"names at the top level: {sorted(set(world) - before)}")
    return called
