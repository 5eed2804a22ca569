"""Would it run on a GPU? Kernels compiled for GPUs that are not here.

Triton's interpreter accepts what no compiler does. The wrapper's launches are noted (launches.py)
and compiled for a target instead of run. That takes no GPU, but a process in which the interpreter
was never on; `main()` is one for the self-check: an order on stdin, an answer on stdout.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from .faults import causes, clean, find_spot, message
from .launches import Target, Variant, covering, variants
from .places import Spot, line_in, spot
from .program import Place, Program
from .triton_rules import triton_rules

TARGETS = (
    Target(80, "bfloat16"),
    Target(75, "float16"),
    Target(90, "bfloat16"),
    Target(90, "float16"),
)
IR, CUBIN = "ir", "cubin"
SHARED_KIB = {75: 64, 80: 163, 86: 99, 89: 99, 90: 227, 100: 227, 120: 99}  # per block, CUDA's
CARRIED = re.compile(r"Loop[- ]carried variable (\w+)")
ASSERTION = re.compile(r"""Assertion .*&& "(.*)"' failed""")
DIAGNOSTIC = re.compile(r"^(?P<file>\S+?):(?P<line>\d+):\d+: error: (?P<words>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """What does not compile, for which cases (their indices), and where: `line` is below the
    region's marker; 0: in the given code.
    """

    capability: int
    kernel: str
    region: str
    line: int
    message: str
    cases: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        """What is told, with the line in the region where it is known."""
        major, minor = divmod(self.capability, 10)
        where = f"{Place(self.region, self.line)}: " if self.line else ""
        if not self.region:
            where = f"kernel {self.kernel}: "
        said = f"Does not compile for a GPU (compute capability {major}.{minor}): {where}"
        return said + self.message


class DoesNotFit(Exception):
    """A kernel compiles, and then asks for more than the chip has."""


def compile_program(
    module: ModuleType,
    program: Program,
    task: Mapping[str, Any],
    cases: Sequence[Mapping[str, Any]],
    targets: Sequence[Target] = TARGETS,
    depth: str = IR,
) -> list[Failure]:
    """What of a loaded program does not compile for the targets, told once per line.

    Each case holds "params" and "inputs", by name: "shape", "dtype", and "stride" or "layout".
    Depth "ir" is the compiler's front end, where nearly every mistake shows; "cubin" then compiles
    the largest variant of each kernel for each chip to the end, which takes about a second each.
    """
    if not _has_kernels(module):
        return []
    every = variants(getattr(module, task["entry"]), task, cases, targets)
    failures: dict[Any, Failure] = {}
    with _said() as said, triton_rules():
        broken: set[str] = set()
        for one in covering(every, _names(program)):
            if one.name not in broken and _tried(one, _front_end, program, said, failures):
                broken.add(one.name)
        for one in every:  # which cases does it concern?
            told = {case for failure in failures.values() for case in failure.cases}
            if one.name in broken and not told.issuperset(one.cases):
                _tried(one, _front_end, program, said, failures)
        for one in _largest(every) if depth == CUBIN else ():
            if one.name not in broken:
                _tried(one, _whole, program, said, failures)
    return list(failures.values())


def _has_kernels(module: ModuleType) -> bool:
    if "triton" not in sys.modules:
        return False
    from triton.runtime.jit import JITFunction

    return any(isinstance(value, JITFunction) for value in vars(module).values())


def _names(program: Program) -> frozenset[str]:
    """The words that occur in the regions."""
    lines = program.source.split("\n")
    texts = ("\n".join(lines[start : end - 1]) for start, end in program.spans.values())
    return frozenset(word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text))


def _tried(one: Variant, compiler: Any, program: Program, said: Any, failures: dict) -> bool:
    """Compile a variant, note its failure beside those there are, and tell whether it failed."""
    said.truncate(0)
    try:
        compiler(one)
        return False
    except Exception as error:
        found = _failure(one, error, program, said)
    key = (found.region, found.line) if found.line else found.kernel
    known = failures.get(key, found)
    together = tuple(sorted({*known.cases, *found.cases}))
    failures[key] = Failure(
        known.capability, known.kernel, known.region, known.line, known.message, together
    )
    return True


def _front_end(one: Variant) -> None:
    """From Python's syntax tree to Triton's first intermediate language: types and shapes."""
    from triton._C.libtriton import ir
    from triton.compiler import make_backend

    backend, (source, options) = make_backend(one.target.gpu), one.packed
    context = ir.context()
    ir.load_dialects(context)
    backend.load_dialects(context)
    functions = backend.get_codegen_implementation(options), backend.get_module_map()
    # Whether whole numbers overflow feeds an assertion of its debug mode alone.
    options = replace(options, sanitize_overflow=False)
    source.make_ir(one.target.gpu, options, *functions, context)


def _whole(one: Variant) -> None:
    """All the way to machine code, ptxas included. Raises DoesNotFit for too much shared memory."""
    import triton

    source, options = one.packed
    done = triton.compile(source, target=one.target.gpu, options=options.__dict__)
    needs, has = done.metadata.shared / 1024, SHARED_KIB.get(one.target.capability, 1 << 20)
    if needs > has:
        raise DoesNotFit(f"needs {needs:.0f} KiB of shared memory per block; such a GPU has {has}")


def _largest(every: list[Variant]) -> list[Variant]:
    """Of each kernel on each chip the variant with the largest tiles."""
    found: dict[Any, Variant] = {}
    for one in sorted(every, key=lambda one: sum(one.tile.values())):
        found[one.name, one.target.capability] = one
    return list(found.values())


def _failure(one: Variant, error: Exception, program: Program, said: Any) -> Failure:
    """An exception of the compiler in its own last words, by the line that it speaks of."""
    chain = list(causes(error))
    words, where = message(chain), find_spot(chain, program)
    carried = CARRIED.search(words)
    if carried:  # told at the loop; what matters is the line that changes the variable
        where = _assigned(chain[-1], carried[1], program) or where
    said.seek(0)
    text = said.read().decode("utf-8", "replace")
    own = one.kernel.fn.__code__.co_filename
    for found in DIAGNOSTIC.finditer(text):
        told = spot(program, [int(found["line"])]) if found["file"] == own else None
        if told and told.line:
            words, where = found["words"], told
            break
    asserted = ASSERTION.search(text)
    words = asserted[1] if asserted else words
    if where is not None and not where.line:
        words = f"{where.words.rstrip(',')}: {words}"
    region, line = (where.region, where.line) if where else ("", 0)
    cases = tuple(one.cases)
    return Failure(one.target.capability, one.name, region, line, clean(words), cases)


def _assigned(error: BaseException, name: str, program: Program) -> Spot | None:
    """Where in a region a loop, or a given function that it calls, last sets a variable."""
    loop, source = getattr(error, "node", None), getattr(error, "src", None)
    if not isinstance(loop, (ast.For, ast.While)) or not isinstance(source, str):
        return None
    start = line_in(program, source, loop.lineno) or 0
    tree = ast.parse(program.source)
    loops = [n for n in ast.walk(tree) if type(n) is type(loop) and n.lineno == start]
    called = {n.id for one in loops for n in ast.walk(one) if isinstance(n, ast.Name)}
    given = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in called]
    for place in (loops, given):
        names = [n for one in place for n in ast.walk(one) if isinstance(n, ast.Name)]
        lines = [n.lineno for n in names if n.id == name and isinstance(n.ctx, ast.Store)]
        spots = [spot(program, [line]) for line in sorted(lines, reverse=True)]
        for found in spots:
            if found and found.line:
                return found
    return None


@contextlib.contextmanager
def _said() -> Iterator[Any]:
    """What the compiler's C++ half writes to stderr meanwhile, as a file; stdout stays silent."""
    sys.stderr.flush()
    kept = os.dup(2)
    with os.fdopen(os.memfd_create("said"), "r+b", buffering=0) as said:
        flags = os.open(f"/proc/self/fd/{said.fileno()}", os.O_WRONLY | os.O_APPEND)
        os.dup2(flags, 2)
        os.close(flags)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def _chooses_nothing() -> Iterator[None]:
    """While it lasts, the `setup()` of a program's first cell does not turn the interpreter on."""
    from .device import stand_in

    before = sys.modules.get("selfcheck")
    sys.modules["selfcheck"] = stand_in()
    try:
        yield
    finally:
        del sys.modules["selfcheck"]
        if before is not None:
            sys.modules["selfcheck"] = before


def main() -> None:
    """Read {"source", "spans", "task", "cases", "targets", "depth"}, write {"failures": [...]}."""
    os.environ.pop("TRITON_INTERPRET", None)
    from .running import load_program

    order = json.load(sys.stdin)
    program = Program(order["source"], {k: tuple(v) for k, v in order["spans"].items()})
    targets = [Target(**one) for one in order["targets"]]
    with tempfile.TemporaryDirectory() as folder:
        with _chooses_nothing():
            module = load_program(program, Path(folder))
        found = compile_program(
            module, program, order["task"], order["cases"], targets, order.get("depth", IR)
        )
    print(json.dumps({"failures": [vars(one) for one in found]}))


if __name__ == "__main__":
    main()
