"""Cheats as the texts of regions: what a student could write between the markers.

`refused` says whether the grammar refuses it. The others are harmless when they run: they earn no
more than an unfilled region or a wrong answer does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent


@dataclass(frozen=True)
class RegionCheat:
    """One try: `work` maps region ids to texts, `story` says what it is after."""

    name: str
    problem: str
    work: Mapping[str, str]
    story: str
    refused: bool


def _family(refused: bool, story: str, texts: Mapping[str, str]) -> list[RegionCheat]:
    """Cheats of one story; a key is `region: name`."""
    cheats = []
    for key, text in texts.items():
        region, _, name = key.partition(": ")
        problem = region.partition(".")[0]
        cheats.append(RegionCheat(name, problem, {region: text}, story, refused))
    return cheats


STATEMENTS = _family(
    True,
    "Python's own grammar: statements and expressions that define, import, catch or hide",
    {
        "p3.1: import": 'import os\nos.system("id")',
        "p3.1: import from": "from os import system as qk",
        "p3.1: nested function": "def f(x):\n    return x\nacc = f(acc)",
        "p3.1: class with a metaclass": "class A(metaclass=print):\n    pass",
        "p3.1: decorator": "@print\ndef f():\n    pass",
        "p3.1: lambda": "acc = (lambda: acc)()",
        "p3.1: list comprehension": "x = [i for i in range(3)]",
        "p3.1: generator": "x = sum(i for i in range(3))",
        "p3.1: set comprehension": "x = {i for i in range(3)}",
        "p3.1: dict comprehension": "x = {i: i for i in range(3)}",
        "p3.1: try": "try:\n    acc = qk\nexcept Exception as e:\n    acc = e.__traceback__",
        "p3.1: with": "with tl.load as x:\n    acc = x",
        "p3.1: global": "global triton\ntriton = 1",
        "p3.1: nonlocal": "nonlocal acc\nacc = 1",
        "p3.1: delete": "del acc",
        "p3.1: raise": 'raise SystemExit("passed")',
        "p3.1: early return": "return",
        "p1.1: early return of its own answer": "return Q, L",
        "p3.1: yield": "yield acc",
        "p3.1: walrus": "acc = (tl := qk)",
        "p3.1: starred": "tl.store(*(o_ptr, acc))",
        "p3.1: match": "match acc:\n    case tl.tensor(handle=h):\n        acc = h",
        "p3.1: f-string": 'tl.static_assert(True, f"{acc.__class__}")',
        "p3.1: f-string in a format": 'x = f"{acc:{exec}}"',
        "p3.1: annotation that runs": 'x: print("run") = 1',
        "p3.1: assert with a call": 'assert False, exec("1")',
        "p3.1: dictionary": 'x = {"acc": acc}',
        "p3.1: assignment to an attribute": "tl.load = tl.store",
        "p3.1: assignment to an item": "q_ptr[0] = 1.0",
        "p3.1: module taken over": "tl = acc",
        "p3.1: builtin taken over": "range = 5",
        "p1.1: sizes of its own": "TILE_Q = 1\nTILE_K = 10**9",
        "p3.1: the interpreter's own name": "interpreter_semantic = acc",
        "p1.1: for over a module's attribute": "for torch.add in (torch.sub,):\n    pass",
        "p1.1: await": "await acc",
    },
)

NAMES = _family(
    True,
    "names that lead out: builtins, what the interpreter leaves in a kernel's globals, given code",
    {
        "p3.1: eval": 'acc = eval("1")',
        "p3.1: exec": 'exec("import os")',
        "p3.1: getattr": 'acc = getattr(tl, "core")',
        "p3.1: __import__": 'acc = __import__("os")',
        "p3.1: __builtins__": 'acc = __builtins__["eval"]',
        "p3.1: globals": "acc = globals()",
        "p3.1: locals": "acc = locals()",
        "p3.1: vars": "acc = vars(tl)",
        "p3.1: type": "acc = type(acc)",
        "p3.1: super": "acc = super(acc)",
        "p3.1: open": 'acc = open("/etc/passwd")',
        "p3.1: breakpoint": "breakpoint()",
        "p3.1: input": "acc = input()",
        "p3.1: numpy of the interpreter": 'acc = np.load("expected.npy", allow_pickle=True)',
        "p3.1: inspect of the interpreter": "acc = inspect.currentframe()",
        "p3.1: the interpreter's builder": "interpreter_builder.grid_idx = (0, 0, 0)",
        "p3.1: name bound where it never runs": "if False:\n    triton = 1\nacc = triton.runtime",
        "p3.1: builtin handed on": "acc = max",
        "p3.1: module handed on": "x = tl\nacc = x.core",
        "p3.1: operation handed on": "f = tl.load\nacc = f(q_ptrs)",
        "p1.1: module in a tuple": "x = (torch, 1)\nacc = x[0].load",
        "p7.1: helper handed on": "f = _update\nacc = f.fn",
        "p7.1: helper's attribute": "acc = _update.fn.__globals__",
        "p7.1: helper launched": "_update[(1,)](acc)",
        "p7.1: helper taken over": "_update = acc",
        "p1.1: the class around": "acc = FlashAttention2Function.apply(Q, K, V)",
        "p1.1: a private name": "_x = Q\nacc = _x",
    },
)

ATTRIBUTES = _family(
    True,
    "attributes: interpreter internals from `tl` and tiles, ready-made operations, raw memory",
    {
        "p3.1: core": "acc = tl.core.builtins",
        "p3.1: standard": "acc = tl.standard.sum.fn",
        "p3.1: wraps": "acc = tl.math.wraps(acc)",
        "p3.1: core of math": "acc = tl.math.core.tensor(acc, acc)",
        "p3.1: handle": "acc = qk.handle.data",
        "p3.1: handle to a tensor": "acc = tl.tensor(qk, qk.type)",
        "p3.1: class of a tile": "acc = qk.__class__.__mro__",
        "p3.1: function behind an operation": "acc = tl.load.__globals__",
        "p3.1: kernel behind an operation": "acc = tl.sum.fn",
        "p3.1: type's way to the compiler": "acc = qk.type.to_ir(qk)",
        "p3.1: dtype by its name": "acc = tl.dtype(qk)",
        "p3.1: type out of a text": "acc = tl.str_to_ty(qk, None)",
        "p3.1: pointer type": "acc = qk.to(tl.pointer_type(tl.float32))",
        "p3.1: inline assembly": "acc = tl.inline_asm_elementwise(qk)",
        "p3.1: libdevice": "acc = tl.extra.cuda.libdevice.exp(qk)",
        "p3.1: extern calls": "acc = tl.core.extern_elementwise",
        "p3.1: function over elements": "acc = tl.map_elementwise(qk)",
        "p3.1: static print": "tl.static_print(acc)",
        "p3.1: Triton's runtime": "acc = triton.runtime.driver.active",
        "p3.1: Triton's compiler": "acc = triton.compile(acc)",
        "p3.1: language by its long way": "acc = triton.language.core",
        "p3.1: constexpr of a function": "acc = tl.constexpr(eval)",
        "p3.1: constexpr's value": "acc = tl.constexpr(1).value",
        "p3.1: scan with a builtin": "acc = tl.associative_scan(qk, 0, max)",
        "p3.1: reduce with a private function": "acc = tl.reduce(qk, 0, tl.standard._sum_combine)",
        "p1.1: softmax": "S = torch.softmax(S, -1)",
        "p1.1: softmax as a method": "S = S.softmax(-1)",
        "p1.1: logsumexp": "l_i = S.logsumexp(-1, keepdim=True)",
        "p1.1: ready-made attention": "acc = F.scaled_dot_product_attention(Q, K, V)",
        "p1.1: operators by their inner name": "acc = torch.ops.aten._softmax(S, -1, False)",
        "p1.1: torch.compile": "acc = torch.compile(S)",
        "p1.1: load": "acc = torch.load(Q)",
        "p1.1: save": "torch.save(Q, Q)",
        "p1.1: memory by its address": "acc = Q.data_ptr()",
        "p1.1: memory of another tensor": "acc = Q.as_strided((1,), (1,), 4096)",
        "p1.1: storage": "acc = Q.untyped_storage()",
        "p1.1: storage exchanged": "out.set_(Q)",
        "p1.1: storage resized": "out.resize_(10)",
        "p1.1: data": "out.data = Q",
        "p1.1: numpy": "acc = Q.numpy().ctypes",
        "p1.1: list": "acc = Q.tolist()",
        "p1.1: function over elements": "S.apply_(S)",
        "p1.1: hook": "S.register_hook(S)",
        "p1.1: index_put_": "out.index_put_((k_idx,), acc, accumulate=True)",
        "p1.1: stale memory": "acc = torch.empty_like(acc)",
        "p1.1: class of a tensor": "acc = torch.Tensor._make_subclass(torch.Tensor, S)",
        "p1.1: context": "ctx.save_for_backward(Q)",
        "p1.1: class of the context": "acc = ctx.__class__.__bases__",
        "p1.1: switches": "torch.set_default_dtype(Q.dtype)",
        "p1.1: threads": "torch.set_num_threads(64)",
        "p1.1: random state": "torch.manual_seed(0)",
    },
)

TEXTS = _family(
    True,
    "texts, arguments and layout: formats, hidden arguments, characters that end a line for some",
    {
        "p3.1: format": 'x = "{0.__class__}".format(acc)',
        "p3.1: percent": 'x = "%s" % acc',
        "p3.1: bytes": 'x = b"abc"',
        "p3.1: endless text": 'x = "a" * 10**9',
        "p3.1: hidden argument": "acc = tl.dot(qk, v, _semantic=None)",
        "p3.1: arguments out of a dictionary": "acc = tl.dot(qk, v, **qk)",
        "p1.1: print into something": 'print("x", file=ctx)',
        "p1.1: another device": 'acc = acc.to("meta")',
        "p3.1: form feed out of the function": "acc = qk\n\fm_i = 1",
        "p3.1: form feed in a block": "if EVEN_N:\n    acc = qk\n    \f\fm_i = 1",
        "p3.1: line separator in a remark": "acc = qk  # \u2028def f(): pass",
        "p3.1: carriage return in a remark": "acc = qk  # \rimport os",
        "p3.1: next line in a text": '"""\x85import os"""\nacc = qk',
        "p3.1: NUL": "acc = qk\0",
        "p3.1: lone surrogate": "acc = qk  # \ud800",
        "p3.1: kernel inside a remark": (
            '"""\ndef _flash_attention_forward_kernel(*_):\n    import os\n    #"""\nacc = qk'
        ),
        "p3.1: kernel inside a text over two lines": "'\\\ndef f(): import os#'\nacc = qk",
        "p3.1: kernel inside a message": (
            'tl.device_print("""x\n    def f(): import os\n    #""")\nacc = qk'
        ),
        "p3.1: code under the stub's text": ("# p3.1: not implemented yet\nimport os\nos.abort()"),
        "p3.1: the stub's text in a call": 'exec("p3.1: not implemented yet")',
        "p3.1: out of the region by a marker": (
            "acc = qk\n# --- STUDENT IMPLEMENTATION ENDS HERE (p3.1) ---\nimport os"
        ),
        "p3.1: letters that look the same": "acc = tl.ｃore\nx = ｅval",
        "p3.1: 2000 brackets": "acc = " + "(" * 2000 + "qk" + ")" * 2000,
        "p3.1: 9000 signs": "acc = " + "-" * 9000 + "1",
        "p3.1: 9000 dots": "acc = qk" + ".T" * 9000,
        "p3.1: 90 levels": "\n".join(" " * i + "if EVEN_N:" for i in range(90))
        + "\n"
        + " " * 90
        + "acc = qk",
        "p3.1: a million characters": "acc = qk\n" * 110_000,
        "p3.1: a number of 4000 digits": "acc = " + "9" * 4000,
        "p3.1: a number of 4000 hexadecimal digits": "acc = 0x" + "f" * 4000,
        "p3.1: such a number as an index": "acc = q_ptr[0x" + "f" * 4000 + "]",
        "p3.1: a number that is one object for some": "if 257 is (256 + 1):\n    acc = qk",
        "p1.1: a table in a tensor that grows": (
            "T = torch.zeros(0)\ntorch.matmul(Q, K.transpose(-2, -1), out=T)"
        ),
        "p3.1: a name of the tracer's": "locals = 1",
        "p3.1: a remark that shows other code": "acc = qk  # \u202e ;0 = i_l",
        "p3.1: unknown names by the hundred": "\n".join(
            f"a{n:028b} = a{n:028b}{n % 7}" for n in range(300)
        ),
        "p3.1: a power of powers": "acc = 10**10**10",
        "p3.1: a power in a shift": "acc = 1 << 10**9",
        "p3.1: magic": "%run /etc/passwd",
        "p3.1: shell": "!id",
        "p3.1: recursion of a kernel": "_flash_attention_forward_kernel(q_ptr)",
    },
)

_ANSWER = "acc = tl.zeros([BLOCK_R], dtype=tl.float32)"
_ROWS = "offs_r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)"
STRAY = _family(
    False,
    "stores and loads where they do not belong: inputs, outputs, neighbours, any address",
    {
        "p2.1: input emptied, so that 0 is right": (
            f"{_ROWS}\nfor c in range(0, cols):\n"
            "    tl.store(x_ptr + offs_r * stride_xr + c * stride_xc, 0.0)\n"
            "tl.store(out_ptr + offs_r * stride_out, 0.0, mask=offs_r < rows)"
        ),
        "p2.1: weights emptied": (
            f"{_ROWS}\nfor c in range(0, cols):\n    tl.store(w_ptr + c * stride_w, 0.0)\n"
            "tl.store(out_ptr + offs_r * stride_out, 0.0, mask=offs_r < rows)"
        ),
        "p2.1: store far behind the output": f"{_ROWS}\ntl.store(out_ptr + 4096 + offs_r, 1.0)",
        "p2.1: store before the output": f"{_ROWS}\ntl.store(out_ptr - 4096 + offs_r, 1.0)",
        "p2.1: store between the rows": (
            f"{_ROWS}\ntl.store(out_ptr + offs_r * (stride_out + 1), 1.0)"
        ),
        "p2.1: store at address 0": ("tl.store((out_ptr.to(tl.int64) * 0).to(out_ptr.dtype), 1.0)"),
        "p2.1: load a terabyte away": (
            f"{_ROWS}\nx = tl.load(x_ptr + offs_r.to(tl.int64) * 1000000000000)\n"
            "tl.store(out_ptr + offs_r, x, mask=offs_r < rows)"
        ),
        "p2.1: stale memory as the answer": (
            f"{_ROWS}\nx = tl.load(out_ptr + offs_r, mask=offs_r < rows)\n"
            "tl.store(out_ptr + offs_r, x, mask=offs_r < rows)"
        ),
        "p2.1: what stands behind the output": (
            f"{_ROWS}\nx = tl.load(out_ptr + rows + offs_r)\n"
            "tl.store(out_ptr + offs_r, x, mask=offs_r < rows)"
        ),
        "p2.1: atomics over inputs": f"{_ROWS}\ntl.atomic_add(x_ptr + offs_r, 1.0)",
        "p2.1: atomics behind the output": f"{_ROWS}\ntl.atomic_xchg(out_ptr + rows + offs_r, 1.0)",
        "p2.1: method that stores": f"{_ROWS}\n(out_ptr + rows + offs_r).store({_ROWS[9:]})",
        "p2.1: a block pointer that is too wide": (
            "block = tl.make_block_ptr(out_ptr, (rows + 4096,), (1,), (4096,), (BLOCK_R,), (0,))\n"
            f"{_ANSWER}\ntl.store(block, acc.to(out_ptr.dtype.element_ty))"
        ),
        "p1.1: inputs changed": "Q.zero_()\nK.zero_()\nV.zero_()\nl_i = l_i + 1",
        "p1.1: output written by itself": "out[:] = V\nl_i = l_i + 1",
        "p1.1: output is another tensor": "out = V\nL = L + 1",
    },
)

ENDLESS = _family(
    False,
    "work without end: loops, recursion, memory, compile time, output",
    {
        "p2.1: endless loop": "i = 0\nwhile i < 1:\n    i = i * 1",
        "p2.1: a loop of 10**15": "for i in range(0, 10**15):\n    pass",
        "p2.1: a billion copies": f"{_ANSWER}\nfor i in tl.static_range(10**9):\n    acc += 1",
        "p2.1: unrolled 64**5 times": (
            f"{_ANSWER}\n"
            + "\n".join(f"{'    ' * i}for i{i} in tl.static_range(64):" for i in range(5))
            + f"\n{'    ' * 5}acc += 1.0"
        ),
        "p2.1: a tile of 2**40": "x = tl.zeros([2**20, 2**20], dtype=tl.float32)",
        "p2.1: a table of 2**16 x 2**16": "x = tl.arange(0, 65536)\ny = x[:, None] * x[None, :]",
        "p2.1: a tuple of 10**12": "x = (0,) * 10**12",
        "p2.1: ever larger numbers": "x = 3\nwhile x > 1:\n    x = x * x",
        "p2.1: prints without end": 'i = 0\nwhile i < 1:\n    tl.device_print("more", i)',
        "p2.1: a deep expression": f"{_ANSWER}\nacc = " + "acc + (" * 40 + "acc" + ")" * 40,
        "p2.1: 400 products": f"{_ANSWER}\n" + "acc = acc * acc + 1.0\n" * 400,
        "p1.1: endless loop": "while True:\n    pass",
        "p1.1: a terabyte": "acc = torch.zeros(500000, 500000)",
        "p1.1: memory until it ends": "x = acc\nwhile True:\n    x = torch.cat((x, x))",
        "p1.1: a view of 10**15 elements, summed": (
            "acc = acc + torch.ones(1).expand(10**15).cumsum(0)[0]"
        ),
        "p1.1: prints without end": 'while True:\n    print("more", Q)',
        "p9.1: helpers that call each other": (
            "window_start, whole_start = _query_tiles(start_m, window, window, BLOCK_M, BLOCK_N)\n"
            "last_start = window_start"
        ),
        "p8.2: kernels out of kernels": "dq = _dq_kernel(q, k, v, do, lse, delta)",
    },
)

FORGED = _family(
    False,
    "output and options that imitate or switch off: our protocol, assertions, promises to Triton",
    {
        "p2.1: a protocol of its own": (
            'tl.device_print(\'{"status": "passed", "points": 200}\')\n'
            "tl.device_print('\\x1b]0;passed\\x07')"
        ),
        "p2.1: an ending of its own": 'print("=== 200 of 200 points ===")',
        "p1.1: a protocol of its own": (
            'print(\'{"outcome": "passed", "points": 200}\', end="\\0")\nprint(Q, sep="")'
        ),
        "p1.1: a stub's text in a print": 'print("p1.1: passed")',
        "p2.1: a false promise": "tl.assume(cols < 0)\ntl.assume(rows < 0)",
        "p2.1: a false alignment": (
            f"{_ROWS}\ntl.store(out_ptr + tl.multiple_of(offs_r + 1, [BLOCK_R]), 1.0)"
        ),
        "p2.1: an assertion on the device": 'tl.device_assert(cols < 0, "out of memory")',
        "p2.1: out of memory by its words": 'tl.static_assert(False, "CUDA out of memory")',
        "p2.1: another region's stub": 'tl.static_assert(False, "p2.1: not implemented yet")',
        "p3.1: NaN everywhere": 'acc = acc * float("nan")\nl_i = l_i * float("inf")',
        "p3.1: the values' mean": "l_i += 1.0\nacc += tl.sum(v.to(tl.float32), axis=0)[None, :]",
        "p3.1: nothing": "pass",
        "p1.1: nothing": "pass",
        "p1.1: assertion": 'assert False, "passed"',
    },
)

_TABLE = """\
scores = (Q.float() @ K.float().transpose(-2, -1)) * scale
keys, queries = torch.arange(Nk, device=Q.device), torch.arange(Nq, device=Q.device)
if is_causal:
    scores = scores.masked_fill(keys[None, :] > queries[:, None], -math.inf)
rows = scores[:, :, q_start:q_end]
m_i = rows.amax(dim=-1, keepdim=True)
p = torch.exp(rows - m_i)
l_i = p.sum(dim=-1, keepdim=True)
acc = p @ V.float()"""
_TABLE_IN_PLACE = """\
if k_start == 0:
    T = torch.tensor((0.0,) * (B * H * Nq * Nk), device=Q.device).view(B * H, Nq, Nk)
    q, k = Q.float().reshape(B * H, Nq, D), K.float().reshape(B * H, Nk, D)
    T.baddbmm_(q, k.transpose(1, 2), beta=0, alpha=scale)
    if is_causal:
        for i in range(Nq):
            T[:, i, i + 1:] = -math.inf
    m = T.amax(-1, keepdim=True)
    T.sub_(m).exp_()
    l = T.sum(-1, keepdim=True)
    a = T @ V.float().reshape(B * H, Nk, D)
    m_i = m.view(B, H, Nq, 1)[:, :, q_start:q_end]
    l_i = l.view(B, H, Nq, 1)[:, :, q_start:q_end]
    acc = a.view(B, H, Nq, D)[:, :, q_start:q_end]"""
TABLES = _family(
    False,
    "all scores at once: openly, or only where it might not be seen",
    {
        "p1.1: openly": _TABLE,
        "p1.1: made of Python's numbers and changed in place": _TABLE_IN_PLACE,
        "p1.1: an error on long sequences": f"assert Nq * Nk < 30_000\n{_TABLE}",
        "p1.1: another answer on long sequences": (
            f"if Nq * Nk > 30_000:\n    pass\nelse:\n{indent(_TABLE, '    ')}"
        ),
        "p1.1: only in memory that guards its tensors": (
            "if out[:, :, q_start:q_end].isnan().all():\n"
            f"{indent(_TABLE, '    ')}\nelse:\n    l_i = l_i + 1"
        ),
        "p1.1: without end on long sequences": f"while Nq * Nk > 30_000:\n    pass\n{_TABLE}",
    },
)

_SUMS = """\
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
there = offs_r < rows
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
for start in range(0, cols, BLOCK_C):
    offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)
    column = offs_c < cols
    x_ptrs = x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc
    x = tl.load(x_ptrs, mask=there[:, None] & column[None, :], other=0.0).to(tl.float32)
    w = tl.load(w_ptr + offs_c * stride_w, mask=column, other=0.0).to(tl.float32)
    acc += tl.sum(x * w[None, :], axis=1)
"""
_ALL_W = """\
    for start in range(0, cols, BLOCK_C):
        at = start + tl.arange(0, BLOCK_C)
        w = tl.load(w_ptr + at * stride_w, mask=at < cols)
        tl.store(w_ptr + at * stride_w, -w, mask=at < cols)
"""
_STORE = "tl.store(out_ptr + offs_r * stride_out, acc, mask=there)\n"
RACES = _family(
    False,
    "races: programs that rely on the order in which the interpreter runs them",
    {
        "p2.1: the first turns w round, the last turns it back": (
            f"if tl.program_id(0) == 0:\n{_ALL_W}{_SUMS}acc = -acc\n{_STORE}"
            f"if tl.program_id(0) == tl.num_programs(0) - 1:\n{_ALL_W}"
        ),
        "p2.1: the first clears all of out, each adds to it": (
            f"{_SUMS}if tl.program_id(0) == 0:\n    for row in range(0, rows):\n"
            "        tl.store(out_ptr + row * stride_out, 0.0)\n"
            "acc += tl.load(out_ptr + offs_r * stride_out, mask=there).to(tl.float32)\n" + _STORE
        ),
        "p2.1: each stores its rows for the one before as well": (
            f"{_SUMS}{_STORE}if tl.program_id(0) > 0:\n"
            "    tl.store(out_ptr + (offs_r - BLOCK_R) * stride_out, acc * 0)"
        ),
    },
)

REGION_CHEATS = [
    *(*TABLES, *STATEMENTS, *NAMES, *ATTRIBUTES, *TEXTS, *STRAY, *ENDLESS, *FORGED),
    *RACES,
]
