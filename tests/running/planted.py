"""Mistakes in the region of `frames.KERNEL`, and what must be told of them.

name -> (region text, line of p1.1 or 0 for the given code after it, words in the message)
"""

LOAD = "x = tl.load(x_ptrs, mask=exists, other=0.0)\n"

ERRORS = {  # told the same whether interpreted or compiled
    "a name that is not known": (LOAD + "acc = foo", 2, "foo"),
    "a dot of two dtypes": (
        LOAD + "acc = tl.dot(x, tl.trans(x).to(tl.float32))",
        2,
        "Both operands must be same dtype. Got fp16 and fp32",
    ),
    "a dot of shapes that do not fit": (LOAD + "acc = tl.dot(x, x)", 2, "reduction dimensions"),
    "an address made a number": (
        LOAD + "acc = x * (x_ptrs.to(tl.int64) % 2)",
        2,
        "An address cannot become a number",
    ),
    "an exchange of two dtypes": (
        LOAD + "acc = x\nold = tl.atomic_cas(o_ptr, tl.load(o_ptr), tl.full([], 3, tl.int8))",
        3,
        "tl.atomic_cas compares and writes fp16 there, not int8",
    ),
    "a tile of 5": (LOAD + "acc = tl.zeros([5], tl.float32)", 2, "power of 2"),
    "tiles of two widths": (
        LOAD + "acc = x + tl.arange(0, 2 * COLS)[None, :]",
        2,
        "the shapes do not fit together: 8 and 16 elements along dimension 1",
    ),
    "a function that tl lacks": (LOAD + "acc = tl.foo(x)", 2, "has no attribute 'foo'"),
    "a method that tensors lack": (LOAD + "acc = x.foo", 2, "has no attribute 'foo'"),
    "an assertion": (LOAD + "tl.static_assert(COLS == 3, 'three')\nacc = x", 2, "three"),
    "an argument missing": (LOAD + "acc = tl.where(x > 0, x)", 2, "missing 1 required"),
    "an axis too many": (LOAD + "acc = tl.max(x, axis=3)", 2, "axis 3"),
    "a division by zero": (LOAD + "acc = x * (1 // 0)", 2, "division or modulo by zero"),
    "a value loaded from": (LOAD + "acc = tl.load(x)", 2, "Unsupported ptr type (16, 8) fp16"),
    "exp2 of a whole number": (LOAD + "acc = tl.exp2(rows)", 2, "got int32"),
    "an argument too many": (LOAD + "acc = twice(x, 1)", 2, "argument"),
    "None given to a helper": (LOAD + "acc = twice(None)", 2, "in the given `twice`"),
    "a range that is no constant": (LOAD + "acc = x + tl.arange(0, rows)", 2, "constexpr"),
    "a line in the middle of a call": (LOAD + "acc = (\n    x\n    + foo\n)", 4, "foo"),
    "a shape that the given code trips over": (
        LOAD + "acc = tl.zeros([BLOCK, 2 * COLS], tl.float32)",
        0,
        "The given code after p1.1, `tl.store(",
    ),
    "a name that the given code misses": (LOAD, 0, "acc"),
}

ADDRESSES = {  # the compiler has other words for them
    "an address made a number by int()": "acc = x * (int(x_ptr) % 2)",
    "an address made a number by float()": "acc = x * float(x_ptr)",
    "an address that ends a loop": "for i in range(0, o_ptr):\n    acc = x",
    "the higher of two addresses": "acc = x * tl.argmax(tl.join(x_ptr, o_ptr), axis=0)",
}
INTERPRETED_ONLY = {
    name: (LOAD + text, 2, "An address cannot become a number") for name, text in ADDRESSES.items()
}

COMPILED_ONLY = {
    "a dtype that changes in a loop": (
        LOAD + "acc = tl.zeros([BLOCK, COLS], tl.float32)\nfor i in range(0, rows):\n    acc = x",
        3,
        "initial type (16, 8) fp32 but is re-assigned to (16, 8) fp16",
    ),
    "a break": (
        LOAD + "acc = x\nwhile True:\n    break",
        4,
        "Triton cannot compile Python's `Break`",
    ),
}

LAST = LOAD + "acc = x\nlast = o_ptr + (rows - 1) * stride_or + offs_c\n"
NOTHING = "tl.zeros([COLS], tl.float16)"

STRAYS = {
    "a load without a mask": (
        "acc = tl.load(x_ptrs)",
        1,
        "Line 1 of p1.1 loads 12 rows past the end of `x_ptr`, which has the shape (20, 8).",
    ),
    "a store without a mask": (
        LOAD + "acc = x\ntl.store(o_ptrs, acc)",
        3,
        "Line 3 of p1.1 stores 12 rows past the end of `o_ptr`",
    ),
    "rows before the first": (
        "acc = tl.load(x_ptrs - stride_xr, mask=exists, other=0.0)",
        1,
        "loads 1 row before the beginning of `x_ptr`",
    ),
    "far away": (
        LOAD + "acc = x\ntl.store(o_ptrs + 100000000, acc)",
        3,
        "stores 128 elements at addresses that belong to no tensor",
    ),
    "an atomic one row down": (
        LOAD + "acc = x\ntl.atomic_add(o_ptrs + stride_or, acc, mask=exists)",
        3,
        "updates 1 row past the end of `o_ptr`",
    ),
    "a descriptor of too many rows": (
        "d = tl.make_tensor_descriptor(x_ptr, [rows + 9, COLS], [COLS, 1], [BLOCK, COLS])\n"
        "acc = d.load([tl.program_id(0) * BLOCK, 0])",
        2,
        "Line 2 of p1.1 loads 9 rows past the end of `x_ptr`",
    ),
    "a load of what another program has stored": (
        LOAD + "if tl.program_id(0) > 0:\n    x += tl.load(o_ptr + offs_c)[None, :]\nacc = x",
        3,
        "Line 3 of p1.1 loads 1 row of `o_ptr` that another program of this launch has stored.",
    ),
    "a store over what another program has stored": (
        LOAD + "acc = x\ntl.store(o_ptr + offs_c, (offs_c + tl.program_id(0)).to(tl.float16))",
        3,
        "Line 3 of p1.1 stores 1 row of `o_ptr` that another program of this launch has stored.",
    ),
    "an atomic on what another program has stored": (
        LOAD + f"acc = x\nif tl.program_id(0) > 0:\n    tl.atomic_add(o_ptr + offs_c, {NOTHING})",
        4,
        "Line 4 of p1.1 updates 1 row of `o_ptr` that another program of this launch has stored.",
    ),
    "a load of what another program has updated": (
        LAST + f"if tl.program_id(0) == 0:\n    tl.atomic_add(last, {NOTHING})\n"
        "else:\n    acc += tl.load(last)[None, :]",
        7,
        "Line 7 of p1.1 loads 1 row of `o_ptr` that another program of this launch has updated.",
    ),
    "a store over what another program has updated": (
        LAST + f"if tl.program_id(0) == 0:\n    tl.atomic_add(last, {NOTHING})\n"
        f"else:\n    tl.store(last, {NOTHING})",
        7,
        "Line 7 of p1.1 stores 1 row of `o_ptr` that another program of this launch has updated.",
    ),
    "a value after one that several have stored alike": (
        LAST + f"tl.store(last, {NOTHING})\ntl.store(last, {NOTHING} + tl.program_id(0))",
        5,
        "Line 5 of p1.1 stores 1 row of `o_ptr` that another program of this launch has stored.",
    ),
    "a mask forgotten by the given code's names": (
        LOAD + "acc = x\nexists = offs_r[:, None] < rows + 1",
        0,
        "stores 1 row past the end of `o_ptr`",
    ),
}

STRIDED = {  # layout -> region that reads what is not in the view
    "padded_rows": LOAD.replace("x_ptrs", "x_ptrs + 2") + "acc = x",
    "every_other": LOAD.replace("x_ptrs", "x_ptrs + 1") + "acc = x",
}

RIGHT = {
    "as the steps say": LOAD + "acc = x.to(tl.float32)",
    "through a helper": LOAD + "acc = twice(x) / 2",
    "a mask that the interpreter keeps as whole numbers": (
        "x = tl.load(x_ptrs, mask=exists & (rows % 4 == 0), other=0.0)\nacc = x"
    ),
    "one row stored alike by all": (
        LOAD + "acc = x\ntl.store(o_ptr + offs_c, tl.load(x_ptr + offs_c * stride_xc))"
    ),
    "one row stored alike by all, and loaded": (
        LOAD + "tl.store(o_ptr + offs_c, tl.load(x_ptr + offs_c * stride_xc))\n"
        "tl.debug_barrier()\nacc = x + tl.load(o_ptr + offs_c)[None, :] * 0"
    ),
    "updates of one row by all": (
        LOAD + f"acc = x\ntl.atomic_add(x_ptr + offs_c * stride_xc, {NOTHING})"
    ),
    "lanes that do not count, over what another program has stored": (
        LOAD + "acc = x\nfirst = tl.arange(0, BLOCK)[:, None] == 0\n"
        "row = tl.where(first, tl.load(x_ptr + offs_c * stride_xc)[None, :], 99.0)\n"
        "tl.store(o_ptr + offs_c[None, :] + offs_r[:, None] * 0, row, mask=first)"
    ),
    "stored twice": LOAD + "acc = x\ntl.store(o_ptrs, acc, mask=exists)",
    "a descriptor": (
        "d = tl.make_tensor_descriptor(x_ptr, [rows, COLS], [COLS, 1], [BLOCK, COLS])\n"
        "acc = d.load([tl.program_id(0) * BLOCK, 0])"
    ),
}
