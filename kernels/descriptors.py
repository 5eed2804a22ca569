"""The notebooks' attention with Hopper's copy engine (TMA): every mask, every head dimension.

The algorithm is that of problems 4 to 7: tiles without a mask, tiles with one, base-2 online
softmax, dots in the input dtype. Three things differ.

* Loads go through *tensor descriptors*: one instruction fetches a whole tile, and the hardware
  computes addresses and fills in zeros past the edge. That frees the registers and instructions
  that a block of addresses costs: most is gained at D=128, where registers are short. A ragged
  last tile costs nothing but its own mask.
* Programs are numbered so that those that run at about the same time read the same few heads, whose
  keys and values then stay in the L2 cache; within such a batch of heads the heavy tiles go first.
* With a window, a tile holds few queries of up to four heads that share their keys (problem 6's
  PACK): to a descriptor that is a box of another shape.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

from .order import heads_together

TILES = {  # head dimension -> (BLOCK_M, BLOCK_N, num_warps, num_stages)
    16: (64, 128, 4, 3),
    32: (64, 64, 4, 3),
    64: (64, 128, 4, 3),
    128: (128, 128, 8, 3),
}
CAUSAL_TILES = TILES | {64: (128, 64, 4, 4)}
WINDOW_TILES = {16: (128, 32, 4, 3), 32: (128, 32, 4, 3), 64: (128, 64, 4, 3), 128: (128, 64, 8, 3)}


@triton.jit
def _visible(query, key, Nk, window, sink, CAUSAL: tl.constexpr, WINDOW: tl.constexpr):
    """The mask. query: (BLOCK_M,), key: (BLOCK_N,)."""
    seen = key[None, :] < Nk
    if CAUSAL:
        seen = seen & (key[None, :] <= query[:, None])
    if WINDOW:
        seen = seen & ((query[:, None] - key[None, :] < window) | (key[None, :] < sink))
    return seen


@triton.jit
def _visit(
    first, stop, m_i, l_i, acc, q, k_desc, v_desc, b, kv_h, query, Nk, window, sink, qk_scale,
    CAUSAL: tl.constexpr, WINDOW: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    """Problem 3's six steps for the key tiles from position `first` to `stop`."""
    BLOCK_N: tl.constexpr = k_desc.block_shape[2]
    BLOCK_D: tl.constexpr = k_desc.block_shape[3]
    for start_n in range(first, stop, BLOCK_N):
        k = k_desc.load([b, kv_h, start_n, 0]).reshape(BLOCK_N, BLOCK_D)
        v = v_desc.load([b, kv_h, start_n, 0]).reshape(BLOCK_N, BLOCK_D)
        qk = tl.dot(q, tl.trans(k))
        if MASKED:
            key = start_n + tl.arange(0, BLOCK_N)
            seen = _visible(query, key, Nk, window, sink, CAUSAL, WINDOW)
            qk = tl.where(seen, qk, float("-inf"))
        m_new = tl.maximum(m_i, tl.max(qk, axis=1) * qk_scale)
        alpha = tl.exp2(m_i - m_new)
        p = tl.exp2(qk * qk_scale - m_new[:, None])
        l_i = l_i * alpha + tl.sum(p, axis=1)
        acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
        m_i = m_new
    return m_i, l_i, acc


@triton.jit(do_not_specialize=["B", "H", "GROUP", "Nq", "Nk", "window", "sink", "TOGETHER"])
def described_attention_kernel(
    q_desc, k_desc, v_desc, o_desc,  # (B, H, N, D) each; a tile of q is (1, PACK, BLOCK_Q, D)
    B, H, GROUP, Nq, Nk, window, sink,
    TOGETHER,  # heads worked on at a time
    qk_scale,
    CAUSAL: tl.constexpr,
    WINDOW: tl.constexpr,
):  # fmt: skip
    PACK: tl.constexpr = q_desc.block_shape[1]
    BLOCK_Q: tl.constexpr = q_desc.block_shape[2]
    BLOCK_N: tl.constexpr = k_desc.block_shape[2]
    BLOCK_D: tl.constexpr = k_desc.block_shape[3]
    BLOCK_M: tl.constexpr = PACK * BLOCK_Q

    tiles, packs = tl.cdiv(Nq, BLOCK_Q), H // PACK
    first_pack = tl.program_id(0) // (TOGETHER * tiles) * TOGETHER
    within = tl.program_id(0) - first_pack * tiles
    together = tl.minimum(TOGETHER, B * packs - first_pack)
    pack = first_pack + within % together
    start_m = (tiles - 1 - within // together) * BLOCK_Q
    b, h = pack // packs, pack % packs * PACK
    kv_h = h // GROUP

    query = start_m + tl.arange(0, BLOCK_M) % BLOCK_Q
    q = q_desc.load([b, h, start_m, 0]).reshape(BLOCK_M, BLOCK_D)
    # Not -inf: of a tile a query may see nothing, and -inf - (-inf) is NaN.
    m_i = tl.full([BLOCK_M], -3.0e38, dtype=tl.float32)
    l_i = tl.zeros([BLOCK_M], dtype=tl.float32)
    acc = tl.zeros([BLOCK_M, BLOCK_D], dtype=tl.float32)

    # Key tiles: [0, sinks) and [first, inside) with a mask, [inside, whole) without, and the rest.
    whole, stop = Nk // BLOCK_N * BLOCK_N, Nk
    if CAUSAL:
        whole = tl.minimum(start_m + 1, Nk) // BLOCK_N * BLOCK_N
        stop = tl.minimum(start_m + BLOCK_Q, Nk)
    inside = 0
    if WINDOW:
        first = tl.minimum(tl.maximum(start_m - window + 1, 0), whole) // BLOCK_N * BLOCK_N
        edge = tl.cdiv(tl.maximum(start_m + BLOCK_Q - window, 0), BLOCK_N) * BLOCK_N
        inside = tl.minimum(tl.maximum(edge, first), whole)
        m_i, l_i, acc = _visit(
            0, tl.minimum(sink, first), m_i, l_i, acc, q, k_desc, v_desc, b, kv_h,
            query, Nk, window, sink, qk_scale, CAUSAL, WINDOW, True,
        )  # fmt: skip
        m_i, l_i, acc = _visit(
            first, inside, m_i, l_i, acc, q, k_desc, v_desc, b, kv_h,
            query, Nk, window, sink, qk_scale, CAUSAL, WINDOW, True,
        )  # fmt: skip
    m_i, l_i, acc = _visit(
        inside, whole, m_i, l_i, acc, q, k_desc, v_desc, b, kv_h,
        query, Nk, window, sink, qk_scale, CAUSAL, WINDOW, False,
    )  # fmt: skip
    m_i, l_i, acc = _visit(
        whole, stop, m_i, l_i, acc, q, k_desc, v_desc, b, kv_h,
        query, Nk, window, sink, qk_scale, CAUSAL, WINDOW, True,
    )  # fmt: skip

    o = (acc / l_i[:, None]).to(o_desc.dtype)
    o_desc.store([b, h, start_m, 0], o.reshape(1, PACK, BLOCK_Q, BLOCK_D))


def choose_tiles(D: int, is_causal: bool, window_size: int | None) -> tuple[int, int, int, int]:
    """(BLOCK_M, BLOCK_N, num_warps, num_stages)."""
    if window_size is not None:
        return WINDOW_TILES[D]
    return (CAUSAL_TILES if is_causal else TILES)[D]


def described_attention(
    q, k, v, is_causal=True, window_size=None, sink_size=0, together=None
) -> torch.Tensor:
    """As `attention` in attend.py. `together`: heads worked on at a time, by default few."""
    B, Hq, Nq, D = q.shape
    Hkv, Nk = k.shape[1], k.shape[2]
    BLOCK_M, BLOCK_N, num_warps, num_stages = choose_tiles(D, is_causal, window_size)
    PACK = 1 if window_size is None else math.gcd(Hq // Hkv, 4)
    o = torch.empty((B, Hq, Nq, D), dtype=q.dtype, device=q.device)

    def box(x, heads, rows):
        return TensorDescriptor.from_tensor(x, [1, heads, rows, D])

    described_attention_kernel[(triton.cdiv(Nq, BLOCK_M // PACK) * B * Hq // PACK,)](
        box(q, PACK, BLOCK_M // PACK), box(k, 1, BLOCK_N), box(v, 1, BLOCK_N),
        box(o, PACK, BLOCK_M // PACK),
        B, Hq, Hq // Hkv, Nq, Nk,
        Nk if window_size is None else min(window_size, Nq), min(sink_size, Nk),
        max(1, (together or heads_together(q, k)) // PACK),
        qk_scale=math.log2(math.e) / math.sqrt(D),
        CAUSAL=is_causal,
        WINDOW=window_size is not None,
        num_warps=num_warps,
        num_stages=num_stages,
    )  # fmt: skip
    return o
