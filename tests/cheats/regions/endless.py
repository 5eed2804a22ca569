"""Work without end, which limits must stop."""

from __future__ import annotations

from .form import ANSWER, family

ENDLESS = family(
    False,
    "work without end: loops, recursion, memory, compile time, output",
    {
        "p2.1: endless loop": "i = 0\nwhile i < 1:\n    i = i * 1",
        "p2.1: a loop of 10**15": "for i in range(0, 10**15):\n    pass",
        "p2.1: a billion copies": f"{ANSWER}\nfor i in tl.static_range(10**9):\n    acc += 1",
        "p2.1: unrolled 64**5 times": (
            f"{ANSWER}\n"
            + "\n".join(f"{'    ' * i}for i{i} in tl.static_range(64):" for i in range(5))
            + f"\n{'    ' * 5}acc += 1.0"
        ),
        "p2.1: a tile of 2**40": "x = tl.zeros([2**20, 2**20], dtype=tl.float32)",
        "p2.1: a table of 2**16 x 2**16": "x = tl.arange(0, 65536)\ny = x[:, None] * x[None, :]",
        "p2.1: a tuple of 10**12": "x = (0,) * 10**12",
        "p2.1: ever larger numbers": "x = 3\nwhile x > 1:\n    x = x * x",
        "p2.1: prints without end": 'i = 0\nwhile i < 1:\n    tl.device_print("more", i)',
        "p2.1: a deep expression": f"{ANSWER}\nacc = " + "acc + (" * 40 + "acc" + ")" * 40,
        "p2.1: 400 products": f"{ANSWER}\n" + "acc = acc * acc + 1.0\n" * 400,
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
