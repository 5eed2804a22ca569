"""Attention one level below Triton, with a task for each group of warps: the fastest we have.

The algorithm is problem 4's. What changes is who does what, as in FlashAttention-3 (Shah et al.,
arXiv 2407.08608, sections 3.1 and 3.2), and Triton decides that by itself and offers no say in it.
Gluon, the language below Triton, does: there a program hands each group of warps a function.

* One warp, the *producer*, does nothing but order tiles of keys and values from the copy engine
  (TMA), a few tiles ahead, into a ring of shared memory. It needs 24 registers a thread.
* Two groups of four warps, the *consumers*, own 64 queries each and get the registers that the
  producer left: 240 a thread, where eight equal warps would get 168 with a ninth beside them.
* A consumer orders the next tile's scores from the tensor cores *before* it turns to this tile's
  softmax. Tensor cores and exponentials, which a plain loop uses in turn, work at the same time.
* The consumers take *turns* to order products, so that one of them does its softmax while the other
  has the tensor cores; left alone they fall into step and queue for the same unit.

They meet at *barriers* in shared memory: `full` says that a tile has arrived, `empty` that all
consumers are done with it, `turns` whose turn it is. A barrier's phase flips each time; who waits
names the phase.

Tiles are visited from the last, where the mask is, to the first, so that one masked step before the
loop is all the masking that aligned sequences need.
"""

from __future__ import annotations

import math

import torch
import triton
from triton.experimental import gluon
from triton.experimental.gluon import language as gl
from triton.experimental.gluon.language.nvidia.hopper import (
    fence_async_shared,
    mbarrier,
    tma,
    warpgroup_mma,
    warpgroup_mma_wait,
)
from triton.experimental.gluon.nvidia.hopper import TensorDescriptor

from .order import heads_together

DIMENSIONS = (128,)  # head dimensions at which it is faster than descriptors.py
ROWS = 64  # queries per consumer: what one instruction of four warps multiplies
CONSUMERS = 2
BLOCK_N = 128  # keys per tile
STAGES = 2  # tiles of keys, and of values, in shared memory
CONSUMER_REGISTERS, PRODUCER_REGISTERS = 240, 24


@gluon.jit
def _masked(qk, start_n, offs_m, Nk, CAUSAL: gl.constexpr):
    """Scores with -inf where a key does not exist or lies in the future. qk: (ROWS, BLOCK_N)."""
    key = start_n + gl.arange(0, qk.shape[1], layout=gl.SliceLayout(0, qk.type.layout))
    seen = (key < Nk)[None, :]
    if CAUSAL:
        seen = seen & (key[None, :] <= offs_m[:, None])
    return gl.where(seen, qk, float("-inf"))


@gluon.jit
def _softmax(qk, m_i, l_i, qk_scale):
    """Steps 2 to 5 of problem 3 for raw scores; returns p, m_i, l_i and the factor for acc."""
    m_new = gl.maximum(m_i, gl.max(qk, 1) * qk_scale)
    alpha = gl.exp2(m_i - m_new)
    p = gl.exp2(qk * qk_scale - m_new[:, None])
    return p, m_new, l_i * alpha + gl.sum(p, 1), alpha


@gluon.jit
def _order_scores(q, keys, n, S_MMA: gl.constexpr, STAGES: gl.constexpr):
    """Wait for the n-th tile of keys and start q kᵀ on the tensor cores."""
    smem, full, _ = keys
    mbarrier.wait(full.index(n % STAGES), n // STAGES & 1)
    k = smem.index(n % STAGES).reshape([smem.shape[3], q.shape[1]])
    start = gl.full([q.shape[0], k.shape[0]], 0.0, gl.float32, S_MMA)
    return warpgroup_mma(q, k.permute([1, 0]), start, use_acc=False, is_async=True)


@gluon.jit
def _order_values(p, acc, values, n, STAGES: gl.constexpr):
    """Wait for the n-th tile of values and start acc + p v on the tensor cores."""
    smem, full, _ = values
    mbarrier.wait(full.index(n % STAGES), n // STAGES & 1)
    v = smem.index(n % STAGES).reshape([smem.shape[3], acc.shape[1]])
    return warpgroup_mma(p, v, acc, is_async=True)


@gluon.jit
def _tiles(
    first, stop, tiles, q, p, acc, m_i, l_i, keys, values, turns, offs_m, Nk, qk_scale,
    WHICH: gl.constexpr, MASKED: gl.constexpr, CAUSAL: gl.constexpr,
    S_MMA: gl.constexpr, STAGES: gl.constexpr,
):  # fmt: skip
    """Visit tiles `first` to `stop`; p and acc always lag one tile behind the scores."""
    for n in range(first, stop):
        mbarrier.wait(turns.index(WHICH), (n & 1) ^ WHICH)
        scores = _order_scores(q, keys, n, S_MMA, STAGES)
        products = _order_values(p, acc, values, n - 1, STAGES)
        mbarrier.arrive(turns.index(1 - WHICH))
        qk = warpgroup_mma_wait(1, [scores])  # all but the last order: the scores are there
        mbarrier.arrive(keys[2].index(n % STAGES))  # the tile may be overwritten
        if MASKED:
            qk = _masked(qk, (tiles - 1 - n) * qk.shape[1], offs_m, Nk, CAUSAL)
        p_next, m_i, l_i, alpha = _softmax(qk, m_i, l_i, qk_scale)
        acc = warpgroup_mma_wait(0, [products])
        mbarrier.arrive(values[2].index((n - 1) % STAGES))
        p = gl.convert_layout(p_next.to(p.dtype), p.type.layout)
        acc = acc * gl.convert_layout(alpha, gl.SliceLayout(1, acc.type.layout))[:, None]
    return p, acc, m_i, l_i


@gluon.jit
def _consumer(work, WHICH: gl.constexpr, CAUSAL: gl.constexpr, STAGES: gl.constexpr):
    """Attention of ROWS queries, from the last tile of keys to the first."""
    q_smem, q_full, keys, values, turns, o_desc, b, h, start_m, tiles, masked, Nk, qk_scale = work
    ROWS: gl.constexpr = q_smem.shape[3]
    BLOCK_D: gl.constexpr = q_smem.shape[4]
    S_MMA: gl.constexpr = gl.NVMMADistributedLayout([3, 0], [4, 1], [16, keys[0].shape[3], 16])
    O_MMA: gl.constexpr = gl.NVMMADistributedLayout([3, 0], [4, 1], [16, BLOCK_D, 16])
    P_OPERAND: gl.constexpr = gl.DotOperandLayout(0, O_MMA, 2)

    start_m += WHICH * ROWS
    offs_m = start_m + gl.arange(0, ROWS, layout=gl.SliceLayout(1, S_MMA))
    q = q_smem.index(WHICH).reshape([ROWS, BLOCK_D])
    # Not -inf: of a tile's queries some may see nothing in it, and -inf - (-inf) is NaN.
    m_i = gl.full([ROWS], -3.0e38, gl.float32, gl.SliceLayout(1, S_MMA))
    l_i = gl.zeros([ROWS], gl.float32, gl.SliceLayout(1, S_MMA))
    acc = gl.zeros([ROWS, BLOCK_D], gl.float32, O_MMA)

    mbarrier.wait(q_full.index(WHICH), 0)
    qk = warpgroup_mma_wait(0, [_order_scores(q, keys, 0, S_MMA, STAGES)])
    mbarrier.arrive(keys[2].index(0))
    qk = _masked(qk, (tiles - 1) * qk.shape[1], offs_m, Nk, CAUSAL)
    p, m_i, l_i, _ = _softmax(qk, m_i, l_i, qk_scale)
    p = gl.convert_layout(p.to(q.dtype), P_OPERAND)
    p, acc, m_i, l_i = _tiles(
        1, masked, tiles,
        q, p, acc, m_i, l_i, keys, values, turns, offs_m, Nk, qk_scale,
        WHICH, True, CAUSAL, S_MMA, STAGES,
    )  # fmt: skip
    p, acc, m_i, l_i = _tiles(
        gl.maximum(masked, 1), tiles, tiles,
        q, p, acc, m_i, l_i, keys, values, turns, offs_m, Nk, qk_scale,
        WHICH, False, CAUSAL, S_MMA, STAGES,
    )  # fmt: skip
    acc = warpgroup_mma_wait(0, [_order_values(p, acc, values, tiles - 1, STAGES)])
    o = acc / gl.convert_layout(l_i, gl.SliceLayout(1, O_MMA))[:, None]
    q.store(o.to(q.dtype))  # q is not needed any more: its place serves for o
    fence_async_shared()
    tma.async_copy_shared_to_global(o_desc, [b, h, start_m, 0], q_smem.index(WHICH))
    tma.store_wait(0)


@gluon.jit
def _order_tile(desc, ring, n, b, kv_h, start_n, STAGES: gl.constexpr):
    """Have the n-th tile fetched as soon as its place in the ring is empty."""
    smem, full, empty = ring
    slot = n % STAGES
    mbarrier.wait(empty.index(slot), n // STAGES & 1 ^ 1)
    mbarrier.expect(full.index(slot), desc.block_type.nbytes)
    tma.async_copy_global_to_shared(desc, [b, kv_h, start_n, 0], full.index(slot), smem.index(slot))


@gluon.jit
def _producer(loads, STAGES: gl.constexpr):
    """Order q, then tiles of k and v; k is one tile ahead, as its products are."""
    q_desc, k_desc, v_desc, q_smem, q_full, keys, values, b, h, kv_h, start_m, tiles = loads
    BLOCK_N: gl.constexpr = k_desc.block_type.shape[2]
    CONSUMERS: gl.constexpr = q_smem.shape[0]
    for which in gl.static_range(CONSUMERS):
        mbarrier.expect(q_full.index(which), q_desc.block_type.nbytes)
        at = [b, h, start_m + which * q_smem.shape[3], 0]
        tma.async_copy_global_to_shared(q_desc, at, q_full.index(which), q_smem.index(which))
    for n in range(0, tiles + 1):
        if n < tiles:
            _order_tile(k_desc, keys, n, b, kv_h, (tiles - 1 - n) * BLOCK_N, STAGES)
        if n > 0:
            _order_tile(v_desc, values, n - 1, b, kv_h, (tiles - n) * BLOCK_N, STAGES)


@gluon.jit
def _barriers(count: gl.constexpr, arrivals: gl.constexpr):
    """`count` barriers in shared memory, each of which flips after so many arrivals."""
    barriers = gl.allocate_shared_memory(gl.int64, [count, 1], mbarrier.MBarrierLayout())
    for i in gl.static_range(count):
        mbarrier.init(barriers.index(i), count=arrivals)
    return barriers


@gluon.jit
def _ring(desc, STAGES: gl.constexpr, CONSUMERS: gl.constexpr):
    """Places for STAGES tiles in shared memory, with their `full` and `empty` barriers."""
    shape: gl.constexpr = [STAGES] + desc.block_type.shape  # noqa: RUF005
    smem = gl.allocate_shared_memory(desc.dtype, shape, desc.layout)
    return smem, _barriers(STAGES, 1), _barriers(STAGES, CONSUMERS)


@gluon.jit(do_not_specialize=["B", "H", "GROUP", "TOGETHER"])  # multiples of 16 are worth a kernel
def attention_hopper_kernel(
    q_desc, k_desc, v_desc, o_desc,  # (B, H, N, D) each; tiles are (1, 1, rows, D)
    B, H, GROUP, Nq, Nk,
    TOGETHER,  # heads worked on at a time, so that their keys stay in the L2 cache
    qk_scale,
    CAUSAL: gl.constexpr,
    CONSUMERS: gl.constexpr,
    STAGES: gl.constexpr,
    CONSUMER_REGISTERS: gl.constexpr,
    PRODUCER_REGISTERS: gl.constexpr,
):  # fmt: skip
    BLOCK_M: gl.constexpr = CONSUMERS * q_desc.block_type.shape[2]
    BLOCK_N: gl.constexpr = k_desc.block_type.shape[2]
    m_tiles = gl.cdiv(Nq, BLOCK_M)
    first_head = gl.program_id(0) // (TOGETHER * m_tiles) * TOGETHER
    within = gl.program_id(0) - first_head * m_tiles
    heads = gl.minimum(TOGETHER, B * H - first_head)
    b, h = (first_head + within % heads) // H, (first_head + within % heads) % H
    start_m = (m_tiles - 1 - within // heads) * BLOCK_M
    unmasked, stop = Nk, Nk
    if CAUSAL:
        unmasked = gl.minimum(start_m + 1, Nk)
        stop = gl.minimum(start_m + BLOCK_M, Nk)
    tiles = gl.cdiv(stop, BLOCK_N)
    masked = tiles - unmasked // BLOCK_N

    q_shape: gl.constexpr = [CONSUMERS] + q_desc.block_type.shape  # noqa: RUF005
    q_smem = gl.allocate_shared_memory(q_desc.dtype, q_shape, q_desc.layout)
    q_full, turns = _barriers(CONSUMERS, 1), _barriers(CONSUMERS, 1)
    keys = _ring(k_desc, STAGES, CONSUMERS)
    values = _ring(v_desc, STAGES, CONSUMERS)
    fence_async_shared()
    work = (q_smem, q_full, keys, values, turns, o_desc, b, h, start_m, tiles, masked, Nk, qk_scale)
    loads = (q_desc, k_desc, v_desc, q_smem, q_full, keys, values, b, h, h // GROUP, start_m, tiles)
    gl.warp_specialize(
        [
            (_consumer, (work, 0, CAUSAL, STAGES)),
            (_consumer, (work, 1, CAUSAL, STAGES)),
            (_producer, (loads, STAGES)),
        ],
        [4, 1],
        [CONSUMER_REGISTERS, PRODUCER_REGISTERS],
    )


def describe(x: torch.Tensor, rows: int) -> TensorDescriptor:
    """What the copy engine needs to know of x, (B, H, N, D), to fetch `rows` rows at a time."""
    dtype = gl.bfloat16 if x.dtype == torch.bfloat16 else gl.float16
    block = [1, 1, rows, x.shape[-1]]
    layout = gl.NVMMASharedLayout.get_default_for(block, dtype)
    return TensorDescriptor.from_tensor(x, block, layout)


def hopper_attention(q, k, v, is_causal=True, stages=STAGES) -> torch.Tensor:
    """As `attention` in attend.py, without a window."""
    B, Hq, Nq, D = q.shape
    Hkv, Nk = k.shape[1], k.shape[2]
    o = torch.empty((B, Hq, Nq, D), dtype=q.dtype, device=q.device)
    attention_hopper_kernel[(triton.cdiv(Nq, CONSUMERS * ROWS) * B * Hq,)](
        describe(q, ROWS), describe(k, BLOCK_N), describe(v, BLOCK_N), describe(o, ROWS),
        B, Hq, Hq // Hkv, Nq, Nk, heads_together(q, k),
        qk_scale=math.log2(math.e) / math.sqrt(D),
        CAUSAL=is_causal,
        CONSUMERS=CONSUMERS,
        STAGES=stages,
        CONSUMER_REGISTERS=CONSUMER_REGISTERS,
        PRODUCER_REGISTERS=PRODUCER_REGISTERS,
        num_warps=4,
    )  # fmt: skip
    return o
