"""Answers and output that only look right: another method, another voice, false promises."""

from __future__ import annotations

from textwrap import indent

from .form import ROWS, family

FORGED = family(
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
            f"{ROWS}\ntl.store(out_ptr + tl.multiple_of(offs_r + 1, [BLOCK_R]), 1.0)"
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
TABLES = family(
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
